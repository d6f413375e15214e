//! Started sign-ins and sign-ups that wait for the verification of an email address.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{AttemptId, SessionId};
use vestibule_core::time::Timestamp;
use vestibule_core::verification::{Attempt, Method, Purpose};

/// A started sign-in by mail. It looks the same for an address without an account.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct SignInAttempt {
    id: AttemptId,
    created_at: Timestamp,
    updated_at: Timestamp,
    session_id: SessionId,
    #[schema(format = Email)]
    email: String,
    /// `email_otp` or `magic_link`.
    #[schema(value_type = String, example = "email_otp")]
    method: Method,
    /// Always empty: SSO is not supported.
    sso_provider: &'static str,
    expires_at: Timestamp,
    /// `verify_email_otp` or `verify_email_link`.
    current_step: &'static str,
    remaining_steps: [&'static str; 1],
    completed: bool,
    first_method_authenticated: bool,
    second_method_authenticated: bool,
    second_method_authentication_required: bool,
    #[schema(value_type = Vec<String>)]
    available_2fa_methods: [(); 0],
    /// Always `null`, so that it does not reveal whether the address has an account.
    #[schema(value_type = Option<String>)]
    user_id: Option<()>,
    requires_completion: bool,
    #[schema(value_type = Vec<String>)]
    missing_fields: [(); 0],
    #[schema(value_type = Vec<String>)]
    required_fields: [(); 0],
}

impl SignInAttempt {
    /// Returns `None` if the attempt has another purpose.
    pub(super) fn from_attempt(attempt: &Attempt) -> Option<Self> {
        let step = match attempt.method {
            Method::EmailOtp => "verify_email_otp",
            Method::MagicLink => "verify_email_link",
        };
        (attempt.purpose == Purpose::SignIn).then(|| Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: attempt.session_id,
            email: attempt.address_key.clone(),
            method: attempt.method,
            sso_provider: "",
            expires_at: attempt.expires_at,
            current_step: step,
            remaining_steps: [step],
            completed: false,
            first_method_authenticated: false,
            second_method_authenticated: false,
            second_method_authentication_required: false,
            available_2fa_methods: [],
            user_id: None,
            requires_completion: false,
            missing_fields: [],
            required_fields: [],
        })
    }
}

/// A started sign-up whose email address is not verified yet.
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
    phone_number: &'static str,
    #[schema(value_type = Vec<String>)]
    required_fields: [(); 0],
    #[schema(value_type = Vec<String>)]
    missing_fields: [(); 0],
    current_step: &'static str,
    remaining_steps: [&'static str; 1],
    completed: bool,
}

impl SignUpAttempt {
    /// Returns `None` if the attempt has another purpose.
    pub(super) fn from_attempt(attempt: &Attempt) -> Option<Self> {
        const STEP: &str = "verify_email";
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
            required_fields: [],
            missing_fields: [],
            current_step: STEP,
            remaining_steps: [STEP],
            completed: false,
        })
    }
}
