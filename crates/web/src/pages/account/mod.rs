//! `/account`: the caller's profile, addresses, password and sign-ins.

mod addresses;
mod connections;
mod delete;
mod factors;
mod notifications;
mod security;

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::account::{ShowAccount, Update, UsernameChange};
use vestibule_core::caller::{UNKNOWN_ADDRESS_TEXT, browser_name};
use vestibule_core::id::{EmailAddressId, SignInId};
use vestibule_core::images::ImageOwner;
use vestibule_core::listing::Position;
use vestibule_core::names::{PersonName, Username, full_name};
use vestibule_core::notification::{NotificationPreferences, ShowPreferences};
use vestibule_core::session::{ListLastUsed, ListSignIns, SignIn, SignInCursor};

use self::connections::ConnectionList;
use super::context::{PageContext, PageResult, see_other};
use super::error_page::rejection_page;
use super::form::Form;
use super::frame::initials;
use super::layout::Layout;
use super::reauthentication::{Action, protected};
use crate::api::me::update::Picture;
use crate::envelope::Refusal;
use crate::extract::Body;
use crate::images;
use crate::routes::Routes;

/// Sign-ins per page. The page has other sections.
const SIGN_INS_PER_PAGE: u32 = 25;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/account", show)
        // https://www.w3.org/TR/change-password-url/
        .get("/.well-known/change-password", async || see_other("/account#password"))
        .post("/account/profile", protected(Action::ChangeUsername, update_profile))
        .post("/account/picture", update_picture)
        .post("/account/addresses", protected(Action::AddAddress, addresses::add))
        .get("/account/addresses/{id}/verify", addresses::show_code)
        .post("/account/addresses/{id}/verify", addresses::send_code)
        .post("/account/addresses/{id}/code", protected(Action::VerifyAddress, addresses::verify_code))
        .post("/account/addresses/{id}/primary", protected(Action::MakePrimary, addresses::make_primary))
        .post("/account/addresses/{id}/delete", protected(Action::DeleteAddress, addresses::delete))
        .post("/account/password", protected(Action::SetPassword, security::set_password))
        .post("/account/notifications", notifications::update)
        .post("/account/sign-ins/{id}/end", protected(Action::EndSignIn, security::end_sign_in))
        .post("/account/sign-ins/-/end-others", protected(Action::EndOtherSignIns, security::end_other_sign_ins))
        .get("/account/delete", delete::show)
        .post("/account/delete", protected(Action::DeleteAccount, delete::delete))
        .merge(connections::routes())
        .merge(factors::routes())
}

struct AddressView {
    id: EmailAddressId,
    email: String,
    is_primary: bool,
    is_verified: bool,
}

struct SignInView {
    id: SignInId,
    browser: String,
    address: String,
    last_active: String,
    is_current: bool,
    /// Whether another person is signed in as the user.
    is_support: bool,
}

/// A page of the sign-ins, the last used first.
struct SignInList {
    rows: Vec<SignInView>,
    total: String,
    has_others: bool,
    previous: Option<String>,
    next: Option<String>,
}

