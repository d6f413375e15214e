//! Images: from an upload to what a command is told, from a name to its URL, and the page that shows one.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use vestibule_core::context::Caller;
use vestibule_core::images::{CACHED, Change, ImageName, Subject, keep};
use vestibule_core::settings::Settings;
use vestibule_core::{Code, Problem};

use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

/// Where this server shows images itself.
const FOLDER: &str = "/images/";
/// It is shown on pages of other origins, and nothing in it runs.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static(CACHED)),
    (header::CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

/// What a request says of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Nothing.
    #[default]
    Nothing,
    /// That there shall be none: the text `null` (contract A.6).
    None,
    /// This file.
    File(Bytes),
}

/// Keeps what was sent, and says what the command is to do about it. Errors: those of [`keep`].
pub(crate) async fn received(app: &App, caller: &Caller, subject: Subject, sent: Sent) -> Result<Change, Refusal> {
    match sent {
        Sent::Nothing => Ok(Change::Keep),
        Sent::None => Ok(Change::Clear),
        Sent::File(bytes) => Ok(Change::To(keep(app.service(), caller, subject, bytes).await?)),
    }
}

/// Where browsers find the image that is stored under a name; empty for none.
pub(crate) fn url(settings: &Settings, stored: &str) -> String {
    match &settings.images.public_url {
        _ if stored.is_empty() => String::new(),
        Some(elsewhere) => format!("{elsewhere}{stored}"),
        None => format!("{}{FOLDER}{stored}", settings.public_url.as_str()),
    }
}

/// The route. Whoever knows a name may look: names are random, and what they show is shown to everybody's colleagues.
pub(crate) fn routes() -> Routes {
    Routes::default().get("/images/{name}", show)
}

async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let name: ImageName = name.parse().map_err(|_| Refusal(Code::RouteNotFound.into()))?;
    let found = app.service().images.read(&name).await?;
    let bytes = found.ok_or(Problem::from(Code::RouteNotFound))?;
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(name.format().media_type()))];
    Ok((media_type, HEADERS, bytes).into_response())
}
