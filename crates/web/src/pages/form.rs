//! The text fields of a submitted form. The core's parsers validate their values.

use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::InvalidId;

use super::account_check::reject_other_account;
use super::context::PageContext;
use super::error_page::rejection_page;
use crate::app::App;
use crate::extract::read_form_body;
use crate::return_to::ReturnTo;

/// The text fields of a form, in order. A body that cannot be parsed is answered with an error page, and a form that was
/// made for another account with a page that says so. So every handler that changes something takes the form.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl FromRequest<App> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let cx = PageContext::load(&mut parts, app).await;
        let read = read_form_body(&parts, body).await;
        let form = read.map(|(fields, _)| Self(fields)).map_err(|rejection| rejection_page(&cx, rejection))?;
        reject_other_account(&cx, &form)?;
        Ok(form)
    }
}

impl Form {
    pub(super) const fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    /// Returns the value of a field, or an empty string if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text.as_str())
    }

    /// Returns the values of a field that can occur several times, such as the checkboxes of a list.
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    /// Returns whether the form has a field, even an empty one.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Returns the trimmed value of a field, or `None` if it is missing or blank.
    pub(super) fn non_empty(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// Returns the token in the field `token`, into which people also paste the whole link. A link may continue after it.
    pub(super) fn pasted_token(&self) -> &str {
        let pasted = self.text("token").trim();
        let token = pasted.rsplit_once("token=").map_or(pasted, |(_, token)| token);
        token.split(['&', '#']).next().unwrap_or_default()
    }

    /// Returns whether a checkbox is checked.
    pub(super) fn is_checked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Returns the field `return_to`, if it is a path of this server, or `default`. Forms of lists have it, so that a
    /// person returns to the same page of the same list.
    pub(super) fn return_path<'a>(&'a self, default: &'a str) -> &'a str {
        let path = self.text("return_to");
        if matches!(ReturnTo::parse("return_to", path), Ok(ReturnTo::Path(_))) { path } else { default }
    }

    /// Parses a required id. Errors: `REQUIRED_FIELD`, `INVALID_FIELD`.
    pub(super) fn id<I: FromStr<Err = InvalidId>>(&self, name: &str) -> Result<I, Problem> {
        self.optional_id(name)?.ok_or_else(|| Problem::required(name))
    }

    /// Parses an optional id. Error: `INVALID_FIELD`.
    pub(super) fn optional_id<I: FromStr<Err = InvalidId>>(&self, name: &str) -> Result<Option<I>, Problem> {
        let invalid = || Problem::field(name, "this is not one of those to choose from.");
        self.non_empty(name).map(|text| text.parse().map_err(|_| invalid())).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_to_paths_of_this_server_only() {
        let path = "/organizations/1/-/members?search=a%20b";
        for (return_to, expected) in [
            (path, path),
            ("", "/default"),
            ("//evil.example", "/default"),
            ("/\\evil.example", "/default"),
            ("/\t/evil.example", "/default"),
            ("https://evil.example/", "/default"),
            ("javascript:alert(1)", "/default"),
            (&format!("/{}", "x".repeat(2000)), "/default"),
        ] {
            let form = Form::new(vec![("return_to".to_owned(), return_to.to_owned())]);
            assert_eq!(form.return_path("/default"), expected, "{return_to}");
        }
    }
}
