//! `/invite`: where a mailed invitation leads. It says who invites to what, and offers the one step that is right for
//! whoever looks.
//!
//! A mail scanner may fetch it, run its script and press what it finds: looking changes nothing, and every step needs a
//! session, a password, or an address that somebody types.

mod act;
mod stop;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use vestibule_core::invitation::{Look, Looked, Status};
use vestibule_core::secret::InvitationToken;
use vestibule_core::session::ShownSession;
use vestibule_core::{Code, Problem};

use super::asked::{Answered, Asked, see_other};
use super::form::Form;
use super::frame::Frame;
use crate::app::App;
use crate::cookie;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/invite", look)
        .post("/invite", hold)
        .post("/invite/accept", act::accept)
        .post("/invite/sign-in", act::sign_in)
        .post("/invite/sign-up", act::sign_up)
        .post("/invite/decline", act::decline)
        .post("/invite/renew", act::renew)
        .post("/invite/add-address", act::add_address)
        .post("/invite/ask", act::ask)
        .get("/invite/stop/{token}", stop::show)
        .post("/invite/stop/{token}", stop::stop)
}

/// The invitation that this browser came with.
#[derive(Clone, Debug)]
pub(super) struct Held(pub(super) Option<InvitationToken>);

impl FromRequestParts<App> for Held {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(cookie::invitation(&parts.headers).and_then(|text| text.parse().ok())))
    }
}

#[derive(Template)]
#[template(path = "invite/held.html")]
struct Paste {
    frame: Frame,
}

/// What is right for whoever looks.
enum Step {
    Accept,
    SignIn,
    SignUp,
    /// Somebody else is signed in: under this address.
    WrongAccount(String),
    Unverified,
    Expired,
    /// Nothing, and this is why.
    Nothing(String),
}

#[derive(Template)]
#[template(path = "invite/open.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that the page shows or does not")]
struct Open {
    frame: Frame,
    organization: String,
    workspace: Option<String>,
    role: String,
    inviter: Option<String>,
    email: String,
    ends: String,
    step: Step,
    has_account: bool,
    has_mail: bool,
    is_mailed: bool,
    may_decline: bool,
    minimum: usize,
    typed_first_name: String,
    typed_last_name: String,
}

