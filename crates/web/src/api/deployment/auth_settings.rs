//! `auth_settings` of `GET /deployment`: which ways to sign in there are.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::deployment::Deployment;
use vestibule_core::id::DeploymentId;
use vestibule_core::settings::{ChallengeMode, Settings};
use vestibule_core::time::Timestamp;

/// The use of a field of the account.
#[derive(Debug, Serialize, ToSchema)]
struct AuthField {
    enabled: bool,
    required: bool,
}

const REQUIRED: AuthField = AuthField { enabled: true, required: true };
const OPTIONAL: AuthField = AuthField { enabled: true, required: false };
const DISABLED: AuthField = AuthField { enabled: false, required: false };

/// The settings of sign-up and sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuthSettings {
    id: DeploymentId,
    deployment_id: DeploymentId,
    created_at: Timestamp,
    updated_at: Timestamp,
    email_address: AuthField,
    phone_number: AuthField,
    username: AuthField,
    first_name: AuthField,
    last_name: AuthField,
    password: PasswordSettings,
    backup_code: AuthField,
    web3_wallet: AuthField,
    magic_link: AuthField,
    passkey: PasskeySettings,
    auth_factors_enabled: AuthFactors,
    verification_policy: VerificationPolicy,
    challenge: ChallengeConfiguration,
    /// Always `optional`: users choose for themselves, and organizations can require a second factor of their members.
    second_factor_policy: &'static str,
    first_factor: &'static str,
    second_factor: &'static str,
    alternate_first_factors: [&'static str; 1],
    alternate_second_factors: [&'static str; 1],
    multi_session_support: MultiSessionSupport,
    /// In seconds, like the two following durations.
    session_token_lifetime: u64,
    session_validity_period: u64,
    session_inactive_timeout: u64,
}

/// The requirements for passwords.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordSettings {
    enabled: bool,
    required: bool,
    min_length: usize,
}

/// The support for passkeys.
#[derive(Debug, Serialize, ToSchema)]
struct PasskeySettings {
    /// False without https, because browsers refuse passkeys there.
    enabled: bool,
    /// Always `false`: users add a passkey in their account.
    prompt_registration_on_auth: bool,
    /// Whether the sign-in form may offer passkeys as the browser offers passwords.
    allow_autofill: bool,
}

impl PasskeySettings {
    fn new(settings: &Settings) -> Self {
        let enabled = settings.passkey_rp_id().is_some();
        Self { enabled, prompt_registration_on_auth: false, allow_autofill: enabled }
    }
}

/// The available authentication factors.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
struct AuthFactors {
    email_password: bool,
    username_password: bool,
    email_magic_link: bool,
    email_otp: bool,
    phone_otp: bool,
    web3_wallet: bool,
    backup_code: bool,
    authenticator: bool,
}

/// The contact data that must be verified at sign-up.
#[derive(Debug, Serialize, ToSchema)]
struct VerificationPolicy {
    email: bool,
    phone_number: bool,
}

/// The proof-of-work challenges for sign-in, sign-up and password reset.
#[derive(Debug, Serialize, ToSchema)]
struct ChallengeConfiguration {
    /// True if an attempt may require the token of a solved challenge as `challenge_token`.
    enabled: bool,
    /// `off`, `on`, or `automatic`: required while there are many attempts.
    mode: &'static str,
    /// The URL below which clients of Cap find `challenge` and `redeem`.
    endpoint: String,
}

/// The support for several accounts in one session.
#[derive(Debug, Serialize, ToSchema)]
struct MultiSessionSupport {
    enabled: bool,
    max_accounts_per_session: u32,
    max_sessions_per_account: u32,
}

impl AuthSettings {
    pub(super) fn new(deployment: &Deployment, settings: &Settings, has_mail: bool) -> Self {
        Self {
            id: deployment.id,
            deployment_id: deployment.id,
            created_at: deployment.created_at,
            updated_at: deployment.created_at,
            email_address: REQUIRED,
            phone_number: DISABLED,
            username: OPTIONAL,
            first_name: OPTIONAL,
            last_name: OPTIONAL,
            password: PasswordSettings { enabled: true, required: true, min_length: settings.passwords.minimum_length },
            backup_code: OPTIONAL,
            web3_wallet: DISABLED,
            magic_link: DISABLED,
            passkey: PasskeySettings::new(settings),
            auth_factors_enabled: AuthFactors {
                email_password: true,
                username_password: true,
                email_magic_link: has_mail,
                email_otp: has_mail,
                phone_otp: false,
                web3_wallet: false,
                backup_code: true,
                authenticator: true,
            },
            verification_policy: VerificationPolicy { email: settings.verify_addresses, phone_number: false },
            challenge: ChallengeConfiguration::new(settings),
            second_factor_policy: "optional",
            first_factor: "email_password",
            second_factor: "authenticator",
            alternate_first_factors: ["username_password"],
            alternate_second_factors: ["backup_code"],
            multi_session_support: MultiSessionSupport {
                enabled: true,
                max_accounts_per_session: 0,
                max_sessions_per_account: 0,
            },
            session_token_lifetime: settings.tokens.lifetime.as_secs(),
            session_validity_period: settings.sessions.max_lifetime.as_secs(),
            session_inactive_timeout: settings.sessions.idle_timeout.as_secs(),
        }
    }
}

impl ChallengeConfiguration {
    fn new(settings: &Settings) -> Self {
        let mode = match settings.challenge.mode {
            ChallengeMode::Off => "off",
            ChallengeMode::On => "on",
            ChallengeMode::Automatic => "automatic",
        };
        let endpoint = format!("{}/captcha/", settings.public_url.as_str());
        Self { enabled: settings.challenge.mode != ChallengeMode::Off, mode, endpoint }
    }
}
