//! Actions on one invitation: resend and revoke.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::{Discard, Resend, Show};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::confirm::Confirmation;
use super::super::{page_or_response, parse_id};
use super::compose::FormError;
use super::result::{ActionResult, ResultRow};

/// The organization and the invitation of a path.
pub(super) type PathIds = Path<(String, String)>;

pub(super) fn parse_ids(
    cx: &PageContext,
    (organization, invitation): (&str, &str),
) -> PageResult<(OrganizationId, InvitationId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, invitation)?))
}

/// The list, where the form of an action has come from.
pub(super) fn return_path(form: &Form, organization: OrganizationId) -> String {
    form.return_path(&format!("/organizations/{organization}/-/invitations")).to_owned()
}

/// Runs an action on one invitation: `resend` or `revoke`.
pub(super) async fn run(
    cx: &PageContext,
    organization: &str,
    (action, invitation): (&str, &str),
    form: &Form,
) -> Response {
    let done = match action {
        "resend" => try_resend(cx, organization, invitation, form).await,
        _ => try_revoke(cx, organization, invitation, form).await,
    };
    match done {
        Ok(Ok(response)) | Err(response) => response,
        Ok(Err(problem)) => page_or_response(page_with_error(cx, (organization, invitation), problem).await),
    }
}

/// If no mail would arrive, nothing has changed, and the page offers the link that still works.
async fn page_with_error(cx: &PageContext, ids: (&str, &str), problem: Problem) -> PageResult<Response> {
    let has_working_link = matches!(problem.code(), Code::InviteeUnsubscribed | Code::AddressBounced);
    if !has_working_link {
        return super::page(cx, ids.0, Some(FormError::new(cx, problem)), None).await;
    }
    let (organization, invitation) = parse_ids(cx, ids)?;
    let details = cx.query(Show { organization, invitation }).await?;
    let row =
        ResultRow { email: details.row.email_key, reason: cx.words.problem(&problem), invitation: Some(invitation) };
    let result = ActionResult {
        title: cx.words.result_failed(1),
        rows: vec![row],
        succeeded_label: String::new(),
        hint: String::new(),
    };
    super::page(cx, ids.0, None, Some(result)).await
}

pub(in super::super) async fn resend(cx: PageContext, Path(ids): PathIds, form: Form) -> Response {
    run(&cx, &ids.0, ("resend", &ids.1), &form).await
}

pub(in super::super) async fn discard(cx: PageContext, Path(ids): PathIds, form: Form) -> Response {
    run(&cx, &ids.0, ("revoke", &ids.1), &form).await
}

async fn try_resend(
    cx: &PageContext,
    organization: &str,
    invitation: &str,
    form: &Form,
) -> PageResult<Result<Response, Problem>> {
    let (organization, invitation) = parse_ids(cx, (organization, invitation))?;
    let resent = cx.run(Resend { organization, invitation, expiry_days: None }).await;
    Ok(resent.map(|_| cx.redirect_with_flash(&return_path(form, organization), "resent")))
}

async fn try_revoke(
    cx: &PageContext,
    organization: &str,
    invitation: &str,
    form: &Form,
) -> PageResult<Result<Response, Problem>> {
    let (id, invitation) = parse_ids(cx, (organization, invitation))?;
    let (t, path) = (cx.words, format!("/organizations/{id}/-/invitations"));
    let details = match cx.try_query(Show { organization: id, invitation }).await {
        Ok(details) => details,
        Err(problem) => return Ok(Err(problem)),
    };
    let email = &details.row.email_key;
    let action = format!("{path}/{invitation}/discard");
    Confirmation::new(t.revoke_title(email), t.revoke_invitation(), action, path)
        .paragraph(t.revoke_warning())
        .require(cx, form)?;
    let discarded = cx.run(Discard { organization: id, invitation }).await;
    Ok(discarded.map(|()| cx.redirect_with_flash(&return_path(form, id), "discarded")))
}
