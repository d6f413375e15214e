//! Adding a list of users to an organization.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{MembershipId, OrganizationId, UserId};
use vestibule_core::membership::{AddMany, AddedMembers, MAX_ROWS, NewMember};
use vestibule_core::{Code, Problem};

use super::AddFields;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::platform::bulk::BulkMode;
use crate::platform::error::message;
use crate::platform::response::PlatformResponse;

/// A list of users to be added.
#[derive(Debug, ToSchema)]
#[schema(as = NewOrganizationMembers)]
pub(crate) struct BulkFields {
    /// Users with their roles, at most 1,000.
    #[schema(value_type = Vec<AddFields>, min_items = 1, max_items = 1000)]
    members: Vec<Result<NewMember, Problem>>,
    /// If true, rows are only checked.
    #[schema(required = false)]
    dry_run: bool,
    /// `each` (the default) adds every valid row; `all` adds nobody unless all rows are valid.
    #[schema(value_type = Option<String>, example = "each")]
    mode: BulkMode,
}

impl FromFields for BulkFields {
    const ERRORS: &[Code] = &[Code::TooManyRows];
    /// Fits 1,000 rows with fifty ids each.
    const MAX_BYTES: usize = 1024 * 1024;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let rows = fields.objects("members", MAX_ROWS)?.filter(|rows| !rows.is_empty());
        let row = |mut fields: FieldReader| {
            let new = AddFields::from_fields(&mut fields)?;
            fields.finish().map(|()| new.into())
        };
        Ok(Self {
            members: rows.ok_or_else(|| Problem::required("members"))?.into_iter().map(row).collect(),
            dry_run: fields.flag("dry_run")?.unwrap_or(false),
            mode: BulkMode::from_fields(fields)?,
        })
    }
}

/// The results of adding a list of users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedOrganizationMembers)]
pub(crate) struct BulkResponse {
    dry_run: bool,
    mode: &'static str,
    /// True if the valid rows were added.
    done: bool,
    rows: usize,
    /// The number of valid rows.
    good: usize,
    failed: usize,
    results: Vec<RowResponse>,
}

/// The result of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedOrganizationMember)]
struct RowResponse {
    /// Counts from 1.
    row: usize,
    /// `null` if the row has no valid id.
    user_id: Option<UserId>,
    /// `added`; `good` for a valid row that was not added; or `failed`.
    status: &'static str,
    membership_id: Option<MembershipId>,
    code: Option<&'static str>,
    message: Option<String>,
}

impl RowResponse {
    fn new(row: usize, user_id: Option<UserId>, result: Result<Option<MembershipId>, Problem>) -> Self {
        let (status, membership_id, problem) = match result {
            Ok(Some(membership)) => ("added", Some(membership), None),
            Ok(None) => ("good", None, None),
            Err(problem) => ("failed", None, Some(problem)),
        };
        let error = problem.as_ref().and_then(|problem| problem.errors().next());
        let (code, message) = error.map(|(code, text)| (code.as_str(), message(code, text).to_owned())).unzip();
        Self { row, user_id, status, membership_id, code, message }
    }
}

/// Adds up to 1,000 users. Each row has its own result.
#[utoipa::path(post, path = "/organizations/{id}/members/bulk", operation_id = "add_organization_members",
    tag = "Organization members", request_body = BulkFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The result of each row", body = BulkResponse)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(BulkFields { members, dry_run, mode }): Body<BulkFields>,
) -> PlatformResponse<BulkResponse> {
    let users: Vec<_> = members.iter().map(|row| row.as_ref().ok().map(|new| new.user)).collect();
    let command = AddMany { organization, rows: members, dry_run, all_or_nothing: mode == BulkMode::All };
    let reply = app.run(&caller, command).await;
    reply
        .map(|AddedMembers { done, rows }| {
            let results = rows.into_iter().zip(users).enumerate();
            let results: Vec<_> =
                results.map(|(index, (result, user))| RowResponse::new(index + 1, user, result)).collect();
            let failed = results.iter().filter(|row| row.code.is_some()).count();
            let (rows, good) = (results.len(), results.len() - failed);
            BulkResponse { dry_run, mode: mode.as_str(), done, rows, good, failed, results }
        })
        .into()
}
