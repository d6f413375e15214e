//! The page of one invitation.

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{InvitationId, OrganizationId, SignInId};
use vestibule_core::invitation::{InvitationPreview, PreviewRow, Renewal};
use vestibule_core::names::full_name;
use vestibule_core::session::{SessionDetails, SignInDetails};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::frame::{HeaderAccount, initials};
use super::super::layout::Layout;
use super::super::single_sign_on::ProviderButtons;
use super::super::words::{Words, invited_roles};
use super::opened::{INVITATION, Opened};
use super::step::Step;
use super::visit::Visit;

/// A wait of which the page names the day.
const LONG_WAIT: Duration = Duration::from_hours(1);

#[derive(Template)]
#[template(path = "invite/invitation.html")]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
pub(super) struct InvitationPage {
    pub(super) layout: Layout,
    /// The invitation's id, for the forms.
    invitation: InvitationId,
    /// The page's own URL.
    url: String,
    organization: OrganizationView,
    /// The roles as they were chosen: that in the organization, and that in the workspace.
    role: String,
    inviter: Inviter,
    /// Whether an API key made it, which then has no inviter.
    is_by_api_key: bool,
    email: String,
    /// The inviter's own words; empty without any, or if the invitation is closed.
    message: String,
    /// Empty if the invitation is closed.
    expires: String,
    has_expired: bool,
    /// What the organization requires of the sign-ins of members, before accepting.
    mfa: Option<String>,
    step: Step,
    renewal: Renewal,
    /// Whether the invited address belongs to a member already, although this invitation was not accepted.
    is_for_member: bool,
    is_unsubscribed: bool,
    has_account: bool,
    has_mail: bool,
    is_mailed: bool,
    /// Whether the active user is a member of the organization.
    is_member: bool,
    /// Whether the active user has verified the invited address.
    is_own_address: bool,
    active: Option<ActiveAccount>,
    other_accounts: Vec<HeaderAccount>,
    min_password_length: usize,
    providers: ProviderButtons,
    first_name: String,
    last_name: String,
}

struct OrganizationView {
    id: OrganizationId,
    name: String,
    initials: String,
    /// The URL of the logo; empty without one.
    logo: String,
}

/// Empty strings for what is not known.
struct Inviter {
    name: String,
    email: String,
}

struct ActiveAccount {
    sign_in: SignInId,
    label: String,
}

