//! The invitations that this browser has opened, from the invitation cookie, and the one that a page is about.
//!
//! One cookie serves all tabs, and another site can open a link in a new tab. So the URL of each page, and every form
//! on it, names its invitation by the id. An action is about that invitation or about none.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use vestibule_core::id::InvitationId;
use vestibule_core::secret::InvitationToken;

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::not_opened_page;
use crate::app::App;
use crate::cookie;

const PAGE: &str = "/invite";
/// The name of the form field and of the parameter in the URL.
pub(super) const INVITATION: &str = "invitation";

/// The parameter in the URL that accepts the invitation when the sign-in is complete.
const JOINS: &str = "joins";

/// The tokens of the invitation cookie, the last opened one first.
#[derive(Clone, Debug)]
pub(in super::super) struct OpenedInvitations(Vec<InvitationToken>);

/// The invitation that a request is about, and the other opened ones.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) token: InvitationToken,
    others: Vec<InvitationToken>,
}

/// Why a request is about no invitation.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// This browser has opened none, or too long ago.
    None,
    /// It has opened others. This is the last one.
    Other(Opened),
}

impl FromRequestParts<App> for OpenedInvitations {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::from_headers(&parts.headers, app))
    }
}

impl OpenedInvitations {
    pub(in super::super) fn from_headers(headers: &HeaderMap, app: &App) -> Self {
        Self(cookie::invitations(headers, app.settings().public_url.is_https()))
    }

    /// The invitation that the form names. A form without a name is about the only one.
    pub(super) async fn named_by(self, cx: &PageContext, form: &Form) -> PageResult<Opened> {
        let opened = match form.text(INVITATION) {
            "" if self.0.len() <= 1 => self.last().ok_or(NotOpened::None),
            name => self.named(name),
        };
        or_page(cx, opened).await
    }

    /// The invitation that the URL names, or the last one.
    pub(super) async fn shown(self, cx: &PageContext) -> PageResult<Opened> {
        let opened = match cx.query_param(INVITATION).as_str() {
            "" => self.last().ok_or(NotOpened::None),
            name => self.named(name),
        };
        or_page(cx, opened).await
    }

    /// The invitation of a URL of [`Opened::joining_url`].
    pub(super) fn joined_by(self, url: &str) -> Option<Opened> {
        self.named(&joined_invitation(url)?).ok()
    }

    fn named(mut self, name: &str) -> Result<Opened, NotOpened> {
        let id = name.parse::<InvitationId>().ok();
        match self.0.iter().position(|token| Some(token.invitation()) == id) {
            Some(index) => {
                let token = self.0.remove(index);
                Ok(Opened { token, others: self.0 })
            }
            None => Err(self.last().map_or(NotOpened::None, NotOpened::Other)),
        }
    }

    fn last(mut self) -> Option<Opened> {
        let token = (!self.0.is_empty()).then(|| self.0.remove(0))?;
        Some(Opened { token, others: self.0 })
    }

    /// Opens an invitation. It replaces another token of the same invitation.
    pub(super) fn open(mut self, token: InvitationToken) -> Opened {
        self.0.retain(|other| other.invitation() != token.invitation());
        self.0.truncate(cookie::MAX_OPEN_INVITATIONS - 1);
        Opened { token, others: self.0 }
    }

    /// Removes an invitation from the cookie.
    pub(super) fn without(mut self, cx: &PageContext, invitation: InvitationId, response: Response) -> Response {
        self.0.retain(|token| token.invitation() != invitation);
        with_cookie(cx, response, &self.0)
    }
}

/// Returns the name of the invitation of a URL of [`Opened::joining_url`].
fn joined_invitation(url: &str) -> Option<Cow<'_, str>> {
    let query = url.strip_prefix(PAGE)?.strip_prefix('?')?;
    let param = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == wanted).then_some(value))
    };
    param(JOINS)?;
    param(INVITATION)
}

/// Whether this is a URL of [`Opened::joining_url`].
pub(super) fn is_joining(url: &str) -> bool {
    joined_invitation(url).is_some()
}

/// Returns the page of the invitation for a URL of [`Opened::joining_url`], and other URLs unchanged. For URLs from the
/// query, because a link must not accept an invitation.
pub(in super::super) fn without_joining(url: String) -> String {
    match joined_invitation(&url).map(|name| name.parse::<InvitationId>()) {
        None => url,
        Some(Ok(id)) => format!("{PAGE}?{INVITATION}={id}"),
        Some(Err(_)) => PAGE.to_owned(),
    }
}

async fn or_page(cx: &PageContext, opened: Result<Opened, NotOpened>) -> PageResult<Opened> {
    match opened {
        Ok(opened) => Ok(opened),
        Err(not_opened) => Err(not_opened_page(cx, not_opened).await),
    }
}

impl Opened {
    /// The page of the invitation.
    pub(super) fn url(&self) -> String {
        format!("{PAGE}?{INVITATION}={}", self.token.invitation())
    }

    /// The page of the invitation, with the parameter that accepts it after the second factor of the sign-in.
    pub(super) fn joining_url(&self) -> String {
        format!("{}&{JOINS}=1", self.url())
    }

    /// Stores the invitation in the cookie, as the last opened one.
    pub(super) fn remember(self, cx: &PageContext, response: Response) -> Response {
        let mut tokens = self.others;
        tokens.insert(0, self.token);
        with_cookie(cx, response, &tokens)
    }

    /// Removes the invitation from the cookie.
    pub(super) fn forget(&self, cx: &PageContext, response: Response) -> Response {
        with_cookie(cx, response, &self.others)
    }
}

fn with_cookie(cx: &PageContext, mut response: Response, tokens: &[InvitationToken]) -> Response {
    let cookie = cookie::set_invitations(tokens, cx.app.settings().public_url.is_https());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
