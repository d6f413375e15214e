//! The body and the query of a request, as a type of the call's own.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use vestibule_core::context::{Context, Query as CoreQuery};
use vestibule_core::{Code, Problem};

use super::fields::Fields;
use super::read::Reader;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;

/// The most bytes a body may have.
const LARGEST_BODY: usize = 64 * 1024;
/// The most bytes one may have that an image comes with.
const LARGEST_WITH_IMAGE: usize = 5 * 1024 * 1024;

/// A type that a call's fields are read into.
pub(crate) trait FromFields: Sized {
    /// Whether fields that this call does not know are passed over: where other clients send more than we need. Where a
    /// typing slip would be dangerous they are refused.
    const TOLERANT: bool = false;
    /// Whether an image may come with them.
    const TAKES_IMAGE: bool = false;

    /// Reads the fields.
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem>;
}

fn read<T: FromFields>(fields: Fields) -> Result<T, Problem> {
    let mut reader = Reader::new(fields);
    let value = T::from_fields(&mut reader)?;
    if !T::TOLERANT {
        reader.finish()?;
    }
    Ok(value)
}

/// What a request's body says, whatever its encoding.
///
/// Errors: `BODY_TOO_LARGE` over 64 KiB, and with an image over 5 MiB; `UNAUTHORIZED` for a stranger's body over 64 KiB;
/// `UNSUPPORTED_MEDIA_TYPE`; `BAD_REQUEST_BODY`; `UNKNOWN_FIELD`; and what the type itself refuses.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let declared = declared_length(&parts.headers);
        let content_type = parts.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text"));
        let may_hold_image = T::TAKES_IMAGE && content_type.is_some_and(Fields::may_hold_files);
        let limit =
            if may_hold_image { limit_for_members(app, &parts, LARGEST_WITH_IMAGE).await? } else { LARGEST_BODY };
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
        let fields = Fields::of_body(content_type, bytes.to_bytes()).await?;
        Ok(Self(read(fields)?))
    }
}

/// How much may be read where people we know may send up to `most`: as much as everywhere, unless they announce more, and
/// are signed in. Whoever does not say how much they send, and is nobody, may send little.
pub(crate) async fn limit_for_members(app: &App, parts: &Parts, most: usize) -> Result<usize, Refusal> {
    if declared_length(&parts.headers).is_some_and(|length| length <= LARGEST_BODY as u64) {
        return Ok(LARGEST_BODY);
    }
    match app.ask(&Visitor::behind(parts).0, IsSignedIn).await.result {
        Ok(()) => Ok(most),
        Err(_) if declared_length(&parts.headers).is_none() => Ok(LARGEST_BODY),
        Err(problem) => Err(Refusal(problem)),
    }
}

struct IsSignedIn;

impl CoreQuery for IsSignedIn {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<(), Problem> {
        cx.user().map(|_| ())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What a request's query says. Errors: as for a form in a body.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: FromFields> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let fields = Fields::of_form(parts.uri.query().unwrap_or_default().as_bytes())?;
        Ok(Self(read(fields)?))
    }
}
