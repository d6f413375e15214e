//! What the header shows of the caller: the accounts of this browser and the organizations of the active one.

use std::sync::Arc;

use vestibule_core::execution::Caller;
use vestibule_core::id::{OrganizationId, SignInId, UserId};
use vestibule_core::language::Language;
use vestibule_core::membership::{ListOwn, OwnMembership};
use vestibule_core::names::full_name;
use vestibule_core::session::{SessionDetails, Show, SignInDetails};
use vestibule_core::user::PublicUser;

use super::mfa;
use super::words::Words;
use crate::app::App;

/// Organizations in the switcher; the list of all has the others.
const MAX_ORGANIZATIONS: usize = 15;

/// The caller's session and memberships, loaded once for each request of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    session: Option<Arc<SessionDetails>>,
    memberships: Option<Arc<Vec<OwnMembership>>>,
}

impl Frame {
    /// Loads nothing for a caller without a session. A query that fails leaves the frame empty: the page's own queries
    /// report the error.
    pub(super) async fn load(app: &App, caller: &Caller) -> Self {
        if caller.token.is_none() {
            return Self::default();
        }
        let session = app.query(caller, Show).await.result.ok().flatten();
        let memberships = match &session {
            Some(session) if session.active().is_some() => app.query(caller, ListOwn).await.result.ok(),
            _ => None,
        };
        Self { session: session.map(Arc::new), memberships: memberships.map(Arc::new) }
    }

    /// Returns the caller's memberships; `None` if nobody is signed in, or if they could not be loaded.
    pub(super) fn memberships(&self) -> Option<&Arc<Vec<OwnMembership>>> {
        self.memberships.as_ref()
    }

    /// Returns the active account; `None` if nobody is signed in.
    pub(super) fn account_id(&self) -> Option<UserId> {
        Some(self.session.as_ref()?.active()?.user.id)
    }

    /// Returns the banner of a person who is signed in as another one.
    pub(super) fn impersonation(&self, words: Words) -> Option<Impersonation> {
        let active = self.session.as_ref()?.active()?;
        let actor = active.impersonator.as_ref()?;
        let text = words.impersonation_banner(person_name(actor), person_name(&active.user));
        Some(Impersonation { text, sign_in: active.sign_in.id })
    }

    /// Returns the language of the active account; `None` if nobody is signed in, or without one.
    pub(super) fn language(&self) -> Option<Language> {
        self.session.as_ref()?.active()?.language
    }

    /// Returns an account that is signed in within this browser.
    pub(super) fn signed_in_account(&self, user: UserId, image_url: impl Fn(&str) -> String) -> Option<HeaderAccount> {
        let found = self.session.as_ref()?.sign_ins.iter().find(|shown| shown.user.id == user)?;
        Some(HeaderAccount::new(found, image_url))
    }

    /// Returns the sign-in of this browser whose user has this primary address or username.
    pub(super) fn sign_in_named(&self, identifier: &str) -> Option<SignInId> {
        let is_named = |name: Option<&String>| name.is_some_and(|name| name.eq_ignore_ascii_case(identifier));
        let mut sign_ins = self.session.as_ref()?.sign_ins.iter();
        let found =
            sign_ins.find(|shown| is_named(shown.user.email.as_ref()) || is_named(shown.user.username.as_ref()))?;
        Some(found.sign_in.id)
    }

    /// Returns the content of the header. `current` is the organization of the page.
    pub(super) fn header(&self, current: Option<OrganizationId>, image_url: impl Fn(&str) -> String) -> Header {
        let Some((session, active)) = self.session.as_ref().and_then(|session| Some((session, session.active()?)))
        else {
            return Header::default();
        };
        let others = session.sign_ins.iter().filter(|other| other.sign_in.id != active.sign_in.id);
        let memberships = self.memberships.as_deref().map(Vec::as_slice).unwrap_or_default();
        let is_current = |own: &&OwnMembership| Some(own.organization.id) == current;
        // The current one first, because the list is short.
        let (first, rest): (Vec<_>, Vec<_>) = memberships.iter().partition(is_current);
        let organizations = first.into_iter().chain(rest).take(MAX_ORGANIZATIONS).map(|own| HeaderOrganization {
            id: own.organization.id,
            name: own.organization.name.clone(),
            initials: initials(&own.organization.name),
            logo: image_url(&own.organization.image_url),
            is_current: is_current(&own),
            needs_mfa: mfa::is_missing(own),
            needs_sso: mfa::needs_sso(own),
        });
        Header {
            account: Some(HeaderAccount::new(active, &image_url)),
            other_accounts: others.map(|other| HeaderAccount::new(other, &image_url)).collect(),
            organizations: organizations.collect(),
        }
    }
}

/// The content of the header; empty if nobody is signed in.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) account: Option<HeaderAccount>,
    pub(super) other_accounts: Vec<HeaderAccount>,
    pub(super) organizations: Vec<HeaderOrganization>,
}

impl Header {
    /// Returns the text of the organization switcher: the organization of the page, if it has one.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(super) fn organization_label(&self, words: &Words) -> String {
        let current = self.organizations.iter().find(|organization| organization.is_current);
        current.map_or_else(|| words.organizations(), |organization| organization.name.clone())
    }
}

/// The banner of a person who is signed in as another one.
#[derive(Clone, Debug)]
pub(super) struct Impersonation {
    pub(super) text: String,
    /// The sign-in to end.
    pub(super) sign_in: SignInId,
}

/// An account that is signed in within this browser.
#[derive(Clone, Debug)]
pub(super) struct HeaderAccount {
    pub(super) sign_in: SignInId,
    /// The address, if the user has no name.
    pub(super) name: String,
    pub(super) email: String,
    pub(super) initials: String,
    /// The URL of the picture; empty without one.
    pub(super) picture: String,
}

impl HeaderAccount {
    pub(super) fn new(shown: &SignInDetails, image_url: impl Fn(&str) -> String) -> Self {
        let user = &shown.user;
        let (name, email) = (person_name(user), user.email.clone().unwrap_or_default());
        Self { sign_in: shown.sign_in.id, initials: initials(&name), picture: image_url(&user.image_url), name, email }
    }

    /// Returns the address, which tells accounts of one person apart, or the name without one.
    pub(super) fn label(&self) -> &str {
        if self.email.is_empty() { &self.name } else { &self.email }
    }
}

#[derive(Clone, Debug)]
pub(super) struct HeaderOrganization {
    pub(super) id: OrganizationId,
    pub(super) name: String,
    pub(super) initials: String,
    /// The URL of the logo; empty without one.
    pub(super) logo: String,
    pub(super) is_current: bool,
    /// Whether the sign-in is not enough.
    pub(super) needs_mfa: bool,
    pub(super) needs_sso: bool,
}

/// Returns the name of a person: the user name or the address without one.
pub(super) fn person_name(user: &PublicUser) -> String {
    let name = full_name(&user.first_name, &user.last_name);
    let names = [name, user.username.clone().unwrap_or_default(), user.email.clone().unwrap_or_default()];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// Returns the initials of a name for an avatar: of its first and last word, or of an email address.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let letters = [words.next(), words.next_back().filter(|_| !name.contains('@'))];
    letters.into_iter().flatten().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_initials_of_the_first_and_last_word() {
        for (name, expected) in [
            ("Ada Lindgren", "AL"),
            ("ada maria  von lindgren", "AL"),
            ("Ada", "A"),
            ("\u{f6}zge \u{e9}mil", "\u{d6}\u{c9}"),
            ("(Ada) \"Lin\"", "AL"),
            ("ben@example.com", "B"),
            ("", ""),
            ("— —", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
