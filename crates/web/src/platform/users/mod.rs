//! Users: what the owner of an API key lists, creates, changes and deletes.

pub(super) mod addresses;
pub(super) mod bulk;
pub(super) mod create;
pub(super) mod factors;
pub(super) mod list;
pub(super) mod memberships;
pub(super) mod passkeys;
pub(super) mod password;
pub(super) mod show;
pub(super) mod sign_ins;
pub(super) mod social_connections;
pub(super) mod unsupported;
pub(super) mod update;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::assurance::SecondFactorPolicy;
use vestibule_core::id::UserId;
use vestibule_core::password::{ChosenPassword, Password};
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::ManagedUser;

use crate::app::{App, ResponseContext};

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse {
    id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    first_name: String,
    last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    username: Option<String>,
    /// Empty without a picture.
    profile_picture_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    primary_email_address: Option<String>,
    /// Whether signing in takes a second factor: `none`, `optional` or `enforced`.
    #[schema(value_type = String)]
    second_factor_policy: SecondFactorPolicy,
}

impl UserResponse {
    pub(crate) fn new(user: ManagedUser, context: ResponseContext<'_>) -> Self {
        Self {
            id: user.id,
            created_at: user.created_at,
            updated_at: user.updated_at,
            first_name: user.first_name,
            last_name: user.last_name,
            username: user.username,
            profile_picture_url: context.image_url(&user.image_url),
            primary_email_address: user.email,
            second_factor_policy: user.second_factor_policy,
        }
    }
}

/// A password that a call chooses for a user.
///
/// # Errors
/// `INVALID_PASSWORD`.
fn choose_password(app: &App, password: String, skips_check: bool) -> Result<ChosenPassword, Problem> {
    if skips_check {
        return Password::parse_unchecked(password).map(ChosenPassword::Unchecked);
    }
    Password::parse_new(password, app.settings().passwords.minimum_length).map(ChosenPassword::Checked)
}
