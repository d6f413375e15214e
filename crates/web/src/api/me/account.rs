//! `GET /me`

use axum::extract::State;
use vestibule_core::user::ShowAccount;

use crate::answer::Answer;
use crate::api::shape::AccountShape;
use crate::app::{App, Visitor};
use crate::openapi::Enveloped;

/// The signed-in user.
#[utoipa::path(get, path = "/me", tag = "Me",
    responses((status = 200, description = "The account", body = Enveloped<AccountShape>)))]
pub(crate) async fn account(State(app): State<App>, Visitor(caller): Visitor) -> Answer<AccountShape> {
    Answer::from(app.ask(&caller, ShowAccount).await.map(|shown| AccountShape::new(shown, app.here())))
}
