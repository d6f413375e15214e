//! Attempts to sign in and up: those that wait for the verification of an email address or for a second factor, and the
//! one that the request completed.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::SecondFactorMethod;
use vestibule_core::id::{AttemptId, SessionId, UserId};
use vestibule_core::session::{PendingProfile, PendingSignIn, SessionAttempt, SignInDetails};
use vestibule_core::sign_in::{CompletedAttempt, Strategy};
use vestibule_core::time::Timestamp;
use vestibule_core::verification::{Attempt, Purpose};

/// A sign-in. A started one looks the same for an address without an account, until the first factor is proved.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct SignInAttempt {
    id: AttemptId,
    created_at: Timestamp,
    updated_at: Timestamp,
    session_id: SessionId,
    #[schema(format = Email)]
    email: String,
    /// `email_otp` or `magic_link`. If the first factor is proved, also `plain_email` or `plain_username`, `sso` or
    /// `enterprise_sso`, and for a completed sign-in `passkey`.
    #[schema(example = "email_otp")]
    method: &'static str,
    /// The id of the identity provider, such as `google_oauth`. Empty unless the sign-in was made through one.
    sso_provider: String,
    expires_at: Timestamp,
    /// `verify_email_otp`, `verify_email_link` or `verify_password`, and then `verify_second_factor`, if the user has
    /// two-factor authentication. The last step, if the attempt is completed. `complete_profile` after an identity provider
    /// without an account: see `requires_completion`.
    #[schema(example = "verify_email_otp")]
    current_step: &'static str,
    /// Empty if the attempt is completed.
    remaining_steps: Vec<&'static str>,
    /// True if the person is signed in. Such an attempt is the last one of the response that completed it, and of no
    /// other response.
    completed: bool,
    /// True if the password, the code or the link was right.
    first_method_authenticated: bool,
    /// True if a second factor was proved too, or a passkey, which counts as both.
    second_method_authenticated: bool,
    /// True if the sign-in waits for a second factor, or was completed with one.
    second_method_authentication_required: bool,
    /// The second factors that the user can choose from: `authenticator`, `passkey` and `backup_code`. Empty unless the
    /// attempt waits for one.
    #[schema(value_type = Vec<String>)]
    available_2fa_methods: Vec<&'static str>,
    /// The user who is signed in. `null` before, so that it does not reveal whether the address has an account.
    user_id: Option<UserId>,
    /// True at the step `complete_profile`: an identity provider has identified the person, and they have no account that
    /// it signs in to. `POST /auth/complete-profile` creates one, and `POST
    /// /me/social-connections/pending/{attemptId}/connect` connects it to the account of a person who has signed in.
    requires_completion: bool,
    /// `email_address`, if the provider has sent none.
    missing_fields: Vec<&'static str>,
    /// The fields without which no account is created.
    required_fields: Vec<&'static str>,
    /// What the provider has sent. `null` at other steps.
    profile_completion_data: Option<ProfileCompletionData>,
}

/// The fields of a new account, as the identity provider has sent them. Each may be empty.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileCompletionData {
    first_name: String,
    last_name: String,
    /// Always empty.
    username: &'static str,
    /// Always empty: phone numbers are not supported.
    phone_number: &'static str,
    phone_country_code: &'static str,
    /// It is not verified here.
    #[schema(format = Email)]
    email: String,
}

const SECOND_FACTOR_STEP: &str = "verify_second_factor";
const PROFILE_STEP: &str = "complete_profile";
const ADDRESS_FIELD: &str = "email_address";

/// The wire names of a strategy and of the step that it consists of.
const fn names(strategy: Strategy) -> (&'static str, &'static str) {
    match strategy {
        Strategy::Passkey => ("passkey", SECOND_FACTOR_STEP),
        Strategy::Sso => ("sso", "verify_email_otp"),
        Strategy::EnterpriseSso => ("enterprise_sso", "verify_email_otp"),
        Strategy::PlainEmail => ("plain_email", "verify_password"),
        Strategy::PlainUsername => ("plain_username", "verify_password"),
        Strategy::EmailOtp => ("email_otp", "verify_email_otp"),
        Strategy::MagicLink => ("magic_link", "verify_email_link"),
    }
}