/// Renders the invitation, with the error and the form values of a failed step.
pub(super) async fn invitation_page(
    cx: &PageContext,
    opened: &Opened,
    error: Option<&Problem>,
    form: Option<&Form>,
) -> Response {
    match load(cx, opened, error, form).await {
        Ok(mut page) => {
            page.layout = match page.step {
                Step::SignUp { .. } => page.layout.with_error_or_password_error(error),
                // The page of this step is the message.
                Step::Full => page.layout,
                _ => page.layout.with_error(error),
            };
            if let Some(wait) = error.and_then(Problem::retry_after).filter(|wait| *wait > LONG_WAIT) {
                let date = cx.words.short_date(cx.now().plus(wait), cx.now());
                page.layout.error = Some(cx.words.renewal_wait(&date));
            }
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

pub(super) async fn load(
    cx: &PageContext,
    opened: &Opened,
    error: Option<&Problem>,
    form: Option<&Form>,
) -> PageResult<InvitationPage> {
    let visit = Visit::load(cx, opened, error, form).await?;
    Ok(InvitationPage::new(cx, opened, visit, form))
}

fn roles(words: Words, invitation: &PreviewRow) -> String {
    let role = words.role_name(&invitation.role_name, invitation.role_organization_id.is_none());
    let is_built_in = invitation.workspace_role_workspace_id.is_none();
    let in_workspace = invitation.workspace_role_name.as_ref().map(|name| words.role_name(name, is_built_in));
    invited_roles(&role, invitation.workspace_name.as_deref().zip(in_workspace.as_deref()))
}

fn title(words: Words, step: Step, invitation: &PreviewRow, organization: &str, inviter: &str) -> String {
    match step {
        Step::Member => words.already_member_title(organization),
        Step::Accepted => words.already_accepted_title(),
        Step::Declined => words.already_declined_title(),
        Step::Discarded => words.already_discarded_title(),
        Step::Suspended => words.suspended_title(),
        Step::Expired => words.invitation_expired_title(),
        Step::Full => words.organization_full_title(organization),
        _ => {
            let workspace = invitation.workspace_name.as_ref();
            let target = workspace.map_or(organization.to_owned(), |name| format!("{organization}, {name}"));
            if inviter.is_empty() { words.you_are_invited(&target) } else { words.invites_you(inviter, &target) }
        }
    }
}

fn other_accounts(session: &SessionDetails, image_url: impl Fn(&str) -> String) -> Vec<HeaderAccount> {
    let active = session.active().map(|active| active.sign_in.id);
    let others = session.sign_ins.iter().filter(|other| Some(other.sign_in.id) != active);
    others.map(|other| HeaderAccount::new(other, &image_url)).collect()
}

impl InvitationPage {
    fn new(cx: &PageContext, opened: &Opened, visit: Visit, form: Option<&Form>) -> Self {
        let Visit { preview, session, step, is_member, is_own_address, mfa } = visit;
        let InvitationPreview { invitation, organization_name, organization_image_url, .. } = preview;
        let inviter = Inviter::new(&invitation);
        let title = match step {
            Step::Accepted if preview.is_for_member => {
                cx.words.address_is_member_title(&invitation.email_key, &organization_name)
            }
            _ => title(cx.words, step, &invitation, &organization_name, &inviter.name),
        };
        let layout = cx.layout(title, true);
        let value = |name: &str| form.map_or(String::new(), |form| form.text(name).to_owned());
        let image_url = |stored: &str| cx.app.response_context().image_url(stored);
        Self {
            invitation: opened.token.invitation(),
            url: opened.url(),
            layout: if step.has_challenge() { layout.with_challenge(cx).with_passkeys(cx) } else { layout },
            role: roles(cx.words, &invitation),
            inviter,
            is_by_api_key: invitation.is_by_api_key,
            message: if preview.final_status.is_none() { invitation.message } else { String::new() },
            expires: match preview.final_status {
                Some(_) => String::new(),
                None => cx.words.time_html(invitation.expires_at, cx.now()),
            },
            email: invitation.email_key,
            organization: OrganizationView::new(
                invitation.organization_id,
                organization_name,
                image_url(&organization_image_url),
            ),
            has_expired: invitation.expires_at <= cx.now(),
            mfa,
            step,
            renewal: preview.renewal,
            is_for_member: preview.is_for_member,
            is_unsubscribed: preview.is_unsubscribed,
            has_account: preview.has_account,
            has_mail: cx.app.service().sends_mail(),
            is_mailed: opened.token.is_mailed(),
            is_member,
            is_own_address,
            active: session.as_ref().and_then(SessionDetails::active).map(ActiveAccount::new),
            other_accounts: session.as_ref().map(|session| other_accounts(session, image_url)).unwrap_or_default(),
            min_password_length: cx.app.settings().passwords.minimum_length,
            providers: ProviderButtons::new(cx, vec![(INVITATION, opened.token.invitation().to_string())]),
            first_name: value("first_name"),
            last_name: value("last_name"),
        }
    }

    /// Whether this browser has proved the mailbox, so that its user decides about mail to it.
    const fn can_subscribe(&self) -> bool {
        self.is_unsubscribed && (self.is_mailed || self.is_own_address)
    }

    /// Whether the page has the form that asks for an invitation.
    fn offers_renewal(&self) -> bool {
        match self.renewal {
            Renewal::NotNeeded => false,
            Renewal::Request => true,
            Renewal::Resend => !self.is_unsubscribed || self.can_subscribe(),
        }
    }
}

impl OrganizationView {
    fn new(id: OrganizationId, name: String, logo: String) -> Self {
        Self { id, initials: initials(&name), logo, name }
    }
}

impl Inviter {
    fn new(invitation: &PreviewRow) -> Self {
        let part = |name: &Option<String>| name.clone().unwrap_or_default();
        Self {
            name: full_name(&part(&invitation.inviter_first_name), &part(&invitation.inviter_last_name)),
            email: part(&invitation.inviter_email),
        }
    }

    /// Returns the name, or else the address.
    fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

impl ActiveAccount {
    fn new(shown: &SignInDetails) -> Self {
        let user = &shown.user;
        let names = [user.email.clone().unwrap_or_default(), full_name(&user.first_name, &user.last_name)];
        let username = user.username.clone().unwrap_or_default();
        let label = names.into_iter().find(|name| !name.is_empty()).unwrap_or(username);
        Self { sign_in: shown.sign_in.id, label }
    }
}
