//! People as pages show them.

use vestibule_core::membership::Member;
use vestibule_core::names::full_name;
use vestibule_core::user::PublicUser;

use super::super::context::PageContext;
use super::super::frame::initials;

#[derive(Clone, Debug)]
pub(super) struct Person {
    /// The user name or the address of a person without a name.
    pub(super) name: String,
    /// The primary address; empty without one, or if it is the name.
    pub(super) email: String,
    pub(super) initials: String,
    /// The URL of the picture; empty without one.
    pub(super) picture: String,
    /// Whether there is an address that has not been verified.
    pub(super) is_unverified: bool,
}

impl Person {
    pub(super) fn from_member(cx: &PageContext, member: &Member) -> Self {
        let names = (member.first_name.as_str(), member.last_name.as_str(), member.username.as_deref());
        let is_unverified = member.email.is_some() && member.email_verified_at.is_none();
        Self::new(cx, names, member.email.as_deref(), is_unverified, &member.image_url)
    }

    pub(super) fn from_user(cx: &PageContext, user: &PublicUser) -> Self {
        let names = (user.first_name.as_str(), user.last_name.as_str(), user.username.as_deref());
        let is_unverified = user.email.is_some() && user.email_verified_at.is_none();
        Self::new(cx, names, user.email.as_deref(), is_unverified, &user.image_url)
    }

    fn new(
        cx: &PageContext,
        (first_name, last_name, username): (&str, &str, Option<&str>),
        email: Option<&str>,
        is_unverified: bool,
        image: &str,
    ) -> Self {
        let full_name = full_name(first_name, last_name);
        let (username, email) = (username.unwrap_or_default(), email.unwrap_or_default());
        let name = [full_name.as_str(), username, email].into_iter().find(|name| !name.is_empty());
        let name = name.unwrap_or_default();
        Self {
            name: name.to_owned(),
            email: if email == name { String::new() } else { email.to_owned() },
            initials: initials(name),
            picture: cx.app.response_context().image_url(image),
            is_unverified,
        }
    }
}
