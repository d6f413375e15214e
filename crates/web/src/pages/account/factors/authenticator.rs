//! The authenticator app of the caller: enrolment with two codes in a row, and removal.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::AuthenticatorId;
use vestibule_core::second_factor::{
    DeleteAuthenticator, NewAuthenticator, Show, StartAuthenticator, VerifyAuthenticator, verify_authenticator,
};
use vestibule_core::secret::SubmittedFactorCode;
use vestibule_core::{Code, Problem};

use super::super::super::context::PageContext;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::organization::Confirmation;
use super::{PAGE, SIGN_OUT_OTHERS, backup_codes, page_url, page_with_error};
use crate::qr::qr_svg;

const URL_START: &str = "otpauth://totp/";
const MAX_URL_BYTES: usize = 1000;

#[derive(Template)]
#[template(path = "account/authenticator.html")]
struct Page {
    layout: Layout,
    id: String,
    /// The secret and its parameters, as apps read them.
    otp_url: String,
    qr_svg: String,
    secret: String,
    /// The secret in groups of four characters.
    key: String,
    /// Whether another app works until this one is verified.
    is_replacement: bool,
    return_to: String,
    /// Why the codes were refused, shown at their fields. May be empty.
    codes_problem: String,
    signs_out_others: bool,
}

/// The authenticator of the page. The page carries it along, because the secret is shown while it is set up only.
struct Enrolment {
    id: String,
    otp_url: String,
    is_replacement: bool,
}

impl Enrolment {
    /// Reads it from the form of the page; `None` if the form was not on it. The URL becomes a link.
    fn from_form(form: &Form) -> Option<Self> {
        let (id, otp_url) = (form.text("authenticator"), form.text("otp_url"));
        let is_plain = |byte: u8| byte.is_ascii_graphic();
        let is_own = otp_url.starts_with(URL_START) && otp_url.len() <= MAX_URL_BYTES && otp_url.bytes().all(is_plain);
        let enrolment =
            || Self { id: id.to_owned(), otp_url: otp_url.to_owned(), is_replacement: form.is_checked("replaces") };
        is_own.then(enrolment)
    }
}

pub(super) async fn start(cx: PageContext, form: Form) -> Response {
    let factors = match cx.query(Show).await {
        Ok(factors) => factors,
        Err(response) => return response,
    };
    match cx.run(StartAuthenticator).await {
        Ok(NewAuthenticator { id, otp_url, .. }) => {
            let is_replacement = factors.authenticator.is_some();
            enrolment_page(&cx, Enrolment { id: id.to_string(), otp_url, is_replacement }, &form, None)
        }
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

fn enrolment_page(cx: &PageContext, enrolment: Enrolment, form: &Form, error: Option<&Problem>) -> Response {
    let Enrolment { id, otp_url, is_replacement } = enrolment;
    let t = cx.words;
    let title = if is_replacement { t.authenticator_replace_title() } else { t.authenticator_set_up() };
    let is_of_codes = |problem: &&Problem| problem.code() == Code::InvalidAuthenticatorCodes;
    let codes_problem = error.filter(is_of_codes).map(|problem| t.problem(problem));
    let secret = secret_of(&otp_url);
    let page = Page {
        layout: cx.layout(title, true).with_error(error.filter(|problem| !is_of_codes(problem))),
        id,
        qr_svg: qr_svg(&otp_url),
        key: in_groups(&secret),
        secret,
        otp_url,
        is_replacement,
        return_to: page_url(form).to_owned(),
        codes_problem: codes_problem.unwrap_or_default(),
        signs_out_others: form.is_checked(SIGN_OUT_OTHERS),
    };
    cx.render_with_error(error, &page)
}

/// Returns the parameter `secret` of an `otpauth:` URL.
fn secret_of(otp_url: &str) -> String {
    let query = otp_url.split_once('?').map_or("", |(_, query)| query);
    let secret = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "secret");
    secret.map(|(_, secret)| secret.into_owned()).unwrap_or_default()
}

fn in_groups(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    let groups = characters.chunks(4).map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

pub(super) async fn verify(mut cx: PageContext, form: Form) -> Response {
    let codes = ["first_code", "second_code"].map(|field| SubmittedFactorCode::from_input(form.text(field)));
    let signs_out_others = form.is_checked(SIGN_OUT_OTHERS);
    let verified = match form.id::<AuthenticatorId>("authenticator") {
        Ok(id) => {
            let submitted = VerifyAuthenticator { id, codes, signs_out_others };
            verify_authenticator(cx.app.service(), &cx.caller, submitted).await.result
        }
        Err(problem) => Err(problem),
    };
    match verified {
        Ok(added) => {
            cx.continue_with(Some(&added.token)).await;
            let response = backup_codes::offer(&cx, &form).await;
            cx.with_session_cookie(response, Some(&added.token))
        }
        Err(problem) => {
            let can_go_on = matches!(problem.code(), Code::InvalidAuthenticatorCodes | Code::TooManyRequests);
            match Enrolment::from_form(&form).filter(|_| can_go_on) {
                Some(enrolment) => enrolment_page(&cx, enrolment, &form, Some(&problem)),
                None => page_with_error(&cx, &form, &problem).await,
            }
        }
    }
}

pub(super) async fn delete(cx: PageContext, Path(id): Path<String>, form: Form) -> Response {
    let id: AuthenticatorId = id.parse().unwrap_or_else(|_| 0.into());
    let factors = match cx.query(Show).await {
        Ok(factors) => factors,
        Err(response) => return response,
    };
    let t = cx.words;
    let action = format!("/account/security/authenticator/{id}/delete");
    let mut confirmation = Confirmation::new(t.authenticator_remove_title(), t.authenticator_remove(), action, PAGE)
        .paragraph(t.authenticator_remove_warning())
        .checkbox(SIGN_OUT_OTHERS, t.sign_out_everywhere_else());
    if factors.passkeys.is_empty() {
        confirmation = confirmation.paragraph(t.authenticator_remove_last_warning());
    }
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    match cx.run(DeleteAuthenticator { id, signs_out_others: form.is_checked(SIGN_OUT_OTHERS) }).await {
        Ok(()) => cx.redirect_with_flash(page_url(&form), "authenticator_removed"),
        Err(problem) => page_with_error(&cx, &form, &problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_secret_in_groups_of_four() {
        let url = "otpauth://totp/Acme:ada%40example.com?secret=JBSWY3DPEHPK3PXPAB&issuer=Acme";
        assert_eq!(in_groups(&secret_of(url)), "JBSW Y3DP EHPK 3PXP AB");
        assert_eq!(in_groups(&secret_of("otpauth://totp/Acme")), "");
    }

    #[test]
    fn links_to_urls_of_apps_only() {
        let enrolment = |url: &str| Enrolment::from_form(&Form::new(vec![("otp_url".to_owned(), url.to_owned())]));
        assert!(enrolment("otpauth://totp/Acme?secret=AAAA").is_some());
        for url in ["", "javascript:alert(1)", "https://evil.example/", "otpauth://totp/\u{e4}", "otpauth://totp/a b"] {
            assert!(enrolment(url).is_none(), "{url}");
        }
        assert!(enrolment(&format!("otpauth://totp/{}", "x".repeat(1000))).is_none());
    }
}
