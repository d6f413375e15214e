//! "Confirm that it is you": page actions that need a recent proof of identity.
//!
//! [`protected`] wraps the handler of such an action. If the action fails with `REAUTHENTICATION_REQUIRED`, the
//! response is a page that asks for the proof and carries the fields of the form along. It posts them to the same
//! action, with the proof in fields of its own; the wrapper takes it and runs the action in the same request. So an
//! action can be resumed only by the route that it belongs to, and nothing is stored.

mod action;

use std::pin::Pin;
use std::sync::Arc;

use askama::Template;
use axum::body::Body as RequestBody;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use vestibule_core::assurance::SecondFactorMethod;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::proof::{ProofMethod, RequiredProof};
use vestibule_core::reauthentication::{
    Reauthenticated, prove_with_code, prove_with_factor, prove_with_passkey, prove_with_password, send_code,
};
use vestibule_core::secret::{SessionToken, SubmittedCode, SubmittedFactorCode};
use vestibule_core::session::SessionDetails;
use vestibule_core::{Code, Problem};

pub(super) use self::action::Action;
use super::account_check::reject_other_account;
use super::context::PageContext;
use super::form::Form;
use super::layout::Layout;
use super::passkeys::parse_assertion;
use super::words::Words;
use crate::app::App;
use crate::extract::read_form_body;

/// The fields of the proof. They are not passed on to the next page.
const STEP: &str = "proof";
const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";
const ADDRESS: &str = "proof_address";
const CREDENTIAL: &str = "proof_credential";
/// The methods that the person can choose from, so that the page of one can link to the others.
const METHODS: &str = "proof_methods";
/// The start of a [`STEP`] that asks for the page of another method.
const CHOOSE: &str = "choose_";
/// The client secret of a connection.
const CLIENT_SECRET: &str = "client_secret";
/// Says that the form has a new one.
const HAS_CLIENT_SECRET: &str = "has_client_secret";
/// Secrets of the forms. A page never contains one, so the user types it again.
const SECRET_FIELDS: [&str; 4] = ["present", "chosen", "password", CLIENT_SECRET];

/// How the page asks for the proof.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Password,
    RequestCode,
    EnterCode,
    Authenticator,
    BackupCode,
    Passkey,
    /// The account has no other method.
    SignInAgain,
}

impl Step {
    /// The first step of a method.
    const fn of(method: ProofMethod) -> Self {
        match method {
            ProofMethod::Password => Self::Password,
            ProofMethod::Authenticator => Self::Authenticator,
            ProofMethod::BackupCode => Self::BackupCode,
            ProofMethod::Passkey => Self::Passkey,
            ProofMethod::EmailOtp
            | ProofMethod::MagicLink
            | ProofMethod::SignUp
            | ProofMethod::Social
            | ProofMethod::EnterpriseSso
            | ProofMethod::EnterpriseSsoMfa
            | ProofMethod::Impersonation => Self::RequestCode,
        }
    }

    /// The method that it is a step of.
    const fn method(self) -> Option<ProofMethod> {
        match self {
            Self::Password => Some(ProofMethod::Password),
            Self::RequestCode | Self::EnterCode => Some(ProofMethod::EmailOtp),
            Self::Authenticator => Some(ProofMethod::Authenticator),
            Self::BackupCode => Some(ProofMethod::BackupCode),
            Self::Passkey => Some(ProofMethod::Passkey),
            Self::SignInAgain => None,
        }
    }

    /// Whether its form proves something, so that the action runs next.
    const fn is_last(self) -> bool {
        !matches!(self, Self::RequestCode | Self::SignInAgain)
    }
}

#[derive(Template)]
#[template(path = "reauthentication.html")]
struct Page {
    layout: Layout,
    explanation: String,
    action: String,
    hidden_fields: Vec<(String, String)>,
    address: String,
    /// The primary address of the user, for password managers.
    account: String,
    step: Step,
    /// The names of the methods, separated by spaces.
    methods: String,
    /// The other methods: the value of the button, and its label.
    other_methods: Vec<(String, String)>,
    /// Why the code of a second factor was refused, shown at its field. May be empty.
    code_problem: String,
    asks_new_password: bool,
    asks_client_secret: bool,
    min_password_length: usize,
}

/// Wraps the handler of an action that can require a recent proof.
pub(super) const fn protected<H>(action: Action, handler: H) -> Protected<H> {
    Protected { action, handler }
}

#[derive(Clone)]
pub(super) struct Protected<H> {
    action: Action,
    handler: H,
}

