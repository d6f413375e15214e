//! Attempts to sign in and up: those that wait for the verification of an email address, and the one that the request
//! completed.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{AttemptId, SessionId, UserId};
use vestibule_core::session::SignInDetails;
use vestibule_core::sign_in::{CompletedAttempt, Strategy};
use vestibule_core::time::Timestamp;
use vestibule_core::verification::{Attempt, Purpose};

/// A sign-in. A started one looks the same for an address without an account.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct SignInAttempt {
    id: AttemptId,
    created_at: Timestamp,
    updated_at: Timestamp,
    session_id: SessionId,
    #[schema(format = Email)]
    email: String,
    /// `email_otp`, `magic_link`, and for a completed sign-in also `plain_email` or `plain_username`.
    #[schema(example = "email_otp")]
    method: &'static str,
    /// Always empty: SSO is not supported.
    sso_provider: &'static str,
    expires_at: Timestamp,
    /// `verify_email_otp`, `verify_email_link` or `verify_password`. The last step, if the attempt is completed.
    #[schema(example = "verify_email_otp")]
    current_step: &'static str,
    /// Empty if the attempt is completed.
    remaining_steps: Vec<&'static str>,
    /// True if the person is signed in. Such an attempt is the last one of the response that completed it, and of no
    /// other response.
    completed: bool,
    first_method_authenticated: bool,
    second_method_authenticated: bool,
    second_method_authentication_required: bool,
    #[schema(value_type = Vec<String>)]
    available_2fa_methods: [(); 0],
    /// The user who is signed in. `null` before, so that it does not reveal whether the address has an account.
    user_id: Option<UserId>,
    requires_completion: bool,
    #[schema(value_type = Vec<String>)]
    missing_fields: [(); 0],
    #[schema(value_type = Vec<String>)]
    required_fields: [(); 0],
    /// Always `null`: a sign-in asks for no profile.
    #[schema(value_type = Option<Object>)]
    profile_completion_data: Option<()>,
}

/// The wire names of a strategy and of the step that it consists of.
const fn names(strategy: Strategy) -> (&'static str, &'static str) {
    match strategy {
        Strategy::PlainEmail => ("plain_email", "verify_password"),
        Strategy::PlainUsername => ("plain_username", "verify_password"),
        Strategy::EmailOtp => ("email_otp", "verify_email_otp"),
        Strategy::MagicLink => ("magic_link", "verify_email_link"),
    }
}

impl SignInAttempt {
    /// Returns `None` if the attempt has another purpose.
    pub(super) fn from_attempt(attempt: &Attempt) -> Option<Self> {
        let (method, step) = names(attempt.method.into());
        (attempt.purpose == Purpose::SignIn).then(|| Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: attempt.session_id,
            email: attempt.address_key.clone(),
            method,
            sso_provider: "",
            expires_at: attempt.expires_at,
            current_step: step,
            remaining_steps: vec![step],
            completed: false,
            first_method_authenticated: false,
            second_method_authenticated: false,
            second_method_authentication_required: false,
            available_2fa_methods: [],
            user_id: None,
            requires_completion: false,
            missing_fields: [],
            required_fields: [],
            profile_completion_data: None,
        })
    }

    /// The attempt that made this sign-in.
    pub(super) fn completed(attempt: &CompletedAttempt, strategy: Strategy, made: &SignInDetails) -> Self {
        let (method, current_step) = names(strategy);
        let email = Some(&attempt.address).filter(|address| !address.is_empty()).or(made.user.email.as_ref());
        Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: made.sign_in.session_id,
            email: email.cloned().unwrap_or_default(),
            method,
            sso_provider: "",
            expires_at: attempt.expires_at,
            current_step,
            remaining_steps: Vec::new(),
            completed: true,
            first_method_authenticated: true,
            second_method_authenticated: false,
            second_method_authentication_required: false,
            available_2fa_methods: [],
            user_id: Some(made.sign_in.user_id),
            requires_completion: false,
            missing_fields: [],
            required_fields: [],
            profile_completion_data: None,
        }
    }
}

/// A sign-up: one whose email address is not verified yet, or the completed one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignUpAttempt {
    id: AttemptId,
    created_at: Timestamp,
    updated_at: Timestamp,
    session_id: SessionId,
    first_name: String,
    last_name: String,
    #[schema(format = Email)]
    email: String,
    username: String,
    /// Always empty: phone numbers are not supported.
    phone_number: &'static str,
    phone_country_code: &'static str,
    #[schema(value_type = Vec<String>)]
    required_fields: [(); 0],
    #[schema(value_type = Vec<String>)]
    missing_fields: [(); 0],
    /// Always `verify_email`.
    current_step: &'static str,
    /// Empty if the attempt is completed.
    remaining_steps: Vec<&'static str>,
    /// True if the account exists and its owner is signed in. Such an attempt is the last one of the response that
    /// completed it, and of no other response.
    completed: bool,
}

const SIGN_UP_STEP: &str = "verify_email";

impl SignUpAttempt {
    /// Returns `None` if the attempt has another purpose.
    pub(super) fn from_attempt(attempt: &Attempt) -> Option<Self> {
        (attempt.purpose == Purpose::SignUp).then(|| Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: attempt.session_id,
            first_name: attempt.first_name.clone(),
            last_name: attempt.last_name.clone(),
            email: attempt.address_key.clone(),
            username: attempt.username.clone().unwrap_or_default(),
            phone_number: "",
            phone_country_code: "",
            required_fields: [],
            missing_fields: [],
            current_step: SIGN_UP_STEP,
            remaining_steps: vec![SIGN_UP_STEP],
            completed: false,
        })
    }

    /// The attempt that made this account and sign-in.
    pub(super) fn completed(attempt: &CompletedAttempt, made: &SignInDetails) -> Self {
        Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: made.sign_in.session_id,
            first_name: made.user.first_name.clone(),
            last_name: made.user.last_name.clone(),
            email: attempt.address.clone(),
            username: made.user.username.clone().unwrap_or_default(),
            phone_number: "",
            phone_country_code: "",
            required_fields: [],
            missing_fields: [],
            current_step: SIGN_UP_STEP,
            remaining_steps: Vec::new(),
            completed: true,
        }
    }
}
