//! `POST /organizations/{id}/invitations/bulk`

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::{Bulk, IdempotencyKey, Judged, JudgedRow};
use vestibule_core::{Code, Problem};

use super::sheet::{Options, Sheet};
use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{FromFields, Path, Query, Reader, limit_for_members};
use crate::openapi::Enveloped;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST_KEY: usize = 255;
/// A thousand rows of the longest addresses with three ids each, and some air.
const LARGEST_BODY: usize = 1024 * 1024;

/// What is said of all rows at once; the body may say the same.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the description; the rest is read by Options")]
pub(crate) struct InQuery {
    /// Only say what would be done.
    dry_run: Option<bool>,
    /// `each` does as far as it goes; `all` does nothing unless every row is good.
    mode: Option<String>,
    /// As what, where a row does not say.
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
    /// Days until the invitations expire.
    expiry_days: Option<u16>,
}

/// The query as it is read.
#[derive(Debug)]
pub(crate) struct Given(Options);

impl FromFields for Given {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Options::read(fields).map(Self)
    }
}

/// The list, and what marks the call.
pub(crate) struct Listed {
    sheet: Sheet,
    key: Option<IdempotencyKey>,
}

impl FromRequest<App> for Listed {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let limit = limit_for_members(app, &parts, LARGEST_BODY).await?;
        let bytes = Limited::new(body, limit).collect().await.map_err(|error| {
            let is_large = error.downcast_ref::<LengthLimitError>().is_some();
            Refusal(if is_large { Code::BodyTooLarge } else { Code::BadRequestBody }.into())
        })?;
        let bytes = bytes.to_bytes();
        let key = parts.headers.get(KEY).map(|value| key(value, &parts.uri, &bytes)).transpose()?;
        let content_type = parts.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text"));
        Ok(Self { sheet: Sheet::of_body(content_type, bytes).await?, key })
    }
}

fn key(value: &HeaderValue, uri: &axum::http::Uri, body: &[u8]) -> Result<IdempotencyKey, Problem> {
    let text = value.to_str().ok().filter(|text| (1..=LONGEST_KEY).contains(&text.len()));
    let text = text.ok_or_else(|| Problem::field("Idempotency-Key", "write 1 to 255 ASCII characters."))?;
    let mut asked = uri.query().unwrap_or_default().as_bytes().to_vec();
    asked.push(0);
    asked.extend_from_slice(body);
    Ok(IdempotencyKey { key: text.to_owned(), asked })
}

/// Whom to invite. CSV (`text/csv`) has a column of each of these names; a form has `emails`, pasted as they come, or a
/// `file` in CSV.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationList)]
#[expect(dead_code, reason = "for the description; lists are read by Sheet")]
pub(crate) struct ListBody {
    /// Up to 1,000.
    #[schema(max_items = 1000)]
    invitations: Vec<ListEntry>,
    /// As what, where an entry does not say.
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
    /// Days until the invitations expire.
    expiry_days: Option<u16>,
    /// Only say what would be done.
    dry_run: Option<bool>,
    /// `each` (the default) does as far as it goes; `all` does nothing unless every entry is good.
    mode: Option<String>,
}

/// One of them; a text alone is an address.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationListEntry)]
#[expect(dead_code, reason = "for the description; lists are read by Sheet")]
struct ListEntry {
    email: String,
    role_id: Option<String>,
    workspace_id: Option<String>,
    workspace_role_id: Option<String>,
}

/// What came of the list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub(crate) struct Outcome {
    dry_run: bool,
    mode: &'static str,
    /// Whether invitations were made.
    done: bool,
    rows: usize,
    good: usize,
    failed: usize,
    results: Vec<RowResult>,
}

/// What came of a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowResult {
    /// Counts from 1.
    row: usize,
    email: String,
    /// `invited`, `good` when nothing was to be done, or `failed`.
    status: &'static str,
    invitation_id: Option<InvitationId>,
    code: Option<&'static str>,
    message: Option<&'static str>,
}

impl RowResult {
    fn new(row: usize, judged: &JudgedRow) -> Self {
        let (code, invitation_id) = (judged.code(), judged.invitation());
        let status = match (code, invitation_id) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "invited",
            (None, None) => "good",
        };
        Self {
            row,
            email: judged.email.clone(),
            status,
            invitation_id,
            code: code.map(Code::as_str),
            message: code.map(Code::words),
        }
    }
}

impl Outcome {
    fn new(judged: &Judged, dry_run: bool, all_or_nothing: bool) -> Self {
        let failed = judged.rows.iter().filter(|row| row.code().is_some()).count();
        let results = judged.rows.iter().enumerate().map(|(place, row)| RowResult::new(place + 1, row));
        Self {
            dry_run,
            mode: if all_or_nothing { "all" } else { "each" },
            done: judged.done,
            rows: judged.rows.len(),
            good: judged.rows.len() - failed,
            failed,
            results: results.collect(),
        }
    }
}

/// Invite up to a thousand people at once, from JSON, CSV or a pasted list.
///
/// Each row gets a result of its own. With an `Idempotency-Key`, the same call made again within a day answers what the
/// first one did, and invites nobody twice.
#[utoipa::path(post, path = "/organizations/{id}/invitations/bulk", tag = "Invitations", request_body = ListBody,
    params(("id" = OrganizationId, Path, description = "The organization"), InQuery,
           ("Idempotency-Key" = Option<String>, Header, description = "A name for this call, up to 255 characters")),
    responses((status = 200, description = "What came of each row", body = Enveloped<Outcome>)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(Given(in_query)): Query<Given>,
    Listed { sheet, key }: Listed,
) -> Answer<Outcome> {
    let options = sheet.options.clone().or(&in_query);
    let (dry_run, all_or_nothing) = (options.dry_run.unwrap_or(false), options.all_or_nothing.unwrap_or(false));
    let days = options.days;
    let rows = sheet.rows(&options);
    let reply = app.run(&caller, Bulk { organization, rows, days, dry_run, all_or_nothing, key }).await;
    let replayed = reply.result.as_ref().is_ok_and(|judged| judged.replayed);
    let answer = Answer::from(reply.map(|judged| Outcome::new(&judged, dry_run, all_or_nothing)));
    if replayed { answer.with(REPLAYED, HeaderValue::from_static("true")) } else { answer }
}