impl SignInAttempt {
    /// Returns `None` if the attempt has another purpose.
    pub(super) fn from_attempt(attempt: &SessionAttempt) -> Option<Self> {
        match attempt {
            SessionAttempt::Verification(attempt) => Self::from_verification(attempt),
            SessionAttempt::SecondFactor(pending) => Some(Self::from_pending(pending)),
            SessionAttempt::Profile(profile) => Some(Self::from_profile(profile)),
        }
    }

    fn from_verification(attempt: &Attempt) -> Option<Self> {
        let (method, step) = names(attempt.method.into());
        (attempt.purpose == Purpose::SignIn).then(|| Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: attempt.session_id,
            email: attempt.address_key.clone(),
            method,
            sso_provider: String::new(),
            expires_at: attempt.expires_at,
            current_step: step,
            remaining_steps: vec![step],
            completed: false,
            first_method_authenticated: false,
            second_method_authenticated: false,
            second_method_authentication_required: false,
            available_2fa_methods: Vec::new(),
            user_id: None,
            requires_completion: false,
            missing_fields: Vec::new(),
            required_fields: Vec::new(),
            profile_completion_data: None,
        })
    }

    /// A sign-in whose first factor is proved. It shows nothing of the account but the kinds of its factors.
    fn from_pending(pending: &PendingSignIn) -> Self {
        Self {
            id: pending.id,
            created_at: pending.created_at,
            updated_at: pending.updated_at,
            session_id: pending.session_id,
            email: pending.address.clone(),
            method: names(pending.strategy).0,
            sso_provider: pending.provider.clone(),
            expires_at: pending.expires_at,
            current_step: SECOND_FACTOR_STEP,
            remaining_steps: vec![SECOND_FACTOR_STEP],
            completed: false,
            first_method_authenticated: true,
            second_method_authenticated: false,
            second_method_authentication_required: true,
            available_2fa_methods: pending.methods.iter().copied().map(SecondFactorMethod::as_str).collect(),
            user_id: None,
            requires_completion: false,
            missing_fields: Vec::new(),
            required_fields: Vec::new(),
            profile_completion_data: None,
        }
    }

    /// A person whom an identity provider has identified, and who has no account with this identity.
    fn from_profile(profile: &PendingProfile) -> Self {
        let needs_address = profile.address().is_none();
        Self {
            id: profile.id,
            created_at: profile.created_at,
            updated_at: profile.created_at,
            session_id: profile.session_id,
            email: profile.address().map(|address| address.as_str().to_owned()).unwrap_or_default(),
            method: names(Strategy::Sso).0,
            sso_provider: profile.provider.to_string(),
            expires_at: profile.expires_at,
            current_step: PROFILE_STEP,
            remaining_steps: vec![PROFILE_STEP],
            completed: false,
            first_method_authenticated: true,
            second_method_authenticated: false,
            second_method_authentication_required: false,
            available_2fa_methods: Vec::new(),
            user_id: None,
            requires_completion: true,
            missing_fields: if needs_address { vec![ADDRESS_FIELD] } else { Vec::new() },
            required_fields: vec![ADDRESS_FIELD],
            profile_completion_data: Some(ProfileCompletionData {
                first_name: profile.first_name.clone(),
                last_name: profile.last_name.clone(),
                username: "",
                phone_number: "",
                phone_country_code: "",
                email: profile.email.clone(),
            }),
        }
    }

    /// The attempt that made this sign-in.
    pub(super) fn completed(attempt: &CompletedAttempt, strategy: Strategy, made: &SignInDetails) -> Self {
        let (method, only_step) = names(strategy);
        let has_second_step = attempt.second_factor.is_some();
        let email = Some(&attempt.address).filter(|address| !address.is_empty()).or(made.user.email.as_ref());
        Self {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            session_id: made.sign_in.session_id,
            email: email.cloned().unwrap_or_default(),
            method,
            sso_provider: attempt.provider.clone(),
            expires_at: attempt.expires_at,
            current_step: if has_second_step { SECOND_FACTOR_STEP } else { only_step },
            remaining_steps: Vec::new(),
            completed: true,
            first_method_authenticated: true,
            second_method_authenticated: has_second_step || strategy == Strategy::Passkey,
            second_method_authentication_required: has_second_step,
            available_2fa_methods: Vec::new(),
            user_id: Some(made.sign_in.user_id),
            requires_completion: false,
            missing_fields: Vec::new(),
            required_fields: Vec::new(),
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
    pub(super) fn from_attempt(attempt: &SessionAttempt) -> Option<Self> {
        let SessionAttempt::Verification(attempt) = attempt else { return None };
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
