//! Two-factor authentication that an organization or a workspace requires: the page instead of theirs, and the
//! confirmation of a second factor that leads on.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vestibule_core::account::{OwnAssurance, ShowAssurance};
use vestibule_core::assurance::{Assurance, MfaRequirement, RequiredAssurance, SecondFactorMethod};
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{ListOwn, OwnMembership};
use vestibule_core::permission::Restriction;
use vestibule_core::proof::{ProofMethod, RequiredProof};

use super::context::{PageContext, PageResult, see_other};
use super::frame::initials;
use super::layout::Layout;
use super::page_path::with_return_to;
use super::reauthentication::{Action, protected};
use super::words::Words;
use crate::routes::Routes;

/// Where second factors are set up. It leads back to `return_to`.
const SECURITY_PAGE: &str = "/account/security";
/// Asks for a second factor, and leads on to `return_to`.
const CONFIRM_PAGE: &str = "/account/confirm-second-factor";
/// The parameter with which [`CONFIRM_PAGE`] asks for a passkey.
const MINIMUM: &str = "minimum";
/// The parameter of an organization's URL that says that the caller has just joined it.
pub(super) const JOINED: &str = "joined";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(CONFIRM_PAGE, protected(Action::ConfirmSecondFactor, confirm))
        .post(CONFIRM_PAGE, protected(Action::ConfirmSecondFactor, confirm))
}

/// Redirects to an organization that the caller has joined with this request. If it requires another or a stronger
/// sign-in, the page there leads to it, and then says that they have joined.
pub(super) async fn redirect_to_joined(cx: &PageContext, organization: OrganizationId) -> Response {
    match restriction(cx, organization).await {
        Ok(restriction) => joined(cx, organization, restriction),
        Err(response) => response,
    }
}

/// Like [`redirect_to_joined`], for a caller whose restriction is known.
pub(super) fn joined(cx: &PageContext, organization: OrganizationId, restriction: Restriction) -> Response {
    let url = format!("/organizations/{organization}");
    if restriction.can_be_met() {
        see_other(&format!("{url}?{JOINED}=1"))
    } else {
        cx.redirect_with_flash(&url, "joined")
    }
}

/// Returns why the caller cannot use an organization, also one that they have joined with this request.
pub(super) async fn restriction(cx: &PageContext, organization: OrganizationId) -> PageResult<Restriction> {
    let own = cx.query(ListOwn).await?;
    let own = own.iter().find(|own| own.organization.id == organization);
    Ok(own.map_or(Restriction::NONE, |own| own.restriction))
}

/// Returns the URL of the page on which second factors are set up.
fn set_up_url(return_to: &str) -> String {
    with_return_to(SECURITY_PAGE, return_to)
}

/// Returns the URL of the page that asks for a second factor.
pub(super) fn confirm_url(minimum: Assurance, return_to: &str) -> String {
    with_return_to(&format!("{CONFIRM_PAGE}?{MINIMUM}={}", minimum.as_str()), return_to)
}

/// What the caller has to do to reach an assurance, with a link to it.
#[derive(Clone, Debug)]
pub(super) struct NextStep {
    pub(super) text: String,
    pub(super) url: String,
    pub(super) label: String,
}

impl NextStep {
    /// `methods` are those of the user that reach it.
    pub(super) fn new(t: Words, minimum: Assurance, methods: &[SecondFactorMethod], return_to: &str) -> Self {
        let is_for_passkey = minimum == Assurance::PhishingResistant;
        if methods.is_empty() {
            let (text, label) = if is_for_passkey {
                (format!("{} {}", t.passkey_instead_of_app(), t.passkey_set_up_next()), t.passkey_set_up())
            } else {
                (t.mfa_set_up_next(), t.mfa_set_up())
            };
            return Self { text, url: set_up_url(return_to), label };
        }
        let (text, label) = if is_for_passkey {
            (t.passkey_confirm_next(), t.passkey_confirm_now())
        } else {
            (t.mfa_confirm_next(), t.mfa_confirm_now())
        };
        Self { text, url: confirm_url(minimum, return_to), label }
    }
}

struct OrganizationView {
    name: String,
    initials: String,
    /// The URL of the logo; empty without one.
    logo: String,
}

#[derive(Template)]
#[template(path = "mfa_required.html")]
struct RequiredPage {
    layout: Layout,
    organization: Option<OrganizationView>,
    /// Empty unless the caller has just joined.
    joined: String,
    why: String,
    step: NextStep,
}

/// Returns the page for a sign-in that is not enough for what the URL names. It leads back to the page that was asked
/// for.
pub(super) fn required_page(cx: &PageContext, required: &RequiredAssurance) -> Response {
    let return_to = cx.page_path().unwrap_or_else(|| "/organizations".to_owned());
    required_page_of(cx, cx.organization_in_path(), required, &return_to)
}

