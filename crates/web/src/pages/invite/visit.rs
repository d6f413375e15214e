//! A visit of an invitation: what is known of it, and of the person who has opened it.

use vestibule_core::account::{ListAddresses, ShowAssurance};
use vestibule_core::assurance::MfaRequirement;
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation::{InvitationPreview, Preview};
use vestibule_core::session::SessionDetails;
use vestibule_core::user::OwnedAddress;
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::mfa::joining_hint;
use super::opened::Opened;
use super::paste;
use super::step::{ATTEMPT, CODE_FOR, RequestedStep, SentCode, Step};

pub(super) struct Visit {
    pub(super) preview: InvitationPreview,
    pub(super) session: Option<SessionDetails>,
    pub(super) step: Step,
    /// Whether the active user is a member of the organization.
    pub(super) is_member: bool,
    /// Whether the active user has verified the invited address, if the step asks for it.
    pub(super) is_own_address: bool,
    /// What the organization requires of the sign-ins of members, before accepting.
    pub(super) mfa: Option<String>,
}

impl Visit {
    /// Loads it. The error and the form are those of a failed step.
    pub(super) async fn load(
        cx: &PageContext,
        opened: &Opened,
        error: Option<&Problem>,
        form: Option<&Form>,
    ) -> PageResult<Self> {
        let preview = load_preview(cx, opened).await?;
        let session = cx.session().await?;
        let active = session.as_ref().and_then(SessionDetails::active);
        let is_member = match active {
            Some(_) => is_member(cx, preview.invitation.organization_id).await?,
            None => false,
        };
        let step = match error.map(Problem::code) {
            Some(Code::OrganizationFull | Code::WorkspaceFull) => Step::Full,
            _ => Step::choose(&preview, active, (is_member, opened.token.is_mailed()), requested_step(cx, form)),
        };
        let own_address = match (step, active) {
            (step, Some(_)) if step.can_renew() => find_own_address(cx, &preview.invitation.email_key).await?,
            _ => None,
        };
        let mfa = if step.comes_before_joining() {
            mfa_hint(cx, preview.mfa, &preview.organization_name, active.is_some()).await?
        } else {
            None
        };
        let is_own_address = own_address.is_some_and(|address| address.verified_at.is_some());
        Ok(Self { preview, session, step, is_member, is_own_address, mfa })
    }
}

async fn load_preview(cx: &PageContext, opened: &Opened) -> PageResult<InvitationPreview> {
    cx.try_query(Preview { token: opened.token.clone() }).await.map_err(|problem| {
        if problem.code() == Code::InvalidInvitationToken {
            opened.forget(cx, paste(cx, Some(&problem)))
        } else {
            cx.error_page(&problem)
        }
    })
}

/// Says what the organization requires of sign-ins; `None` if it requires nothing, or if the active one is enough.
async fn mfa_hint(
    cx: &PageContext,
    requirement: MfaRequirement,
    organization: &str,
    is_signed_in: bool,
) -> PageResult<Option<String>> {
    let has_to_know = requirement.is_enforced && is_signed_in;
    let own = if has_to_know { Some(cx.query(ShowAssurance).await?) } else { None };
    Ok(joining_hint(cx, requirement, organization, own))
}

/// Reads what is asked for from the URL, or from the form of a failed step.
fn requested_step(cx: &PageContext, form: Option<&Form>) -> RequestedStep {
    match form {
        // After a failed sign-up too, so that the same form is shown again.
        Some(form) => {
            RequestedStep { new_account: form.has("first_name") || form.has("new"), code: SentCode::from_form(form) }
        }
        None => RequestedStep {
            new_account: !cx.query_param("new").is_empty(),
            code: SentCode::parse(&cx.query_param(CODE_FOR), &cx.query_param(ATTEMPT)),
        },
    }
}

async fn is_member(cx: &PageContext, organization: OrganizationId) -> PageResult<bool> {
    Ok(cx.memberships().await?.iter().any(|own| own.organization.id == organization))
}

/// Finds an address of the active account, verified or not.
pub(super) async fn find_own_address(cx: &PageContext, email: &str) -> PageResult<Option<OwnedAddress>> {
    let addresses = cx.query(ListAddresses).await?;
    Ok(addresses.into_iter().find(|address| address.email == email))
}
