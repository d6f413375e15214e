//! The backup codes of the caller. A page shows them once: right after they were made.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::second_factor::GenerateBackupCodes;
use vestibule_core::session::SessionDetails;

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::organization::Confirmation;
use super::{PAGE, destination, page_url, page_with_error};

#[derive(Template)]
#[template(path = "account/backup_codes.html")]
struct Page {
    layout: Layout,
    codes: Vec<String>,
    /// The codes, one a line.
    text: String,
    /// The content of the file.
    file: String,
    return_to: String,
}

/// Makes the first codes when an authenticator app was set up, and leads on.
pub(super) async fn offer(cx: &PageContext, form: &Form) -> Response {
    let t = cx.words;
    let (key, flash) = if form.is_checked("replaces") {
        ("authenticator_replaced", t.flash_authenticator_replaced())
    } else {
        ("authenticator_added", t.flash_authenticator_added())
    };
    match cx.run(GenerateBackupCodes { replaces: false }).await {
        Ok(codes) => codes_page(cx, codes, destination(cx, form), Some(flash)).await,
        // Most likely there are some. Otherwise the page offers to make them.
        Err(_) => cx.redirect_with_flash(&destination(cx, form), key),
    }
}

pub(super) async fn generate(cx: PageContext, form: Form) -> Response {
    let t = cx.words;
    let replaces = form.is_checked("replaces");
    let path = "/account/security/backup-codes";
    let confirmation = Confirmation::new(t.backup_codes_replace_title(), t.backup_codes_replace(), path, PAGE)
        .paragraph(t.backup_codes_replace_warning())
        .hidden_field("replaces", "yes");
    if replaces && let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    match cx.run(GenerateBackupCodes { replaces }).await {
        Ok(codes) => codes_page(&cx, codes, page_url(&form).to_owned(), None).await,
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

async fn codes_page(cx: &PageContext, codes: Vec<String>, return_to: String, flash: Option<String>) -> Response {
    let session = match cx.session().await {
        Ok(session) => session,
        Err(response) => return response,
    };
    let active = session.as_ref().and_then(SessionDetails::active);
    let account = active.and_then(|active| active.user.email.clone()).unwrap_or_default();
    let (t, text) = (cx.words, codes.join("\n"));
    let layout = cx.layout(t.backup_codes_title(), true);
    let page = Page {
        layout: match flash {
            Some(flash) => layout.with_flash(flash),
            None => layout,
        },
        file: format!("{}\n\n{text}\n", t.backup_codes_file(&cx.app.settings().name, &account)),
        codes,
        text,
        return_to,
    };
    cx.render(StatusCode::OK, &page)
}