impl<T: 'static, H: Handler<T, App>> Handler<T, App> for Protected<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let mut cx = PageContext::load(&mut parts, &app).await;
            let (form, body) = match read_form_body(&parts, body).await {
                Ok((fields, bytes)) => (Form::new(fields), bytes),
                Err(rejection) => return super::error_page::rejection_page(&cx, rejection),
            };
            if let Err(response) = reject_other_account(&cx, &form) {
                return response;
            }
            let confirmation = Confirmation { action: self.action, form: &form };
            let token = match confirmation.prove(&cx).await {
                Ok(token) => token,
                Err(response) => return response,
            };
            if let Some(token) = &token {
                cx.caller.token = Some(token.clone());
                parts.extensions.insert(Arc::new(cx.caller.clone()));
                // It has the frame of the previous token.
                parts.extensions.remove::<PageContext>();
            }
            let response = self.handler.call(request_with(parts, body), app).await;
            let response = match response.extensions().get::<RequiredProof>() {
                Some(required) => confirmation.page(&cx, &required.clone()).await,
                None => response,
            };
            with_earlier_cookie(&cx, response, token.as_ref())
        })
    }
}

fn request_with(parts: axum::http::request::Parts, body: Bytes) -> Request {
    Request::from_parts(parts, RequestBody::from(body))
}

/// Sets the session cookie before those of the response: the action may have replaced the session token once more.
fn with_earlier_cookie(cx: &PageContext, mut response: Response, token: Option<&SessionToken>) -> Response {
    let later: Vec<HeaderValue> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    response.headers_mut().remove(header::SET_COOKIE);
    let mut response = cx.with_session_cookie(response, token);
    for cookie in later {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A submitted action, with or without a proof.
struct Confirmation<'a> {
    action: Action,
    form: &'a Form,
}

impl Confirmation<'_> {
    /// Takes the proof of the form, if it has one. Returns the new session token, or the page to show instead of
    /// running the action.
    async fn prove(&self, cx: &PageContext) -> Result<Option<SessionToken>, Response> {
        let form = self.form;
        let step = form.text(STEP);
        if step.is_empty() {
            return Ok(None);
        }
        if let Some(chosen) = step.strip_prefix(CHOOSE).and_then(|name| name.parse::<ProofMethod>().ok()) {
            return Err(self.page_with(cx, Step::of(chosen), None).await);
        }
        // Only the page that names an address makes the proof valid for it.
        let address = form.non_empty(ADDRESS).filter(|_| self.action == Action::LinkAddress);
        let address = address.map(EmailAddress::parse).transpose();
        let address = address.map_err(|error| cx.error_page(&error.into()))?;
        let service = cx.app.service();
        let (failed_step, proved) = match step {
            "send" => {
                let sent = send_code(service, &cx.caller, address).await.result;
                return Err(match sent {
                    Ok(()) => self.page_with(cx, Step::EnterCode, None).await,
                    Err(problem) => self.page_with(cx, Step::RequestCode, Some(&problem)).await,
                });
            }
            "code" => {
                let code = SubmittedCode::from_input(form.text(CODE));
                (Step::EnterCode, prove_with_code(service, &cx.caller, &code).await.result)
            }
            "authenticator" => (Step::Authenticator, self.prove_factor(cx, SecondFactorMethod::Authenticator).await),
            "backup_code" => (Step::BackupCode, self.prove_factor(cx, SecondFactorMethod::BackupCode).await),
            "passkey" => match parse_assertion(form.text(CREDENTIAL)) {
                Ok(credential) => (Step::Passkey, prove_with_passkey(service, &cx.caller, credential).await.result),
                Err(problem) => (Step::Passkey, Err(problem)),
            },
            _ => {
                let password = Password::from_input(form.text(PASSWORD).to_owned());
                (Step::Password, prove_with_password(service, &cx.caller, password, address).await.result)
            }
        };
        match proved {
            Ok(proved) => Ok(Some(proved.token)),
            Err(problem) if problem.code() == Code::Unauthorized => Err(cx.error_page(&problem)),
            Err(problem) => Err(self.page_with(cx, failed_step, Some(&problem)).await),
        }
    }

    async fn prove_factor(&self, cx: &PageContext, method: SecondFactorMethod) -> Result<Reauthenticated, Problem> {
        let code = SubmittedFactorCode::from_input(self.form.text(CODE));
        prove_with_factor(cx.app.service(), &cx.caller, method, code).await.result
    }

    /// The page for an action that was refused.
    async fn page(&self, cx: &PageContext, required: &RequiredProof) -> Response {
        let step = required.methods.first().map_or(Step::SignInAgain, |method| Step::of(*method));
        self.render(cx, step, required, None).await
    }

    async fn page_with(&self, cx: &PageContext, step: Step, error: Option<&Problem>) -> Response {
        let address = self.form.non_empty(ADDRESS).map(str::to_owned);
        let mut methods: Vec<ProofMethod> = Vec::new();
        for method in self.form.text(METHODS).split(' ').filter_map(|name| name.parse().ok()) {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        self.render(cx, step, &RequiredProof { methods, address }, error).await
    }

    async fn render(
        &self,
        cx: &PageContext,
        step: Step,
        required: &RequiredProof,
        error: Option<&Problem>,
    ) -> Response {
        let session = match cx.session().await {
            Ok(session) => session,
            Err(response) => return response,
        };
        let account = session.as_ref().and_then(SessionDetails::active).and_then(|active| active.user.email.clone());
        let address = required.address.clone().unwrap_or_default();
        let code_problem = error.and_then(|problem| factor_code_problem(cx.words, step.method(), problem));
        let layout = cx.layout(cx.words.confirm_identity(), true);
        let layout = layout.with_error(error.filter(|_| code_problem.is_none()));
        let page = Page {
            account: account.unwrap_or_default(),
            layout: if step == Step::Passkey { layout.with_passkeys(cx) } else { layout },
            explanation: self.action.explanation(cx.words, self.form, &address),
            action: cx.path_and_query.clone(),
            hidden_fields: self.hidden_fields(),
            address,
            step,
            methods: required.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" "),
            other_methods: other_methods(cx, step, &required.methods),
            code_problem: code_problem.unwrap_or_default(),
            asks_new_password: self.action == Action::SetPassword && step.is_last(),
            asks_client_secret: self.has_client_secret() && step.is_last(),
            min_password_length: cx.app.settings().passwords.minimum_length,
        };
        match error {
            Some(_) => cx.render_with_error(error, &page),
            // The action itself was refused.
            None => cx.render(StatusCode::FORBIDDEN, &page),
        }
    }

    /// The fields of the action. Their number and size are those of the request, which is limited.
    fn hidden_fields(&self) -> Vec<(String, String)> {
        let is_of_proof = |name: &str| [STEP, PASSWORD, CODE, ADDRESS, CREDENTIAL, METHODS].contains(&name);
        let is_passed_on =
            |name: &str| !is_of_proof(name) && name != HAS_CLIENT_SECRET && !SECRET_FIELDS.contains(&name);
        let fields = self.form.fields().filter(|(name, _)| is_passed_on(name)).cloned();
        let has_client_secret = (HAS_CLIENT_SECRET.to_owned(), "yes".to_owned());
        fields.chain(self.has_client_secret().then_some(has_client_secret)).collect()
    }

    /// Whether the action sets a client secret, which the last page asks for again.
    fn has_client_secret(&self) -> bool {
        self.form.non_empty(CLIENT_SECRET).is_some() || self.form.is_checked(HAS_CLIENT_SECRET)
    }
}

