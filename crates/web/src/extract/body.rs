//! Extractors for a request's body and query.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use vestibule_core::execution::{Context, Query as CoreQuery};
use vestibule_core::permission::Requirement;
use vestibule_core::{Code, Problem};

use super::fields::FieldMap;
use super::reader::FieldReader;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;

const MAX_BODY_BYTES: usize = 64 * 1024;
/// For calls that accept an image.
const MAX_IMAGE_BODY_BYTES: usize = 5 * 1024 * 1024;

/// A type that is parsed from the fields of a body or query.
pub(crate) trait FromFields: Sized {
    /// True if unknown fields are ignored, because existing clients send additional ones. Calls where a misspelled
    /// field would do harm reject them.
    const ALLOW_UNKNOWN_FIELDS: bool = false;
    /// True if a multipart body may contain an image, which raises the size limit.
    const ACCEPTS_IMAGE: bool = false;
    /// The codes for invalid values, besides `INVALID_FIELD`, `UNKNOWN_FIELD`, and `REQUIRED_FIELD` for missing fields.
    const ERRORS: &[Code] = &[];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem>;
}

fn parse<T: FromFields>(fields: FieldMap) -> Result<T, Problem> {
    let mut reader = FieldReader::new(fields);
    let value = T::from_fields(&mut reader)?;
    if !T::ALLOW_UNKNOWN_FIELDS {
        reader.finish()?;
    }
    Ok(value)
}

/// Extracts a body in any of the supported encodings.
///
/// # Errors
/// `BODY_TOO_LARGE` over 64 KiB, or 5 MiB with an image; `UNAUTHORIZED` over 64 KiB if the caller is not signed in;
/// `UNSUPPORTED_MEDIA_TYPE`; `BAD_REQUEST_BODY`; `UNKNOWN_FIELD`; and the errors of the type.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let declared = declared_length(&parts.headers);
        let content_type = parts.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text"));
        let can_contain_image = T::ACCEPTS_IMAGE && content_type.is_some_and(FieldMap::can_contain_files);
        let limit = if can_contain_image {
            limit_for_signed_in(app, &parts, MAX_IMAGE_BODY_BYTES).await?
        } else {
            MAX_BODY_BYTES
        };
        if declared.is_some_and(|length| length > limit as u64) {
            return Err(Refusal(Code::BodyTooLarge.into()));
        }
        let bytes = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                Refusal(Code::BodyTooLarge.into())
            } else {
                Refusal(Code::BadRequestBody.into())
            }
        })?;
        let fields = FieldMap::parse_body(content_type, bytes.to_bytes()).await?;
        Ok(Self(parse(fields)?))
    }
}

/// Returns the size limit of a body: `max` for signed-in callers, 64 KiB otherwise. The session is only checked if the
/// declared length is larger than 64 KiB or missing.
///
/// # Errors
/// `UNAUTHORIZED` if a larger length is declared and the caller is not signed in.
pub(crate) async fn limit_for_signed_in(app: &App, parts: &Parts, max: usize) -> Result<usize, Refusal> {
    if declared_length(&parts.headers).is_some_and(|length| length <= MAX_BODY_BYTES as u64) {
        return Ok(MAX_BODY_BYTES);
    }
    match app.query(&CurrentCaller::from_parts(parts).0, IsSignedIn).await.result {
        Ok(()) => Ok(max),
        Err(_) if declared_length(&parts.headers).is_none() => Ok(MAX_BODY_BYTES),
        Err(problem) => Err(Refusal(problem)),
    }
}

struct IsSignedIn;

impl CoreQuery for IsSignedIn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<(), Problem> {
        cx.user().map(|_| ())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Extracts the query. Errors: those of a form body.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: FromFields> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let fields = FieldMap::parse_form(parts.uri.query().unwrap_or_default().as_bytes())?;
        Ok(Self(parse(fields)?))
    }
}
