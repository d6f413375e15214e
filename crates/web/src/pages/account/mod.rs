//! `/account`: oneself.

mod addresses;
mod secrets;

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{EmailAddressId, SignInId};
use vestibule_core::images::Subject;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::session::ListSignIns;
use vestibule_core::user::{NewUsername, ShowAccount, Update};

use super::asked::{Answered, Asked, see_other, unreadable};
use super::form::Form;
use super::frame::Frame;
use crate::api::me::update::Picture;
use crate::envelope::Refusal;
use crate::extract::Body;
use crate::images;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/account", show)
        .post("/account/profile", profile)
        .post("/account/picture", picture)
        .post("/account/addresses", addresses::add)
        .get("/account/addresses/{id}/verify", addresses::ask)
        .post("/account/addresses/{id}/verify", addresses::verify)
        .post("/account/addresses/{id}/code", addresses::prove)
        .post("/account/addresses/{id}/primary", addresses::make_primary)
        .post("/account/addresses/{id}/delete", addresses::delete)
        .post("/account/password", secrets::password)
        .post("/account/sign-ins/{id}/end", secrets::end)
        .post("/account/delete", secrets::delete)
}

struct Address {
    id: EmailAddressId,
    email: String,
    is_primary: bool,
    is_verified: bool,
}

struct SignedIn {
    id: SignInId,
    browser: String,
    address: String,
    last: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    picture: String,
    first_name: String,
    last_name: String,
    username: String,
    addresses: Vec<Address>,
    sign_ins: Vec<SignedIn>,
    has_password: bool,
    has_mail: bool,
    minimum: usize,
}

async fn show(asked: Asked) -> Response {
    page(&asked, None).await
}

async fn page(asked: &Asked, trouble: Option<&Problem>) -> Response {
    match load(asked).await {
        Ok(mut page) => {
            page.frame = page.frame.troubled(trouble);
            asked.page_with(trouble, &page)
        }
        Err(response) => response,
    }
}

async fn load(asked: &Asked) -> Answered<Page> {
    let account = asked.ask(ShowAccount).await?;
    let (sign_ins, this) = asked.ask(ListSignIns).await?;
    let addresses = account.addresses.into_iter().map(|one| Address {
        id: one.id,
        email: one.email,
        is_primary: one.is_primary,
        is_verified: one.verified_at.is_some(),
    });
    let sign_ins = sign_ins.into_iter().map(|one| SignedIn {
        id: one.id,
        browser: browser(&one.user_agent),
        address: one.ip_address,
        last: asked.words.time(one.last_active_at, asked.now()),
        is_this: Some(one.id) == this,
    });
    Ok(Page {
        frame: asked.frame(asked.words.account(), true),
        picture: asked.app.response_context().image_url(&account.user.image_url),
        first_name: account.user.first_name,
        last_name: account.user.last_name,
        username: account.user.username.unwrap_or_default(),
        addresses: addresses.collect(),
        sign_ins: sign_ins.collect(),
        has_password: account.account.has_password,
        has_mail: asked.app.service().sends_mail(),
        minimum: asked.app.settings().passwords.minimum_length,
    })
}

/// A browser by the name people know it by, and what it runs on; anything else by the name it gives itself.
fn browser(agent: &str) -> String {
    // The order counts: every one of them calls itself what stands below it too.
    let browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let known =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (known(&browsers), known(&systems)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "?".to_owned(),
        (None, _) => agent.chars().take(60).collect(),
    }
}

async fn profile(asked: Asked, form: Form) -> Response {
    let username = form.filled("username").map(|name| Username::parse("username", name)).transpose();
    let update = PersonName::parse("first_name", form.text("first_name")).and_then(|first_name| {
        Ok(Update {
            first_name: Some(first_name),
            last_name: Some(PersonName::parse("last_name", form.text("last_name"))?),
            username: Some(username?.map_or(NewUsername::None, NewUsername::This)),
            ..Update::default()
        })
    });
    let updated = match update {
        Ok(update) => asked.run(update).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    saved(&asked, updated).await
}

async fn picture(asked: Asked, sent: Result<Body<Picture>, Refusal>) -> Response {
    let file = match sent {
        Ok(Body(Picture { file })) => file,
        Err(refusal) => return unreadable(&asked, refusal),
    };
    let kept = images::store_upload(&asked.app, &asked.caller, Subject::OfCaller, file).await;
    let updated = match kept {
        Ok(picture) => asked.run(Update { picture, ..Update::default() }).await.map(|_| ()),
        Err(refusal) => return unreadable(&asked, refusal),
    };
    saved(&asked, updated).await
}

/// Back to the account, with what was done or why not.
async fn saved(asked: &Asked, done: Result<(), Problem>) -> Response {
    match done {
        Ok(()) => see_other("/account?done=saved"),
        Err(problem) => page(asked, Some(&problem)).await,
    }
}
