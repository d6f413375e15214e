//! The stylesheet and the scripts. Their URLs contain a content hash (`?v=`), so browsers may cache them without limit.

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;

use crate::routes::Routes;

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/script.js");
/// The icon of browser tabs, if the brand has none.
pub(super) const ICON: &[u8] = include_bytes!("../../assets/favicon.ico");
/// Pages that must not be indexed say so themselves, which crawlers only see if they may read them.
const ROBOTS: &str = "User-agent: *\nDisallow:\n";
const CHALLENGE_SCRIPT: &str = include_str!("../../assets/challenge.js");
const INVITE_SCRIPT: &str = include_str!("../../assets/invite.js");
const PASSKEYS_SCRIPT: &str = include_str!("../../assets/passkeys.js");

/// The content hash in the URLs of the stylesheet and the script.
pub(super) const VERSION: u64 = fingerprint(STYLE.as_bytes()) ^ fingerprint(SCRIPT.as_bytes()).rotate_left(1);

/// The content hash in the URL of the challenge's script.
pub(super) const CHALLENGE_VERSION: u64 = fingerprint(CHALLENGE_SCRIPT.as_bytes());

/// The content hash in the URL of the invitation form's script.
pub(super) const INVITE_VERSION: u64 = fingerprint(INVITE_SCRIPT.as_bytes());

/// The content hash in the URL of the script of passkeys.
pub(super) const PASSKEYS_VERSION: u64 = fingerprint(PASSKEYS_SCRIPT.as_bytes());

/// FNV-1a. A cache key needs no cryptographic hash.
pub(super) const fn fingerprint(bytes: &[u8]) -> u64 {
    let (mut hash, mut index) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/pages/style.css", async || asset("text/css; charset=utf-8", STYLE))
        .get("/pages/script.js", async || asset("text/javascript; charset=utf-8", SCRIPT))
        .get("/robots.txt", robots)
        .get("/pages/challenge.js", async || asset("text/javascript; charset=utf-8", CHALLENGE_SCRIPT))
        .get("/pages/invite.js", async || asset("text/javascript; charset=utf-8", INVITE_SCRIPT))
        .get("/pages/passkeys.js", async || asset("text/javascript; charset=utf-8", PASSKEYS_SCRIPT))
}

/// The URL has no content hash, so that browsers and crawlers ask again.
async fn robots() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    (headers, ROBOTS)
}

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, text)
}
