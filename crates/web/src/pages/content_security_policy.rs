//! The `Content-Security-Policy` of pages.

use std::collections::BTreeSet;

use vestibule_core::settings::Settings;

use super::theme;

/// Allows only files of this server, images of the configured image host and the brand, and form targets on this server,
/// an allowed origin or the application. `form-action` includes the origins because browsers also apply it to redirects
/// after a form.
pub(super) fn content_security_policy(settings: &Settings) -> String {
    let image_host = settings.images.public_url.as_deref().unwrap_or_default();
    let image_host = image_host.split('/').take(3).collect::<Vec<_>>().join("/");
    let image_origins = std::iter::once(image_host.as_str()).chain(theme::image_origins(&settings.branding));
    let image_origins = image_origins.filter(|origin| !origin.is_empty());
    let image_origins = image_origins.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ");
    let targets = settings.app.redirect_targets().map(|page| page.origin().as_str());
    let origins =
        settings.other_origins().chain(targets).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {image_origins}; connect-src 'self'; \
         form-action 'self' {origins}; base-uri 'none'; frame-ancestors 'none'"
    )
}
