//! The confirmation page of destructive actions. Its warning says whether the action can be undone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::context::PageContext;
use super::super::form::Form;
use super::super::layout::Layout;

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    layout: Layout,
    warning: String,
    action: &'a str,
    hidden_fields: Vec<(&'static str, String)>,
    choice: Option<(&'static str, String)>,
    label: String,
    cancel_url: &'a str,
}

/// An action that needs a confirmation. `label` is the title and the text of the button.
pub(in super::super) struct Confirmation<'a> {
    pub(in super::super) label: String,
    pub(in super::super) warning: String,
    pub(in super::super) action: &'a str,
    pub(in super::super) hidden_fields: Vec<(&'static str, String)>,
    /// The name and the label of a checkbox.
    pub(in super::super) choice: Option<(&'static str, String)>,
    pub(in super::super) cancel_url: &'a str,
}

/// Returns the confirmation page as the error unless the form has `sure=yes`.
pub(in super::super) fn require_confirmation(
    cx: &PageContext,
    form: &Form,
    confirmation: Confirmation<'_>,
) -> Result<(), Response> {
    if form.text("sure") == "yes" {
        return Ok(());
    }
    let Confirmation { label, warning, action, hidden_fields, choice, cancel_url } = confirmation;
    let layout = cx.layout(label.clone(), true);
    Err(cx.render(StatusCode::OK, &Page { layout, warning, action, hidden_fields, choice, label, cancel_url }))
}