/// Like [`required_page`], for an organization that the URL does not name, and another page to lead back to. The status
/// is 403.
pub(super) fn required_page_of(
    cx: &PageContext,
    organization: Option<OrganizationId>,
    required: &RequiredAssurance,
    return_to: &str,
) -> Response {
    let t = cx.words;
    let own = organization.and_then(|id| {
        let memberships = cx.frame().memberships()?;
        memberships.iter().find(|own| own.organization.id == id)
    });
    let is_for_passkey = required.minimum == Assurance::PhishingResistant;
    let has_joined = !cx.query_param(JOINED).is_empty();
    let page = RequiredPage {
        layout: cx.layout(title(t, own, is_for_passkey), true),
        joined: own
            .filter(|_| has_joined)
            .map(|own| t.joined_one_more_step(&own.organization.name))
            .unwrap_or_default(),
        organization: own.map(|own| OrganizationView {
            name: own.organization.name.clone(),
            initials: initials(&own.organization.name),
            logo: cx.app.response_context().image_url(&own.organization.image_url),
        }),
        why: if is_for_passkey { t.passkey_required_why() } else { t.mfa_required_why() },
        step: NextStep::new(t, required.minimum, &required.methods, return_to),
    };
    cx.render(StatusCode::FORBIDDEN, &page)
}

/// Whether the organization requires a stronger sign-in, and nothing else besides.
pub(super) const fn is_missing(own: &OwnMembership) -> bool {
    own.restriction.is_mfa_only()
}

/// Whether the member has to sign in through the organization's identity provider.
pub(super) const fn needs_sso(own: &OwnMembership) -> bool {
    own.restriction.is_address_allowed() && own.restriction.requires_sso()
}

/// A member whom the organization admits lacks it for one of its workspaces.
fn title(t: Words, own: Option<&OwnMembership>, is_for_passkey: bool) -> String {
    match (own, is_for_passkey) {
        (None, _) => t.mfa_required_here_title(),
        (Some(own), false) if is_missing(own) => t.mfa_required_title(&own.organization.name),
        (Some(own), true) if is_missing(own) => t.passkey_required_title(&own.organization.name),
        (Some(_), false) => t.workspace_mfa_required_title(),
        (Some(_), true) => t.workspace_passkey_required_title(),
    }
}

/// Says until when the caller has to set up what will be required; `None` outside of the grace period, or if they have
/// it.
pub(super) async fn grace_banner(
    cx: &PageContext,
    requirement: MfaRequirement,
    name: &str,
) -> PageResult<Option<NextStep>> {
    let MfaRequirement { is_enforced, minimum, enforced_from } = requirement;
    if !is_enforced || enforced_from <= cx.now() || cx.query(ShowAssurance).await?.can_reach(minimum) {
        return Ok(None);
    }
    let (t, date) = (cx.words, cx.words.long_date(enforced_from));
    let return_to = cx.page_path().unwrap_or_else(|| "/organizations".to_owned());
    let is_for_passkey = minimum == Assurance::PhishingResistant;
    let text = if is_for_passkey { t.passkey_grace_banner(date, name) } else { t.mfa_grace_banner(date, name) };
    Ok(Some(NextStep { text, ..NextStep::new(t, minimum, &[], &return_to) }))
}

/// Says what an organization requires of sign-ins, before the person joins it; `None` if it requires nothing, or if their
/// own sign-in is enough.
pub(super) fn joining_hint(
    cx: &PageContext,
    requirement: MfaRequirement,
    organization: &str,
    own: Option<OwnAssurance>,
) -> Option<String> {
    let MfaRequirement { is_enforced, minimum, enforced_from } = requirement;
    if !is_enforced || own.is_some_and(|own| own.reaches(minimum)) {
        return None;
    }
    let t = cx.words;
    let is_later = enforced_from > cx.now();
    let (name, date) = (organization, t.long_date(enforced_from));
    Some(match (minimum, is_later) {
        (Assurance::PhishingResistant, false) => t.invitation_requires_passkey(name),
        (Assurance::PhishingResistant, true) => t.invitation_requires_passkey_later(name, date),
        (_, false) => t.invitation_requires_mfa(name),
        (_, true) => t.invitation_requires_mfa_later(name, date),
    })
}

/// Leads on to `return_to`, after the confirmation of a second factor if the sign-in lacks one.
async fn confirm(cx: PageContext) -> PageResult<Response> {
    let minimum = match cx.query_param(MINIMUM).parse::<Assurance>() {
        Ok(Assurance::PhishingResistant) => Assurance::PhishingResistant,
        _ => Assurance::TwoFactors,
    };
    let return_to = cx.return_to(&cx.return_to_param()).unwrap_or_else(|| "/organizations".to_owned());
    let own = cx.query(ShowAssurance).await?;
    let methods = own.factors.methods_for(minimum);
    Ok(if own.reaches(minimum) {
        see_other(&return_to)
    } else if methods.is_empty() {
        see_other(&set_up_url(&return_to))
    } else {
        with_factor_required(StatusCode::FORBIDDEN.into_response(), &methods)
    })
}

/// Makes [`protected`] ask for a proof by one of these methods.
pub(super) fn with_factor_required(mut response: Response, methods: &[SecondFactorMethod]) -> Response {
    let methods = methods.iter().copied().map(ProofMethod::from).collect();
    response.extensions_mut().insert(RequiredProof { methods, address: None });
    response
}
