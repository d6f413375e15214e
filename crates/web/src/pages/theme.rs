//! The look of the brand: `theme.css`, which sets the variables of `style.css`, and the logo and icon.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use vestibule_core::Code;
use vestibule_core::settings::{BrandImage, BrandImageFormat, Branding, Color, ImageContent, LOGO_PATH};

use super::assets::{ICON, fingerprint};
use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

const LOGO_DARK_PATH: &str = "/pages/logo-dark";
const ICON_PATH: &str = "/pages/icon";
const LIGHT_SURFACE: Color = Color::WHITE;
const DARK_SURFACE: Color = Color::DARK_BACKGROUND;
/// How much of the accent color a tinted background has.
const TINT: f64 = 0.12;

/// The URLs of the brand's files, each with a content hash, and the text of `theme.css`.
#[derive(Clone, Debug)]
pub(crate) struct Theme {
    css: String,
    pub(super) css_url: String,
    pub(super) logo: Option<String>,
    pub(super) logo_dark: Option<String>,
    pub(super) icon: String,
}

impl Theme {
    pub(crate) fn new(branding: &Branding) -> Self {
        let css = css(branding);
        Self {
            css_url: format!("/pages/theme.css?v={}", fingerprint(css.as_bytes())),
            css,
            logo: branding.logo.as_ref().map(|image| url(image, LOGO_PATH)),
            logo_dark: branding.logo_dark.as_ref().map(|image| url(image, LOGO_DARK_PATH)),
            icon: branding.icon.as_ref().map_or_else(|| "/favicon.ico".to_owned(), |image| url(image, ICON_PATH)),
        }
    }
}

/// The variables of the brand. A high contrast or a print keeps them: the colors are checked when the settings are read.
fn css(branding: &Branding) -> String {
    let variables = |accent: Color, surface: Color| {
        let (text, tint) = (accent.text(), accent.mixed_with(surface, TINT));
        format!("--accent: {accent}; --on-accent: {text}; --tint: {tint};")
    };
    format!(
        ":root {{ {} --radius: {}px; }}\n@media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n",
        variables(branding.accent_color, LIGHT_SURFACE),
        branding.corner_radius,
        variables(branding.accent_color_dark, DARK_SURFACE),
    )
}

fn url(image: &BrandImage, path: &str) -> String {
    match (image, image.content()) {
        (BrandImage::Url(url), _) => url.as_str().to_owned(),
        (BrandImage::File(_), Some(content)) => format!("{path}?v={}", fingerprint(&content.bytes)),
        (BrandImage::File(_), None) => path.to_owned(),
    }
}

/// Returns the origins of images on other servers, for the content security policy.
pub(super) fn image_origins(branding: &Branding) -> impl Iterator<Item = &str> {
    let images = [&branding.logo, &branding.logo_dark, &branding.icon];
    images.into_iter().flatten().filter_map(|image| match image {
        BrandImage::Url(url) => Some(url.origin().as_str()),
        BrandImage::File(_) => None,
    })
}

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/pages/theme.css", async |State(app): State<App>| stylesheet(&app))
        .get(LOGO_PATH, async |State(app): State<App>| image(&app, |branding| &branding.logo))
        .get(LOGO_DARK_PATH, async |State(app): State<App>| image(&app, |branding| &branding.logo_dark))
        .get(ICON_PATH, async |State(app): State<App>| image(&app, |branding| &branding.icon))
        .get("/favicon.ico", async |State(app): State<App>| favicon(&app))
}

fn stylesheet(app: &App) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, app.theme().css.clone()).into_response()
}

fn image(app: &App, field: fn(&Branding) -> &Option<BrandImage>) -> Response {
    match field(&app.settings().branding).as_ref().and_then(BrandImage::content) {
        Some(content) => served(content),
        None => Refusal(Code::RouteNotFound.into()).into_response(),
    }
}

/// Browsers ask for it on their own, also for documents without a link to the icon.
fn favicon(app: &App) -> Response {
    match app.settings().branding.icon.as_ref().and_then(BrandImage::content) {
        Some(content) => served(content),
        None => served(&ImageContent { format: BrandImageFormat::Ico, bytes: ICON.to_vec() }),
    }
}

/// A day, because mail has the URL without a content hash. The policy disables scripts and links to other servers of an
/// SVG image that is opened by itself; mail programs and pages of other origins may embed it.
fn served(content: &ImageContent) -> Response {
    const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(content.format.media_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ]);
    (headers, content.bytes.clone()).into_response()
}
