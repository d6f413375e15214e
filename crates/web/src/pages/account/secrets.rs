//! One's password, where one is signed in, and the end of the account.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::password::Password;
use vestibule_core::session::EndSignIn;
use vestibule_core::user::{change_password, delete_account};

use super::super::asked::{Asked, see_other};
use super::super::form::Form;
use super::{page, saved};

fn present(form: &Form) -> Option<Password> {
    Some(form.text("present").to_owned()).filter(|text| !text.is_empty()).map(Password::attempt)
}

pub(super) async fn password(asked: Asked, form: Form) -> Response {
    let minimum = asked.app.settings().passwords.minimum_length;
    let changed = match Password::chosen(form.text("chosen").to_owned(), minimum) {
        Ok(chosen) => change_password(asked.app.service(), &asked.caller, present(&form), chosen).await.result,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(()) => see_other("/account?done=password_set"),
        Err(problem) => page(&asked, Some(&problem)).await,
    }
}

pub(super) async fn end(asked: Asked, Path(sign_in): Path<String>) -> Response {
    let ended = asked.run(EndSignIn { sign_in: sign_in.parse().unwrap_or_else(|_| 0.into()) }).await;
    saved(&asked, ended).await
}

/// The password says that it is meant; without one, a typed word does.
pub(super) async fn delete(asked: Asked, form: Form) -> Response {
    let present = present(&form);
    if present.is_none() && form.text("word").trim().to_lowercase() != asked.words.delete_word() {
        let problem = Problem::field("word", asked.words.type_delete());
        return page(&asked, Some(&problem)).await;
    }
    match delete_account(asked.app.service(), &asked.caller, present).await.result {
        Ok(()) => see_other("/sign-in?done=account_deleted"),
        Err(problem) => page(&asked, Some(&problem)).await,
    }
}
