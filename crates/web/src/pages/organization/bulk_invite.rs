//! Inviting one or more addresses. Several addresses are first validated with a dry run and shown as a preview.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{RoleId, WorkspaceId};
use vestibule_core::invitation::{Bulk, BulkResult, BulkRowResult, MAX_EXPIRY_DAYS, RequestedRoles};

use super::super::context::PageContext;
use super::super::form::Form;
use super::{invitations, page_or_response, parse_id};
use crate::api::invitations::parse_pasted_rows;

/// The values of the invitation form, and the preview for them.
#[derive(Default)]
pub(super) struct FormState {
    pub(super) emails: String,
    pub(super) role: Option<RoleId>,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) days: Option<u16>,
    pub(super) preview: Option<BulkPreview>,
}

/// The result of a dry run.
pub(super) struct BulkPreview {
    pub(super) summary: String,
    pub(super) valid_count: usize,
    /// Address as typed, and the error message.
    pub(super) rejected: Vec<(String, String)>,
    pub(super) role: String,
    pub(super) workspace: String,
}

pub(super) async fn invite(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let mut state = FormState { emails: form.text("emails").to_owned(), ..FormState::default() };
    let error = match parse_form(&form, &mut state) {
        Ok(()) => match invite_or_preview(&cx, &organization, &form, &mut state).await {
            Ok(Some(response)) => return response,
            Ok(None) => None,
            Err(problem) => Some(problem),
        },
        Err(problem) => Some(problem),
    };
    page_or_response(invitations::page(&cx, &organization, error.as_ref(), state).await)
}

fn parse_form(form: &Form, state: &mut FormState) -> Result<(), Problem> {
    (state.role, state.workspace) = (form.optional_id("role")?, form.optional_id("workspace")?);
    let invalid = || Problem::field("days", format!("write a whole number from 1 to {MAX_EXPIRY_DAYS}."));
    let days = form.non_empty("days").map(|days| days.parse().map_err(|_| invalid())).transpose()?;
    if days.is_some_and(|days| !(1..=MAX_EXPIRY_DAYS).contains(&days)) {
        return Err(invalid());
    }
    state.days = days;
    Ok(())
}

/// Invites a single address or a confirmed list (`sure=yes`), and otherwise sets the preview and returns `None`.
async fn invite_or_preview(
    cx: &PageContext,
    organization: &str,
    form: &Form,
    state: &mut FormState,
) -> Result<Option<Response>, Problem> {
    let Ok(organization) = parse_id(cx, organization) else {
        return Ok(None);
    };
    let requested = RequestedRoles { role: state.role, workspace: state.workspace, workspace_role: None };
    let rows = parse_pasted_rows(&state.emails, requested)?;
    let is_confirmed = form.text("sure") == "yes";
    let is_single = rows.len() == 1;
    let bulk = |dry_run| Bulk {
        organization,
        rows: rows.clone(),
        expiry_days: state.days,
        language: None,
        message: None,
        dry_run,
        all_or_nothing: false,
        idempotency_key: None,
    };
    if !is_confirmed && !is_single {
        state.preview = Some(preview(cx, cx.run(bulk(true)).await?, form));
        return Ok(None);
    }
    let result = cx.run(bulk(false)).await?;
    match result.rows.first().and_then(BulkRowResult::code).filter(|_| is_single) {
        Some(code) => Err(code.into()),
        None => Ok(Some(cx.redirect_with_flash(&format!("/organizations/{organization}/-/invitations"), "invited"))),
    }
}

fn preview(cx: &PageContext, result: BulkResult, form: &Form) -> BulkPreview {
    let valid_count = result.rows.iter().filter(|row| row.code().is_none()).count();
    let rejected = result.rows.into_iter().filter_map(|row| {
        let code = row.code()?;
        Some((row.email, cx.words.problem(&code.into())))
    });
    let rejected: Vec<_> = rejected.collect();
    BulkPreview {
        summary: cx.words.preview_summary(valid_count, rejected.len()),
        valid_count,
        rejected,
        role: form.text("role").to_owned(),
        workspace: form.text("workspace").to_owned(),
    }
}