/// The methods besides that of the step. Passkeys are left out where the browser cannot use them.
fn other_methods(cx: &PageContext, step: Step, methods: &[ProofMethod]) -> Vec<(String, String)> {
    let can_use = |method: ProofMethod| method != ProofMethod::Passkey || cx.app.settings().passkey_rp_id().is_some();
    let others = methods.iter().copied().filter(|method| Some(*method) != step.method() && can_use(*method));
    others.map(|method| (format!("{CHOOSE}{}", method.as_str()), method_label(cx.words, method))).collect()
}

/// Returns the label of what leads to the page of a method.
pub(super) fn method_label(t: Words, method: ProofMethod) -> String {
    match Step::of(method) {
        Step::Password => t.use_password(),
        Step::Authenticator => t.use_authenticator(),
        Step::BackupCode => t.use_backup_code(),
        Step::Passkey => t.use_passkey(),
        Step::RequestCode | Step::EnterCode | Step::SignInAgain => t.use_mailed_code(),
    }
}

/// Returns what to say at the field of a code of a second factor that was wrong; `None` for other problems.
pub(super) fn factor_code_problem(t: Words, method: Option<ProofMethod>, problem: &Problem) -> Option<String> {
    match method.filter(|_| problem.code() == Code::InvalidVerificationCode) {
        Some(ProofMethod::Authenticator) => Some(t.wrong_authenticator_code()),
        Some(ProofMethod::BackupCode) => Some(t.wrong_backup_code()),
        _ => None,
    }
}