#[derive(Template)]
#[template(path = "invite/told.html")]
struct Told {
    frame: Frame,
    words: String,
    next: Option<(&'static str, String)>,
}

/// Takes the token out of the link, or out of what somebody has pasted, and keeps it for these pages.
async fn hold(asked: Asked, form: Form) -> Response {
    let pasted = form.text("token").trim();
    let token = pasted.rsplit_once("token=").map_or(pasted, |(_, token)| token);
    match token.parse::<InvitationToken>() {
        Ok(token) => with_token(&asked, see_other("/invite"), &token.reveal()),
        Err(_) => paste(&asked, Some(&Code::InvalidInvitationToken.into())),
    }
}

/// The same answer, and the browser keeps this token, or forgets the one it has.
fn with_token(asked: &Asked, mut response: Response, token: &str) -> Response {
    let cookie = cookie::set_invitation(token, asked.app.settings().public_url.is_https());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

fn paste(asked: &Asked, trouble: Option<&Problem>) -> Response {
    let frame = asked.frame(asked.words.invitation(), false).troubled(trouble);
    asked.page_with(trouble, &Paste { frame })
}

/// `GET /invite`
async fn look(asked: Asked, Held(token): Held) -> Response {
    match token {
        None => paste(&asked, None),
        Some(token) => open(&asked, &token, None, None).await,
    }
}

/// The invitation, with the reason why the last step was refused, and what was typed there.
async fn open(asked: &Asked, token: &InvitationToken, trouble: Option<&Problem>, typed: Option<&Form>) -> Response {
    let looked = match asked.run_query(Look { token: token.clone() }).await {
        Ok(looked) => looked,
        Err(problem) if problem.code() == Code::InvalidInvitationToken => {
            return with_token(asked, paste(asked, Some(&problem)), "");
        }
        Err(problem) => return asked.refused(&problem),
    };
    match page(asked, token, looked, typed).await {
        Ok(mut page) => {
            page.frame = page.frame.troubled(trouble);
            asked.page_with(trouble, &page)
        }
        Err(response) => response,
    }
}

async fn page(asked: &Asked, token: &InvitationToken, looked: Looked, typed: Option<&Form>) -> Answered<Open> {
    let session = asked.session().await?;
    let settings = asked.app.settings();
    let wants_new = !asked.asked_for("new").is_empty() && token.is_mailed();
    let step = step(asked, &looked, session.as_ref(), wants_new);
    let Looked { in_hand, organization, has_account, over, .. } = looked;
    let first = in_hand.inviter_first_name.unwrap_or_default();
    let inviter = format!("{first} {}", in_hand.inviter_last_name.unwrap_or_default()).trim().to_owned();
    let place = in_hand.workspace_name.as_ref().map_or(organization.clone(), |name| format!("{organization}, {name}"));
    let title = if inviter.is_empty() {
        asked.words.you_are_invited(&place)
    } else {
        asked.words.invites_you(&inviter, &place)
    };
    let is_signed_in = session.as_ref().is_some_and(|session| session.active().is_some());
    let typed = |name: &str| typed.map_or(String::new(), |form| form.text(name).to_owned());
    Ok(Open {
        frame: asked.frame(title, is_signed_in),
        workspace: in_hand.workspace_name,
        role: in_hand.workspace_role_name.unwrap_or(in_hand.role_name),
        inviter: Some(inviter).filter(|inviter| !inviter.is_empty()),
        email: in_hand.email_key,
        ends: asked.words.time(in_hand.expires_at, asked.now()),
        may_decline: over.is_none() && token.is_mailed() && !matches!(step, Step::Accept),
        has_mail: asked.app.service().sends_mail(),
        is_mailed: token.is_mailed(),
        minimum: settings.passwords.minimum_length,
        typed_first_name: typed("first_name"),
        typed_last_name: typed("last_name"),
        organization,
        has_account,
        step,
    })
}

fn step(asked: &Asked, looked: &Looked, session: Option<&ShownSession>, wants_new: bool) -> Step {
    let t = asked.words;
    let active = session.and_then(ShownSession::active);
    match (looked.over, looked.obstacle) {
        (Some(Status::Accepted), _) => Step::Nothing(t.over_accepted(&looked.organization)),
        (Some(Status::Declined), _) => Step::Nothing(t.over_declined(&looked.organization)),
        (Some(_), _) => Step::Nothing(t.over_discarded(&looked.organization)),
        (None, None) => Step::Accept,
        (None, Some(Code::InvitationExpired)) => Step::Expired,
        (None, Some(Code::InvitationEmailUnverified)) => Step::Unverified,
        // Whoever reads the address's mail may make its account, even where somebody has claimed it.
        (None, Some(Code::InvitationRequiresSignin | Code::InvitationEmailMismatch)) if wants_new => Step::SignUp,
        (None, Some(Code::InvitationRequiresSignin)) => Step::SignIn,
        (None, Some(Code::InvitationRequiresSignup | Code::InvitationEmailMismatch)) => match active {
            Some(active) if !wants_new => Step::WrongAccount(active.user.email.clone().unwrap_or_default()),
            _ if looked.has_account && !wants_new => Step::SignIn,
            _ => Step::SignUp,
        },
        (None, Some(code)) => Step::Nothing(t.problem(&code.into())),
    }
}

/// A page that says how it ended, and where to go from here. The browser forgets the invitation.
fn told(asked: &Asked, title: String, words: String, next: Option<(&'static str, String)>) -> Response {
    let page = Told { frame: asked.frame(title, false), words, next };
    with_token(asked, asked.page(StatusCode::OK, &page), "")
}
