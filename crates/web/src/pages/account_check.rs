//! Forms name the account that they were made for. All tabs of a browser share one session, so that the account may be
//! another one when a form arrives: then nothing runs, and a page says so.
//!
//! [`PageContext::render`] adds the account to every form of the pages below `/organizations` and `/account`: as the field
//! `account`, or in the query of a form with a file, whose body only its handler reads. [`Form`] and [`PageContext`]
//! check it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::id::UserId;

use super::context::PageContext;
use super::form::Form;
use super::frame::HeaderAccount;
use super::layout::Layout;

const FIELD: &str = "account";

/// Pages whose forms change something of the account, or of an organization on its behalf.
const PAGES: [&str; 3] = ["/organizations", "/account", "/choose-organization"];

#[derive(Template)]
#[template(path = "account_switched.html")]
struct Page {
    layout: Layout,
    explanation: String,
    /// The account of the form, if it is still signed in.
    former: Option<HeaderAccount>,
    current: HeaderAccount,
    return_to: String,
    continue_url: String,
}

/// Returns the page that says that the account was switched, if the form was made for another one.
pub(super) fn reject_other_account(cx: &PageContext, form: &Form) -> Result<(), Response> {
    check(cx, form.text(FIELD), form.return_path(&page_path(cx)))
}

/// Like [`reject_other_account`], for the account in the query.
pub(super) fn reject_other_account_in_query(cx: &PageContext) -> Result<(), Response> {
    check(cx, &cx.query_param(FIELD), &page_path(cx))
}

fn check(cx: &PageContext, account: &str, return_to: &str) -> Result<(), Response> {
    // Without a session, the command refuses the caller.
    let Some(current) = cx.frame().account_id().filter(|_| !account.is_empty()) else { return Ok(()) };
    let former = account.parse::<UserId>().ok();
    if former == Some(current) {
        return Ok(());
    }
    let image_url = |stored: &str| cx.app.response_context().image_url(stored);
    let Some(current) = cx.frame().signed_in_account(current, image_url) else { return Ok(()) };
    let former = former.and_then(|former| cx.frame().signed_in_account(former, image_url));
    let t = cx.words;
    let page = Page {
        layout: cx.layout(t.account_switched_title(), true),
        explanation: match &former {
            Some(former) => t.account_switched(former.label(), current.label()),
            None => t.account_switched_from_other(current.label()),
        },
        continue_url: if return_to.starts_with("/account") { "/account" } else { "/organizations" }.to_owned(),
        return_to: return_to.to_owned(),
        former,
        current,
    };
    Err(cx.render(StatusCode::CONFLICT, &page))
}

/// Returns a page that the form may have been on: the path of a form itself cannot be opened.
fn page_path(cx: &PageContext) -> String {
    match cx.organization_in_path() {
        Some(organization) => format!("/organizations/{organization}"),
        None if cx.path_and_query.starts_with("/account") => "/account".to_owned(),
        None => "/organizations".to_owned(),
    }
}

/// Adds the account to the forms of a page that change something. Text of users cannot be mistaken for forms, because
/// its angle brackets are escaped.
pub(super) fn add_to_forms(html: String, path: &str, account: Option<UserId>) -> String {
    let Some(account) = account.filter(|_| PAGES.iter().any(|page| path.starts_with(page))) else { return html };
    let Some(main) = html.find("<main") else { return html };
    let account = account.to_string();
    let (mut page, mut rest) = (String::with_capacity(html.len() + 2048), html.as_str());
    let (before, after) = rest.split_at(main);
    page.push_str(before);
    rest = after;
    while let Some(end) = rest.find("</form>") {
        let (form, after) = rest.split_at(end);
        match Method::of(form) {
            Method::Post => {
                page.push_str(form);
                page.extend(["<input type=\"hidden\" name=\"", FIELD, "\" value=\"", &account, "\">"]);
            }
            Method::PostFile { action_end } => {
                let (head, tail) = form.split_at(action_end);
                page.extend([head, "?", FIELD, "=", &account, tail]);
            }
            Method::Other => page.push_str(form),
        }
        page.push_str("</form>");
        rest = &after["</form>".len()..];
    }
    page.push_str(rest);
    page
}

/// What a form does, of which the text up to its end is known.
enum Method {
    Post,
    /// Posts a file to an action without a query, which ends at this position of the text.
    PostFile {
        action_end: usize,
    },
    /// Reads, switches the account, or names the account itself.
    Other,
}

impl Method {
    fn of(text: &str) -> Self {
        const ACTION: &str = " action=\"";
        let Some(start) = text.rfind("<form") else { return Self::Other };
        let Some(tag) = text[start..].split('>').next() else { return Self::Other };
        let is_post = tag.contains("method=\"post\"") && !tag.contains("action=\"/sign-");
        if !is_post || text[start..].contains("name=\"account\"") {
            return Self::Other;
        }
        if !tag.contains("multipart/form-data") {
            return Self::Post;
        }
        let action = tag.find(ACTION).map(|found| start + found + ACTION.len());
        let end = action.and_then(|action| Some(action + text[action..].find('"')?));
        end.map_or(Self::Other, |action_end| Self::PostFile { action_end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        "<form method=\"post\" action=\"/sign-out\"></form><main>",
        "<form method=\"get\" action=\"/a\"></form><form class=\"x\" method=\"post\" action=\"/b\"><button>B</button></form>",
        "<form method=\"post\" action=\"/c\" enctype=\"multipart/form-data\"><input type=\"file\"></form>",
        "<form method=\"post\" action=\"/sign-in/switch\"></form></main>",
    );

    #[test]
    fn forms_that_change_something_name_the_account() {
        let page = add_to_forms(PAGE.to_owned(), "/organizations/1", Some(UserId::from(7)));
        let expected = PAGE
            .replace("B</button>", "B</button><input type=\"hidden\" name=\"account\" value=\"7\">")
            .replace("\"/c\"", "\"/c?account=7\"");
        assert_eq!(page, expected);
        // Once.
        let again = add_to_forms(page.clone(), "/organizations/1", Some(UserId::from(7)));
        assert_eq!(again.matches("name=\"account\"").count(), 1);
    }

    #[test]
    fn other_pages_are_unchanged() {
        assert_eq!(add_to_forms(PAGE.to_owned(), "/sign-in", Some(UserId::from(7))), PAGE);
        assert_eq!(add_to_forms(PAGE.to_owned(), "/account", None), PAGE);
    }
}
