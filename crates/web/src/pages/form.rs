//! What a form says, field by field. What a field means is read by the core's own parsers.

use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::NotAnId;

use super::asked::{Asked, unreadable};
use crate::app::App;
use crate::extract::{Body, FieldReader, FromFields};

/// The longest text of a form that is kept to be shown again, in bytes.
const LONGEST: usize = 64 * 1024;

/// The fields of a form, and whoever sent it.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

struct AllFields(Vec<(String, String)>);

impl FromFields for AllFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self(fields.all_texts(LONGEST)?))
    }
}

impl FromRequest<App> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(asked) = <Asked as axum::extract::FromRequestParts<App>>::from_request_parts(&mut parts, app).await;
        let read = Body::<AllFields>::from_request(Request::from_parts(parts, body), app).await;
        read.map(|Body(AllFields(fields))| Self(fields)).map_err(|refusal| unreadable(&asked, refusal))
    }
}

impl Form {
    /// What was typed; empty when the field is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
    }

    /// The same, without the space around it; `None` when nothing is left.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// An id that must be there.
    pub(super) fn id<I: FromStr<Err = NotAnId>>(&self, name: &str) -> Result<I, Problem> {
        self.maybe_id(name)?.ok_or_else(|| Problem::required(name))
    }

    /// An id, or none.
    pub(super) fn maybe_id<I: FromStr<Err = NotAnId>>(&self, name: &str) -> Result<Option<I>, Problem> {
        let wrong = || Problem::field(name, "this is not one of those to choose from.");
        self.filled(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }
}
