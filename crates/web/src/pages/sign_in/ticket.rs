//! `/sign-in?ticket=…`: signing in as another person, for support. Only the POST spends the ticket, because mail
//! scanners open links.

use askama::Template;
use axum::response::Response;
use vestibule_core::impersonation::{Exchange, Preview};
use vestibule_core::secret::SessionTicket;
use vestibule_core::user::PublicUser;
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, see_other};
use super::super::form::Form;
use super::super::frame::person_name;
use super::super::layout::Layout;
use super::with_session;

#[derive(Template)]
#[template(path = "sign_in/ticket.html")]
struct Page {
    layout: Layout,
    offer: Option<Offer>,
}

/// What the ticket is good for.
struct Offer {
    explanation: String,
    notice: String,
    button: String,
    ticket: String,
}

pub(super) async fn show(cx: PageContext, ticket: &str) -> Response {
    page(&cx, ticket, None).await
}

async fn page(cx: &PageContext, ticket: &str, error: Option<&Problem>) -> Response {
    let offer = match error {
        None => offer(cx, ticket).await.map(Some),
        Some(problem) => Err(problem.clone()),
    };
    let (offer, error) = match offer {
        Ok(offer) => (offer, None),
        Err(problem) => (None, Some(problem)),
    };
    let layout = cx.layout(cx.words.impersonation_title(), false).with_error(error.as_ref());
    cx.render_with_error(error.as_ref(), &Page { layout, offer })
}

async fn offer(cx: &PageContext, text: &str) -> Result<Offer, Problem> {
    let ticket: SessionTicket = text.parse().map_err(|_| Code::InvalidTicket)?;
    let previewed = cx.try_query(Preview { ticket }).await?;
    let (t, user, actor) = (cx.words, label(&previewed.user), label(&previewed.actor));
    Ok(Offer {
        explanation: t.impersonation_explanation(&actor, &user),
        notice: t.impersonation_notice(),
        button: t.impersonation_sign_in(person_name(&previewed.user)),
        ticket: text.to_owned(),
    })
}

/// The name with the address, which tells people of one name apart.
fn label(user: &PublicUser) -> String {
    let (name, email) = (person_name(user), user.email.clone().unwrap_or_default());
    if email.is_empty() || email == name { name } else { format!("{name} ({email})") }
}

pub(super) async fn exchange(cx: PageContext, form: Form) -> Response {
    let exchanged = match form.text("ticket").parse::<SessionTicket>() {
        Ok(ticket) => cx.run(Exchange { ticket }).await,
        Err(_) => Err(Code::InvalidTicket.into()),
    };
    match exchanged {
        Ok(exchanged) => {
            let target = with_session(&cx, cx.after_sign_in().to_owned(), Some(&exchanged.token));
            cx.with_session_cookie(see_other(&target), Some(&exchanged.token))
        }
        Err(problem) => page(&cx, "", Some(&problem)).await,
    }
}
