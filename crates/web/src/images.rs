//! Uploaded images: storing an upload, the URL of a stored image, and the route that serves images.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use vestibule_core::execution::Caller;
use vestibule_core::image_store::{CACHE_CONTROL_IMMUTABLE, ImageName};
use vestibule_core::images::{Change, ImageOwner, upload};
use vestibule_core::{Code, Problem};

use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// `frame-ancestors` does not concern `<img>`.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
);
/// Pages of other origins may embed images; active content in them is disabled.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL_IMMUTABLE)),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

/// An image field of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ImageField {
    #[default]
    Missing,
    /// The text `null`: the current image is removed.
    Null,
    File(Bytes),
}

impl ImageField {
    /// The removal of the image, if that is asked for and there is no new one.
    pub(crate) fn or_removed(self, is_removed: bool) -> Self {
        if self == Self::Missing && is_removed { Self::Null } else { self }
    }
}

/// Stores an uploaded file and returns the change for the command. Errors: those of [`upload`].
pub(crate) async fn store_upload(
    app: &App,
    caller: &Caller,
    subject: ImageOwner,
    field: ImageField,
) -> Result<Change, Refusal> {
    match field {
        ImageField::Missing => Ok(Change::Keep),
        ImageField::Null => Ok(Change::Clear),
        ImageField::File(bytes) => Ok(Change::Set(upload(app.service(), caller, subject, bytes).await?)),
    }
}

/// Images need no permission: their names are random, and colleagues see them anyway.
pub(crate) fn routes() -> Routes {
    Routes::default().get("/images/{name}", show)
}

async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let name: ImageName = name.parse().map_err(|_| Refusal(Code::RouteNotFound.into()))?;
    let bytes = app.service().images.read(&name).await?;
    let bytes = bytes.ok_or(Problem::from(Code::RouteNotFound))?;
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(name.format().media_type()))];
    // The name is the server's own: hexadecimal digits and an extension.
    let disposition =
        HeaderValue::from_str(&format!("inline; filename=\"{}\"", name.as_str())).map_err(Problem::internal)?;
    Ok((media_type, [(header::CONTENT_DISPOSITION, disposition)], HEADERS, bytes).into_response())
}
