//! The page that confirms an action before it runs. It names the person or thing in its heading and its button, says
//! what is lost, and whether the action can be undone.

use askama::Template;
use axum::http::StatusCode;
use vestibule_core::names::is_same_name;

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;

/// The field that confirms the action.
const CONFIRMED: &str = "sure";
const TYPED_NAME: &str = "typed_name";

/// An action that needs a confirmation.
///
/// ```ignore
/// Confirmation::new(t.remove_member_title(&name), t.remove_member(&name), format!("{path}/remove"), path)
///     .paragraph(t.remove_member_warning())
///     .require(&cx, &form)?;
/// ```
pub(in super::super) struct Confirmation {
    heading: String,
    button: String,
    action: String,
    cancel_url: String,
    paragraphs: Vec<String>,
    /// URL and label.
    links: Vec<(String, String)>,
    hidden_fields: Vec<(&'static str, String)>,
    checkboxes: Vec<(&'static str, String)>,
    expected_name: Option<String>,
    is_destructive: bool,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page {
    layout: Layout,
    confirmation: Confirmation,
    return_to: String,
    typed_name: String,
    is_wrong_name: bool,
}

impl Confirmation {
    /// `heading` is a question ("Remove Ada Lindgren?"), and `button` its answer ("Remove Ada Lindgren"). The form posts
    /// to `action`. Cancel leads to the field `return_to` of the form, or else to `cancel_url`.
    pub(in super::super) fn new(
        heading: String,
        button: String,
        action: impl Into<String>,
        cancel_url: impl Into<String>,
    ) -> Self {
        Self {
            heading,
            button,
            action: action.into(),
            cancel_url: cancel_url.into(),
            paragraphs: Vec::new(),
            links: Vec::new(),
            hidden_fields: Vec::new(),
            checkboxes: Vec::new(),
            expected_name: None,
            is_destructive: true,
        }
    }

    /// Adds a paragraph: what is lost, or whether it can be undone.
    pub(in super::super) fn paragraph(mut self, text: String) -> Self {
        self.paragraphs.push(text);
        self
    }

    /// Adds a link to what the action concerns.
    pub(in super::super) fn link(mut self, url: String, label: String) -> Self {
        self.links.push((url, label));
        self
    }

    /// Adds a field that the action needs.
    pub(in super::super) fn hidden_field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden_fields.push((name, value.into()));
        self
    }

    /// Adds a checkbox with the value `yes`.
    pub(in super::super) fn checkbox(mut self, name: &'static str, label: String) -> Self {
        self.checkboxes.push((name, label));
        self
    }

    /// Asks for a name to be typed, for actions whose effect is large.
    pub(in super::super) fn typed_name(mut self, name: impl Into<String>) -> Self {
        self.expected_name = Some(name.into());
        self
    }

    /// For an action that destroys nothing: its button is an ordinary one.
    pub(in super::super) const fn harmless(mut self) -> Self {
        self.is_destructive = false;
        self
    }

    /// Returns the confirmation page as the error unless the form is that of the page, with the right name.
    pub(in super::super) fn require(self, cx: &PageContext, form: &Form) -> PageResult<()> {
        let is_confirmed = form.text(CONFIRMED) == "yes";
        let typed_name = form.text(TYPED_NAME).to_owned();
        let is_wrong_name = self.expected_name.as_ref().is_some_and(|name| !is_same_name(&typed_name, name));
        if is_confirmed && !is_wrong_name {
            return Ok(());
        }
        let status = if is_confirmed { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let page = Page {
            layout: cx.layout(self.heading.clone(), true),
            return_to: form.return_path(&self.cancel_url).to_owned(),
            confirmation: self,
            typed_name,
            is_wrong_name: is_confirmed,
        };
        Err(cx.render(status, &page))
    }
}
