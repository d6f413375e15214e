//! Actions on the selected invitations, and on all of a filtered list.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::{Discard, Resend, Show};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::confirm::Confirmation;
use super::super::{page_or_response, parse_id};
use super::actions::{self, return_path};
use super::compose::FormError;
use super::result::{ActionResult, ResultRow, counts, shown};
use super::table;

/// Invitations that one press changes.
pub(super) const MAX_SELECTED: usize = 100;
/// Addresses that the confirmation names.
const MAX_NAMED: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Resend,
    Revoke,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Revoke => "revoke",
        }
    }
}

pub(in super::super) async fn selected(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(run(&cx, &organization, &form).await)
}

async fn run(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let id: OrganizationId = parse_id(cx, organization)?;
    // The menu of a row has the id of its invitation.
    for name in ["resend", "revoke"] {
        if form.has(name) {
            return Ok(actions::run(cx, organization, (name, form.text(name)), form).await);
        }
    }
    let action = if form.text("bulk") == "revoke" { Action::Revoke } else { Action::Resend };
    let ids = match form.text("bulk") {
        "remind" => table::find_pending(cx, id, form.text("return_to"), MAX_SELECTED).await?,
        _ => selected_ids(form),
    };
    if ids.is_empty() {
        let error = FormError { problem: Problem::required("ids"), text: cx.words.no_invitation_selected() };
        return super::page(cx, organization, Some(error), None).await;
    }
    let emails = emails(cx, id, &ids).await?;
    confirm(cx, id, form, action, (&ids, &emails))?;
    let mut rows = Vec::new();
    for (invitation, email) in ids.iter().zip(emails) {
        let reason = apply(cx, id, *invitation, action).await?;
        let invitation = (!reason.is_empty()).then_some(*invitation);
        rows.push(ResultRow { email, reason, invitation });
    }
    let (failed, succeeded) = counts(&rows);
    if failed == 0 {
        let key = if action == Action::Resend { "resent_many" } else { "revoked_many" };
        return Ok(cx.redirect_with_flash(&return_path(form, id), &format!("{key}.{succeeded}")));
    }
    let t = cx.words;
    let (label, title) = match action {
        Action::Resend => (t.result_row_resent(), t.result_resent(succeeded)),
        Action::Revoke => (t.result_row_revoked(), t.result_revoked(succeeded)),
    };
    let result = ActionResult {
        title: format!("{title} · {}", t.result_failed(failed)),
        rows: shown(rows),
        succeeded_label: label,
        hint: String::new(),
    };
    super::page(cx, organization, None, Some(result)).await
}

/// The ids of the checked boxes, or those that the confirmation carries.
fn selected_ids(form: &Form) -> Vec<InvitationId> {
    let carried = form.text("ids").split(',');
    let checked = form.fields().filter_map(|(name, _)| name.strip_prefix("select-"));
    let mut ids: Vec<InvitationId> = carried.chain(checked).filter_map(|id| id.parse().ok()).collect();
    ids.truncate(MAX_SELECTED);
    ids
}

async fn emails(cx: &PageContext, organization: OrganizationId, ids: &[InvitationId]) -> PageResult<Vec<String>> {
    let mut emails = Vec::new();
    for invitation in ids {
        match cx.try_query(Show { organization, invitation: *invitation }).await {
            Ok(details) => emails.push(details.row.email_key),
            // The result says that it is gone.
            Err(problem) if problem.code() == Code::InvitationNotFound => emails.push(invitation.to_string()),
            Err(problem) => return Err(cx.error_page(&problem)),
        }
    }
    Ok(emails)
}

fn confirm(
    cx: &PageContext,
    organization: OrganizationId,
    form: &Form,
    action: Action,
    (ids, emails): (&[InvitationId], &[String]),
) -> PageResult<()> {
    let (t, path) = (cx.words, format!("/organizations/{organization}/-/invitations"));
    let count = ids.len();
    let (heading, button, warning) = match action {
        Action::Resend => (t.resend_many_title(count), t.resend_many(count), t.resend_warning()),
        Action::Revoke => (t.revoke_many_title(count), t.revoke_many(count), t.revoke_warning()),
    };
    let named = emails[..count.min(MAX_NAMED)].join(", ");
    let names = if count > MAX_NAMED { t.names_and_others(count - MAX_NAMED, named) } else { named };
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let confirmation = Confirmation::new(heading, button, format!("{path}/selected"), path)
        .paragraph(names)
        .paragraph(warning)
        .hidden_field("bulk", action.name())
        .hidden_field("ids", ids.join(","));
    let confirmation = if action == Action::Resend { confirmation.harmless() } else { confirmation };
    confirmation.require(cx, form)
}

/// Returns why the action failed, or an empty text.
async fn apply(
    cx: &PageContext,
    organization: OrganizationId,
    invitation: InvitationId,
    action: Action,
) -> PageResult<String> {
    let result = match action {
        Action::Resend => cx.run(Resend { organization, invitation, expiry_days: None }).await.map(|_| ()),
        Action::Revoke => cx.run(Discard { organization, invitation }).await,
    };
    match result {
        Ok(()) => Ok(String::new()),
        // Nothing else would succeed.
        Err(problem) if matches!(problem.code(), Code::Unauthorized | Code::Forbidden | Code::AddressNotAllowed) => {
            Err(cx.error_page(&problem))
        }
        Err(problem) => Ok(cx.words.problem(&problem)),
    }
}
