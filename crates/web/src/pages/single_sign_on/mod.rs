//! Signing in with an identity provider: the buttons, the way there and back, and what follows on it.
//!
//! A form that begins answers with a page that leaves, and not with a redirect: the policy `form-action` covers the
//! redirects after a form, and a page cannot name every provider.

mod begin;
mod callback;
mod pending;
mod profile;
mod required;

use vestibule_core::id::AttemptId;
use vestibule_core::identity_provider::ProviderId;
use vestibule_core::session::{PendingProfile, SessionAttempt, SessionDetails};

use super::context::PageContext;
use super::reauthentication::{Action, protected};
use crate::routes::Routes;

pub(super) use begin::leave_page;
pub(crate) use callback::callback;
pub(super) use required::{required_page, required_page_of, required_page_of_invitation};

/// Begins a sign-in with a social provider.
const BEGIN: &str = "/-/sign-in/provider";
/// Begins a sign-in with the identity provider of an organization.
const SINGLE_SIGN_ON: &str = "/sign-in/single-sign-on";
const PROFILE: &str = "/sign-in/profile";
/// Offers to link the identity of an open attempt to the account that is signed in.
const PENDING: &str = "/account/connections/pending";

pub(super) fn routes() -> Routes {
    Routes::default()
        .post(BEGIN, begin::social)
        .get(SINGLE_SIGN_ON, begin::show_email)
        .post(SINGLE_SIGN_ON, begin::enterprise)
        .get(PROFILE, profile::show)
        .post(PROFILE, profile::complete)
        .get(PENDING, pending::show)
        .post(PENDING, protected(Action::ConnectAccount, pending::link))
}

/// A button with which people sign in, or connect an account.
pub(super) struct ProviderButton {
    pub(super) id: String,
    pub(super) name: String,
}

/// The providers that a page offers, and what its form carries along.
pub(super) struct ProviderButtons {
    pub(super) buttons: Vec<ProviderButton>,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl ProviderButtons {
    pub(super) fn new(cx: &PageContext, fields: Vec<(&'static str, String)>) -> Self {
        Self::filtered(cx, fields, false)
    }

    /// Only those with which an account can be created.
    pub(super) fn for_sign_up(cx: &PageContext, fields: Vec<(&'static str, String)>) -> Self {
        Self::filtered(cx, fields, true)
    }

    fn filtered(cx: &PageContext, fields: Vec<(&'static str, String)>, only_sign_up: bool) -> Self {
        let providers = cx.app.settings().social.providers.iter();
        let offered = providers.filter(|provider| provider.allows_sign_up || !only_sign_up);
        let button = |id: &ProviderId, name: &str| ProviderButton { id: id.to_string(), name: name.to_owned() };
        Self { buttons: offered.map(|provider| button(&provider.id, &provider.name)).collect(), fields }
    }
}

/// Returns the name of a social provider, or its id if the settings do not have it any more.
pub(super) fn provider_name(cx: &PageContext, id: &str) -> String {
    let mut providers = cx.app.settings().social.providers.iter();
    providers.find(|provider| provider.id.as_str() == id).map_or_else(|| id.to_owned(), |found| found.name.clone())
}

/// Returns the profile of an open attempt of this browser.
fn find_profile(session: Option<SessionDetails>, attempt: &str) -> Option<PendingProfile> {
    let id = attempt.parse::<AttemptId>().ok()?;
    session?.attempts.into_iter().find_map(|listed| match listed {
        SessionAttempt::Profile(profile) if profile.id == id => Some(profile),
        _ => None,
    })
}
