//! Asking once more before something is done that hurts, and saying whether it can be taken back.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::asked::Asked;
use super::super::form::Form;
use super::super::frame::Frame;

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    frame: Frame,
    words: String,
    action: &'a str,
    hidden: Vec<(&'static str, String)>,
    label: String,
    back: &'a str,
}

/// What is about to be done.
pub(in super::super) struct Confirm<'a> {
    pub(in super::super) label: String,
    pub(in super::super) words: String,
    pub(in super::super) action: &'a str,
    pub(in super::super) hidden: Vec<(&'static str, String)>,
    pub(in super::super) back: &'a str,
}

/// The page that asks, unless the form says that it was asked already.
pub(in super::super) fn unless_sure(asked: &Asked, form: &Form, confirm: Confirm<'_>) -> Result<(), Response> {
    if form.text("sure") == "yes" {
        return Ok(());
    }
    let Confirm { label, words, action, hidden, back } = confirm;
    let frame = asked.frame(label.clone(), true);
    Err(asked.page(StatusCode::OK, &Page { frame, words, action, hidden, label, back }))
}
