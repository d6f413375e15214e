//! Extractors for a request's body and query.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use vestibule_core::execution::{Context, Query as CoreQuery};
use vestibule_core::permission::Requirement;
use vestibule_core::scope::ScopeRequirement;
use vestibule_core::{Code, Problem};

use super::fields::FieldMap;
use super::large_bodies::{BodySender, LargeBodyPermit};
use super::reader::FieldReader;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;

const MAX_BODY_BYTES: usize = 64 * 1024;
/// For calls that accept an image.
pub(crate) const MAX_IMAGE_BODY_BYTES: usize = 5 * 1024 * 1024;

/// A type that is parsed from the fields of a body or query.
pub(crate) trait FromFields: Sized {
    /// True if unknown fields are ignored, because existing clients send additional ones. Calls where a misspelled
    /// field would do harm reject them.
    const ALLOW_UNKNOWN_FIELDS: bool = false;
    /// True if a multipart body may contain an image, which raises the size limit.
    const ACCEPTS_IMAGE: bool = false;
    /// The most bytes of a body without an image.
    const MAX_BYTES: usize = MAX_BODY_BYTES;
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
/// `BUSY` while too many images are uploaded; `UNSUPPORTED_MEDIA_TYPE`; `BAD_REQUEST_BODY`; `UNKNOWN_FIELD`; and the
/// errors of the type.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest<App> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let content_type = content_type(&parts.headers);
        let admission = if T::ACCEPTS_IMAGE && content_type.is_some_and(FieldMap::can_contain_files) {
            Admission::image(app, &parts).await?
        } else if T::MAX_BYTES > MAX_BODY_BYTES {
            Admission::large(app, &parts, T::MAX_BYTES).await?
        } else {
            Admission::small(&parts)?
        };
        let mut fields = FieldMap::parse_body(content_type, read_body(body, admission.limit).await?).await?;
        let mut permit = admission.permit;
        if T::ACCEPTS_IMAGE && permit.is_none() && has_api_key(&parts) && fields.has_file() {
            permit = Some(app.large_bodies().admit(sender(app, &parts).await?)?);
        }
        // The permit of an image is held until the image is stored.
        if let Some(permit) = permit.map(Arc::new) {
            fields.map_files(|file| permit.attach(file));
        }
        Ok(Self(parse(fields)?))
    }
}

/// Returns the content type. One that is not text becomes a value that no parser supports.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text"))
}

/// Reads a body of up to 64 KiB. Errors: those of [`Admission::small`] and [`read_body`].
pub(crate) async fn read_small_body(parts: &Parts, body: axum::body::Body) -> Result<Bytes, Refusal> {
    read_body(body, Admission::small(parts)?.limit).await
}

/// Reads the body of a form of up to 64 KiB. Returns its text fields, and the body for another extractor.
///
/// # Errors
/// Those of [`read_small_body`]; `UNSUPPORTED_MEDIA_TYPE`; `BAD_REQUEST_BODY`.
pub(crate) async fn read_form_body(
    parts: &Parts,
    body: axum::body::Body,
) -> Result<(Vec<(String, String)>, Bytes), Refusal> {
    let content_type = content_type(&parts.headers);
    let bytes = read_small_body(parts, body).await?;
    let fields = FieldMap::parse_body(content_type, bytes.clone()).await?;
    Ok((FieldReader::new(fields).all_texts(MAX_BODY_BYTES)?, bytes))
}

/// Reads a body of up to `limit` bytes.
///
/// # Errors
/// `BODY_TOO_LARGE`; `BAD_REQUEST_BODY` if the connection breaks.
pub(crate) async fn read_body(body: axum::body::Body, limit: usize) -> Result<Bytes, Refusal> {
    let collected = Limited::new(body, limit).collect().await.map_err(|error| {
        let is_large = error.downcast_ref::<LengthLimitError>().is_some();
        Refusal(if is_large { Code::BodyTooLarge } else { Code::BadRequestBody }.into())
    })?;
    Ok(collected.to_bytes())
}

/// The decision, made before a body is read, how much of it is read.
#[derive(Debug)]
pub(crate) struct Admission {
    /// In bytes.
    pub(crate) limit: usize,
    pub(crate) permit: Option<LargeBodyPermit>,
}

impl Admission {
    /// Up to 64 KiB, for any caller.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` if a larger length is declared.
    pub(crate) fn small(parts: &Parts) -> Result<Self, Refusal> {
        Self::new(MAX_BODY_BYTES, None, declared_length(&parts.headers))
    }

    /// Up to `max` bytes for signed-in callers and API keys, with a permit, and 64 KiB for others. The caller is only
    /// checked if the declared length is larger than 64 KiB or missing.
    ///
    /// # Errors
    /// `UNAUTHORIZED` if a larger length is declared and the caller is not signed in; `BODY_TOO_LARGE`; `BUSY` without
    /// a free permit.
    pub(crate) async fn large(app: &App, parts: &Parts, max: usize) -> Result<Self, Refusal> {
        let declared = declared_length(&parts.headers);
        if declared.is_some_and(is_small) {
            return Self::small(parts);
        }
        match sender(app, parts).await {
            Ok(sender) => Self::of_sender(app, sender, max, declared),
            Err(_) if declared.is_none() => Self::small(parts),
            Err(problem) => Err(Refusal(problem)),
        }
    }

    /// Like [`Self::large`], for a multipart body. A signed-in caller needs a permit for any length, because a short
    /// file can have many pixels. A backend sends most of its multipart bodies without a file, so a short one of an API
    /// key needs a permit only if it has one.
    async fn image(app: &App, parts: &Parts) -> Result<Self, Refusal> {
        let declared = declared_length(&parts.headers);
        let is_small = declared.is_some_and(is_small);
        if is_small && has_api_key(parts) {
            return Self::small(parts);
        }
        match sender(app, parts).await {
            Ok(sender) => {
                let max = if is_small { MAX_BODY_BYTES } else { MAX_IMAGE_BODY_BYTES };
                Self::of_sender(app, sender, max, declared)
            }
            // The command refuses the caller before it decodes anything.
            Err(_) if is_small || declared.is_none() => Self::small(parts),
            Err(problem) => Err(Refusal(problem)),
        }
    }

    fn of_sender(app: &App, sender: BodySender, max: usize, declared: Option<u64>) -> Result<Self, Refusal> {
        let mut admission = Self::new(max, None, declared)?;
        admission.permit = Some(app.large_bodies().admit(sender)?);
        Ok(admission)
    }

    fn new(limit: usize, permit: Option<LargeBodyPermit>, declared: Option<u64>) -> Result<Self, Refusal> {
        if declared.is_some_and(|length| length > limit as u64) {
            return Err(Refusal(Code::BodyTooLarge.into()));
        }
        Ok(Self { limit, permit })
    }
}

fn is_small(length: u64) -> bool {
    length <= MAX_BODY_BYTES as u64
}

fn has_api_key(parts: &Parts) -> bool {
    CurrentCaller::from_parts(parts).0.api_key.is_some()
}

async fn sender(app: &App, parts: &Parts) -> Result<BodySender, Problem> {
    app.query(&CurrentCaller::from_parts(parts).0, FindSender).await.result
}

/// Finds the signed-in user or the API key of the caller.
struct FindSender;

impl CoreQuery for FindSender {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = BodySender;

    async fn run(&self, cx: &mut Context<'_>) -> Result<BodySender, Problem> {
        match &cx.api_key {
            Some(key) => Ok(BodySender::ApiKey(key.id)),
            None => cx.user().map(BodySender::User),
        }
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
