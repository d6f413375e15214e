//! Hosted pages: the browser interface to the commands and queries of the API.
//!
//! Only the core checks permissions. Pages are plain forms (POST, redirect, GET) that work without a script; a failed
//! POST renders the form again with the error. The token of a mailed invitation or sign-in link, and that of a
//! setup link, is in the URL's fragment, which browsers do not send; the script posts it. Only the unsubscribe token is part of a path, as RFC 8058
//! requires.

mod account;
mod account_check;
mod assets;
mod challenge;
mod content_security_policy;
mod context;
mod error_page;
mod flash;
mod form;
mod frame;
mod invite;
mod language;
mod layout;
mod mfa;
mod notifications;
mod organization;
mod organizations;
mod page_path;
mod passkeys;
mod password_reset;
mod reauthentication;
mod relative_time;
mod security_notice;
mod setup;
mod sign_in;
mod sign_up;
pub(crate) mod single_sign_on;
mod theme;
mod typed_address;
mod words;

pub(crate) use context::PageContext;
pub(crate) use error_page::refusal_page;
pub(crate) use theme::Theme;

use crate::routes::Routes;

/// Returns the routes of all pages.
pub(crate) fn pages() -> Routes {
    Routes::default()
        .merge(assets::routes())
        .merge(theme::routes())
        .merge(invite::routes())
        .merge(sign_in::routes())
        .merge(sign_up::routes())
        .merge(single_sign_on::routes())
        .merge(password_reset::routes())
        .merge(security_notice::routes())
        .merge(setup::routes())
        .merge(notifications::routes())
        .merge(organizations::routes())
        .merge(organization::routes())
        .merge(account::routes())
        .merge(mfa::routes())
        .merge(language::routes())
}