impl SignInList {
    async fn load(cx: &PageContext) -> PageResult<Self> {
        let cursor = |name: &str| cx.query_param(name).parse::<SignInCursor>().ok();
        let position = Position::from_cursors(cursor("after"), cursor("before"), 1);
        let found = cx.query(ListLastUsed { position, limit: SIGN_INS_PER_PAGE }).await?;
        let (t, url) = (cx.words, |name: &str, cursor: SignInCursor| format!("/account?{name}={cursor}#sessions"));
        let rows = found.sign_ins.into_iter().map(|sign_in| sign_in_view(cx, sign_in, found.current));
        Ok(Self {
            rows: rows.collect(),
            total: if found.total.is_exact {
                t.sessions_count(found.total.count)
            } else {
                t.sessions_more_than(found.total.count)
            },
            has_others: found.total.count > 1,
            previous: found.previous.map(|cursor| url("before", cursor)),
            next: found.next.map(|cursor| url("after", cursor)),
        })
    }
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct Page {
    layout: Layout,
    picture: String,
    initials: String,
    first_name: String,
    last_name: String,
    username: String,
    /// Empty if the user has none.
    primary_address: String,
    addresses: Vec<AddressView>,
    connections: ConnectionList,
    sign_ins: SignInList,
    notifications: NotificationPreferences,
    has_password: bool,
    /// Whether two-factor authentication is on, in words; empty if the caller cannot see it.
    two_factor_state: String,
    is_two_factor_on: bool,
    has_mail: bool,
    min_password_length: usize,
}

async fn show(cx: PageContext) -> Response {
    page(&cx, None).await
}

async fn page(cx: &PageContext, error: Option<&Problem>) -> Response {
    match load(cx).await {
        Ok(mut page) => {
            page.layout = page.layout.with_error_or_password_error(error);
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext) -> PageResult<Page> {
    let account = cx.query(ShowAccount).await?;
    let primary_address = account.addresses.iter().find(|address| address.is_primary);
    let primary_address = primary_address.map(|address| address.email.clone()).unwrap_or_default();
    let addresses = account.addresses.into_iter().map(|address| AddressView {
        id: address.id,
        email: address.email,
        is_primary: address.is_primary,
        is_verified: address.verified_at.is_some(),
    });
    let is_two_factor_on = factors::is_two_factor_on(cx).await;
    let state = |is_on| if is_on { cx.words.two_factor_on() } else { cx.words.two_factor_off() };
    let name = full_name(&account.user.first_name, &account.user.last_name);
    Ok(Page {
        layout: cx.layout(cx.words.account(), true),
        initials: initials(if name.is_empty() { &primary_address } else { &name }),
        notifications: cx.query(ShowPreferences).await?,
        picture: cx.app.response_context().image_url(&account.user.image_url),
        first_name: account.user.first_name,
        last_name: account.user.last_name,
        username: account.user.username.unwrap_or_default(),
        primary_address,
        addresses: addresses.collect(),
        connections: ConnectionList::load(cx).await,
        sign_ins: SignInList::load(cx).await?,
        has_password: account.account.has_password,
        two_factor_state: is_two_factor_on.map(state).unwrap_or_default(),
        is_two_factor_on: is_two_factor_on.unwrap_or_default(),
        has_mail: cx.app.service().sends_mail(),
        min_password_length: cx.app.settings().passwords.minimum_length,
    })
}

fn sign_in_view(cx: &PageContext, sign_in: SignIn, current: SignInId) -> SignInView {
    SignInView {
        id: sign_in.id,
        browser: browser_name(&sign_in.user_agent).unwrap_or_else(|| cx.words.unknown_browser()),
        address: match sign_in.ip_address.as_str() {
            UNKNOWN_ADDRESS_TEXT => cx.words.unknown_address(),
            _ => sign_in.ip_address,
        },
        last_active: cx.words.time_html(sign_in.last_active_at, cx.now()),
        is_current: sign_in.id == current,
        is_support: sign_in.impersonator_id.is_some(),
    }
}

/// All sign-ins of the account, for confirmations.
async fn sign_in_views(cx: &PageContext) -> PageResult<Vec<SignInView>> {
    let (sign_ins, current) = cx.query(ListSignIns).await?;
    Ok(sign_ins.into_iter().map(|sign_in| sign_in_view(cx, sign_in, current)).collect())
}

async fn update_profile(cx: PageContext, form: Form) -> Response {
    let username = form.non_empty("username").map(|name| Username::parse("username", name)).transpose();
    let update = PersonName::parse("first_name", form.text("first_name")).and_then(|first_name| {
        Ok(Update {
            first_name: Some(first_name),
            last_name: Some(PersonName::parse("last_name", form.text("last_name"))?),
            username: Some(username?.map_or(UsernameChange::Remove, UsernameChange::Set)),
            ..Update::default()
        })
    });
    let updated = match update {
        Ok(update) => cx.run(update).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    redirect_or_error(&cx, updated, "profile_saved").await
}

async fn update_picture(cx: PageContext, upload: Result<Body<Picture>, Refusal>) -> Response {
    let file = match upload {
        Ok(Body(Picture { file })) => file,
        Err(rejection) => return rejection_page(&cx, rejection),
    };
    let stored = images::store_upload(&cx.app, &cx.caller, ImageOwner::Caller, file).await;
    let updated = match stored {
        Ok(picture) => cx.run(Update { picture, ..Update::default() }).await.map(|_| ()),
        Err(rejection) => return rejection_page(&cx, rejection),
    };
    redirect_or_error(&cx, updated, "picture_saved").await
}

/// Redirects to `/account` with a flash message on success, and renders the page with the error otherwise.
async fn redirect_or_error(cx: &PageContext, result: Result<(), Problem>, flash: &str) -> Response {
    match result {
        Ok(()) => cx.redirect_with_flash("/account", flash),
        Err(problem) => page(cx, Some(&problem)).await,
    }
}
