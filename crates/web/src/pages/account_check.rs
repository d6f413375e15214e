//! Forms name the account that they were made for. All tabs of a browser share one session, so that the account may be
//! another one when a form arrives: then nothing runs, and a page says so.
//!
//! [`PageContext::render`] adds the account to every form of the pages below `/organizations` and `/account`, and to those
//! of an invitation that are for the active account: as the field `account`, or in the query of a form with a file, whose
//! body only its handler reads. [`Form`] and [`PageContext`] check it.

use std::fmt::Write;

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
const PAGES: [&str; 4] = ["/organizations", "/account", "/choose-organization", "/invite"];
/// The forms of an invitation that are for the active account. The others sign in or up, or are for any account.
const INVITATION_ACTIONS: [&str; 3] = ["/invite/accept", "/invite/add-address", "/invite/request-invitation"];

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
        continue_url: continue_url(return_to).to_owned(),
        return_to: return_to.to_owned(),
        former,
        current,
    };
    Err(cx.render(StatusCode::CONFLICT, &page))
}

fn continue_url(return_to: &str) -> &'static str {
    let pages = ["/account", "/invite"];
    pages.into_iter().find(|page| return_to.starts_with(page)).unwrap_or("/organizations")
}

/// Returns a page that the form may have been on: the path of a form itself cannot be opened.
fn page_path(cx: &PageContext) -> String {
    match cx.organization_in_path() {
        Some(organization) => format!("/organizations/{organization}"),
        None => continue_url(&cx.path_and_query).to_owned(),
    }
}

/// Adds the account to the forms of a page that change something. Text of users cannot be mistaken for forms, because
/// its angle brackets are escaped.
pub(super) fn add_to_forms(html: String, path: &str, account: Option<UserId>) -> String {
    let Some(account) = account.filter(|_| PAGES.iter().any(|page| path.starts_with(page))) else { return html };
    let Some(main) = html.find("<main") else { return html };
    // The form in the footer is for no account.
    let end = html.rfind("</main>").unwrap_or(html.len());
    let Some(mut rest) = html.get(main..end) else { return html };
    let mut page = String::with_capacity(html.len() + 2048);
    page.push_str(&html[..main]);
    while let Some(end) = rest.find("</form>") {
        let (form, after) = rest.split_at(end);
        match Method::of(form) {
            Method::Post => {
                page.push_str(form);
                _ = write!(page, "<input type=\"hidden\" name=\"{FIELD}\" value=\"{account}\">");
            }
            Method::PostFile { action_end } => {
                let (head, tail) = form.split_at(action_end);
                _ = write!(page, "{head}?{FIELD}={account}{tail}");
            }
            Method::Other => page.push_str(form),
        }
        page.push_str("</form>");
        rest = &after["</form>".len()..];
    }
    page.push_str(rest);
    page.push_str(&html[end..]);
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
        let is_action = |action: &&str| tag.contains(&format!("action=\"{action}\""));
        let is_for_any_account = tag.contains("action=\"/invite") && !INVITATION_ACTIONS.iter().any(is_action);
        if !is_post || is_for_any_account || text[start..].contains("name=\"account\"") {
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
        "<form method=\"post\" action=\"/language\"></form>",
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
    fn forms_of_an_invitation_name_the_account_that_they_are_for() {
        let form = |action: &str| format!("<main><form method=\"post\" action=\"/invite/{action}\"></form></main>");
        for (action, is_for_account) in
            [("request-invitation", true), ("accept", true), ("sign-in", false), ("code", false)]
        {
            let page = add_to_forms(form(action), "/invite?invitation=1", Some(UserId::from(7)));
            assert_eq!(page.contains("name=\"account\""), is_for_account, "{action}");
        }
    }

    #[test]
    fn other_pages_are_unchanged() {
        assert_eq!(add_to_forms(PAGE.to_owned(), "/sign-in", Some(UserId::from(7))), PAGE);
        assert_eq!(add_to_forms(PAGE.to_owned(), "/account", None), PAGE);
    }
}
