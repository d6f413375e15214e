//! `/account/delete`: says what goes with the account, and deletes it.

use askama::Template;
use axum::response::Response;
use vestibule_core::account::{ListSoleAdminOf, ShowAccount, delete_account};
use vestibule_core::{Code, Problem};

use super::super::context::{PageContext, PageResult, with_site_data_cleared};
use super::super::form::Form;
use super::super::layout::Layout;
use super::security::current_password;
use crate::site_data::OutdatedCookies;

/// Names on the page; more are counted.
const MAX_NAMES: usize = 20;

#[derive(Template)]
#[template(path = "account/delete.html")]
struct Page {
    layout: Layout,
    /// The primary address; empty if the user has none.
    account: String,
    /// The organizations that the user leaves.
    organizations: Vec<String>,
    more_organizations: usize,
    /// Organizations and workspaces that need another admin first.
    sole_admin_of: Vec<String>,
    has_password: bool,
    is_wrong_word: bool,
}

pub(super) async fn show(cx: PageContext) -> Response {
    page(&cx, None, false).await
}

async fn page(cx: &PageContext, error: Option<&Problem>, is_wrong_word: bool) -> Response {
    match load(cx, is_wrong_word).await {
        Ok(mut page) => {
            // A field of the page says so.
            if !is_wrong_word {
                page.layout = page.layout.with_error(error);
            }
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext, is_wrong_word: bool) -> PageResult<Page> {
    let account = cx.query(ShowAccount).await?;
    let memberships = cx.memberships().await?;
    let names = memberships.iter().map(|own| own.organization.name.clone());
    Ok(Page {
        layout: cx.layout(cx.words.delete_account_title(), true),
        account: account.user.email.unwrap_or_default(),
        organizations: names.take(MAX_NAMES).collect(),
        more_organizations: memberships.len().saturating_sub(MAX_NAMES),
        sole_admin_of: cx.query(ListSoleAdminOf).await?,
        has_password: account.account.has_password,
        is_wrong_word,
    })
}

/// Requires the password, or a typed confirmation word if the account has none.
pub(super) async fn delete(cx: PageContext, outdated_cookies: OutdatedCookies, form: Form) -> Response {
    let password = current_password(&form);
    if password.is_none() && form.text("word").trim().to_lowercase() != cx.words.delete_confirmation_word() {
        return page(&cx, Some(&Code::InvalidField.into()), true).await;
    }
    match delete_account(cx.app.service(), &cx.caller, password).await.result {
        Ok(()) => with_site_data_cleared(cx.redirect_with_flash("/sign-in", "account_deleted"), &outdated_cookies),
        Err(problem) => page(&cx, Some(&problem), false).await,
    }
}
