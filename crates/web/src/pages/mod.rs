//! Hosted pages: for people who would rather look than call.
//!
//! A page runs the same commands and queries that the API does, and nothing else decides what is allowed. It works as plain
//! forms: a POST does something and sends its browser on to a GET; what is refused comes back as the page it was asked on,
//! with the reason. A little script makes it smoother. No page has a secret in its URL: what a mailed link carries behind
//! its `#` goes into a cookie of its own, which only these pages get.

mod account;
mod asked;
mod assets;
mod form;
mod frame;
mod invite;
mod moment;
mod organization;
mod organizations;
mod reset;
mod sign_in;
mod sign_up;
mod words;

use crate::routes::Routes;

/// Every page.
pub(crate) fn pages() -> Routes {
    Routes::default()
        .merge(assets::routes())
        .merge(invite::routes())
        .merge(sign_in::routes())
        .merge(sign_up::routes())
        .merge(reset::routes())
        .merge(organizations::routes())
        .merge(organization::routes())
        .merge(account::routes())
}
