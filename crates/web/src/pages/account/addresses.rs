//! One's e-mail addresses.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::attempt::{prepare_address, prove_address};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::EmailAddressId;
use vestibule_core::secret::TypedCode;
use vestibule_core::user::{AddAddress, DeleteAddress, MakePrimary};

use super::super::asked::{Asked, see_other};
use super::super::form::Form;
use super::super::organization::{Confirm, unless_sure};
use super::super::sign_in::{Coded, code_page};
use super::{page, saved};

fn id(text: &str) -> EmailAddressId {
    // What is no id is nobody's address, and the command says so.
    text.parse().unwrap_or_else(|_| 0.into())
}

pub(super) async fn add(asked: Asked, form: Form) -> Response {
    let added = match EmailAddress::parse(form.text("email").trim()) {
        Ok(email) => asked.run(AddAddress { email }).await,
        Err(error) => Err(error.into()),
    };
    match added {
        Ok(added) if asked.app.service().sends_mail() => send(&asked, added.id).await,
        added => saved(&asked, added.map(|_| ())).await,
    }
}

/// Mails a code, and on to where it is typed.
pub(super) async fn verify(asked: Asked, Path(address): Path<String>) -> Response {
    send(&asked, id(&address)).await
}

async fn send(asked: &Asked, address: EmailAddressId) -> Response {
    match prepare_address(asked.app.service(), &asked.caller, address).await.result {
        Ok(()) => see_other(&format!("/account/addresses/{address}/verify")),
        Err(problem) => page(asked, Some(&problem)).await,
    }
}

fn ask_for_code(asked: &Asked, address: EmailAddressId, trouble: Option<&Problem>) -> Response {
    let (action, again) =
        (format!("/account/addresses/{address}/code"), format!("/account/addresses/{address}/verify"));
    code_page(asked, Coded { words: asked.words.address_code_words(), action, again, hidden: Vec::new() }, trouble)
}

pub(super) async fn ask(asked: Asked, Path(address): Path<String>) -> Response {
    ask_for_code(&asked, id(&address), None)
}

pub(super) async fn prove(asked: Asked, Path(address): Path<String>, form: Form) -> Response {
    let code = TypedCode::read(form.text("code"));
    match prove_address(asked.app.service(), &asked.caller, id(&address), &code).await.result {
        Ok(_) => see_other("/account?done=verified"),
        Err(problem) => ask_for_code(&asked, id(&address), Some(&problem)),
    }
}

pub(super) async fn make_primary(asked: Asked, Path(address): Path<String>) -> Response {
    let made = asked.run(MakePrimary { address: id(&address) }).await;
    saved(&asked, made).await
}

pub(super) async fn delete(asked: Asked, Path(address): Path<String>, form: Form) -> Response {
    let confirm = Confirm {
        label: asked.words.delete(),
        words: asked.words.delete_address_words(),
        action: &format!("/account/addresses/{}/delete", id(&address)),
        hidden: Vec::new(),
        back: "/account",
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let deleted = asked.run(DeleteAddress { address: id(&address) }).await;
    saved(&asked, deleted).await
}
