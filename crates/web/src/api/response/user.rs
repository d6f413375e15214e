//! Users, their email addresses and accounts.

use super::AuthenticatorResponse;
use crate::app::ResponseContext;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::account::AccountDetails;
use vestibule_core::id::{EmailAddressId, IdentityId, MembershipId, UserId, WorkspaceMembershipId};
use vestibule_core::identity::Identity;
use vestibule_core::membership::Member;
use vestibule_core::time::Timestamp;
use vestibule_core::user::{OwnedAddress, PublicUser};

/// A user as other members see them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse {
    id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    first_name: String,
    last_name: String,
    /// Empty without a user name.
    username: String,
    /// The primary email address; empty without one.
    email: String,
    has_profile_picture: bool,
    profile_picture_url: String,
    availability: &'static str,
    primary_email_address_id: Option<EmailAddressId>,
    primary_email_address: Option<EmailAddressResponse>,
    /// Always `null`: phone numbers are not supported.
    #[schema(value_type = Option<Object>)]
    primary_phone_number: Option<()>,
}

/// An email address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EmailAddress)]
pub(crate) struct EmailAddressResponse {
    id: EmailAddressId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(format = Email)]
    email: String,
    primary: bool,
    is_primary: bool,
    /// Whether the user has proved access to the mailbox.
    verified: bool,
    verified_at: Option<Timestamp>,
    verification_strategy: &'static str,
}

impl EmailAddressResponse {
    fn primary(user: &PublicUser) -> Option<Self> {
        let (id, email) = (user.email_id?, user.email.clone()?);
        let times = user.email_created_at.zip(user.email_updated_at)?;
        Some(Self::new(id, email, true, user.email_verified_at, times))
    }

    fn new(
        id: EmailAddressId,
        email: String,
        is_primary: bool,
        verified_at: Option<Timestamp>,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        let (primary, verified, verification_strategy) = (is_primary, verified_at.is_some(), "otp");
        Self { id, created_at, updated_at, email, primary, is_primary, verified, verified_at, verification_strategy }
    }
}

impl From<OwnedAddress> for EmailAddressResponse {
    fn from(address: OwnedAddress) -> Self {
        let OwnedAddress { id, email, is_primary, verified_at, created_at, updated_at, .. } = address;
        Self::new(id, email, is_primary, verified_at, (created_at, updated_at))
    }
}

impl UserResponse {
    pub(crate) fn new(user: &PublicUser, context: ResponseContext<'_>) -> Self {
        Self {
            id: user.id,
            created_at: user.created_at,
            updated_at: user.updated_at,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            username: user.username.clone().unwrap_or_default(),
            email: user.email.clone().unwrap_or_default(),
            has_profile_picture: !user.image_url.is_empty(),
            profile_picture_url: context.image_url(&user.image_url),
            availability: "available",
            primary_email_address_id: user.email_id,
            primary_email_address: EmailAddressResponse::primary(user),
            primary_phone_number: None,
        }
    }
}

pub(super) fn user_of_member(member: &Member) -> PublicUser {
    PublicUser {
        id: member.user_id,
        first_name: member.first_name.clone(),
        last_name: member.last_name.clone(),
        username: member.username.clone(),
        image_url: member.image_url.clone(),
        created_at: member.user_created_at,
        updated_at: member.user_updated_at,
        email_id: member.email_id,
        email: member.email.clone(),
        email_verified_at: member.email_verified_at,
        email_created_at: member.email_created_at,
        email_updated_at: member.email_updated_at,
    }
}

/// An account of the user at a social provider. Its tokens are never shown here.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SocialConnection)]
pub(crate) struct SocialConnectionResponse {
    id: IdentityId,
    /// The user's own address that the provider has named; "0" if it has named none of them.
    user_email_address_id: EmailAddressId,
    #[schema(example = "google_oauth")]
    provider: String,
    /// What the provider said last, like the names. Each may be empty.
    email_address: String,
    first_name: String,
    last_name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_used_at: Timestamp,
}

impl SocialConnectionResponse {
    fn new(identity: Identity, addresses: &[OwnedAddress]) -> Self {
        let own = addresses.iter().find(|address| address.email.eq_ignore_ascii_case(&identity.email));
        Self {
            id: identity.id,
            user_email_address_id: own.map_or_else(|| 0.into(), |address| address.id),
            provider: identity.provider,
            email_address: identity.email,
            first_name: identity.first_name,
            last_name: identity.last_name,
            created_at: identity.created_at,
            updated_at: identity.updated_at,
            last_used_at: identity.last_used_at,
        }
    }
}

/// The signed-in user's account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct AccountResponse {
    #[serde(flatten)]
    user: UserResponse,
    primary_phone_number_id: Option<String>,
    /// `enforced` if signing in takes a second factor, otherwise `none` or `optional`.
    second_factor_policy: &'static str,
    /// Whether backup codes are left.
    backup_codes_generated: bool,
    backup_codes_left: i64,
    has_password: bool,
    has_passkeys: bool,
    disabled: bool,
    user_email_addresses: Vec<EmailAddressResponse>,
    // Unsupported features have empty fields, because clients read them without checking.
    #[schema(value_type = Vec<Object>)]
    user_phone_numbers: [(); 0],
    user_authenticator: Option<AuthenticatorResponse>,
    /// The same, as a list.
    authenticators: Vec<AuthenticatorResponse>,
    /// Accounts at social providers.
    social_connections: Vec<SocialConnectionResponse>,
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    active_organization_membership_id: Option<MembershipId>,
    active_workspace_membership_id: Option<WorkspaceMembershipId>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
}

impl AccountResponse {
    pub(crate) fn new(account: AccountDetails, context: ResponseContext<'_>) -> Self {
        let authenticator = account.factors.authenticator.map(AuthenticatorResponse::from);
        // Nobody can disconnect those of organizations' connections, and clients offer to.
        let social = account.identities.into_iter().filter(|identity| identity.connection_id.is_none());
        let social_connections =
            social.map(|identity| SocialConnectionResponse::new(identity, &account.addresses)).collect();
        Self {
            user: UserResponse::new(&account.user, context),
            primary_phone_number_id: None,
            second_factor_policy: account.factors.policy.as_str(),
            backup_codes_generated: account.factors.backup_codes_left > 0,
            backup_codes_left: account.factors.backup_codes_left,
            has_password: account.account.has_password,
            has_passkeys: !account.factors.passkeys.is_empty(),
            disabled: account.account.disabled,
            user_email_addresses: account.addresses.into_iter().map(EmailAddressResponse::from).collect(),
            user_phone_numbers: [],
            authenticators: authenticator.iter().cloned().collect(),
            user_authenticator: authenticator,
            social_connections,
            segments: [],
            active_organization_membership_id: account.sign_in.sign_in.organization_membership_id,
            active_workspace_membership_id: account.sign_in.sign_in.workspace_membership_id,
            public_metadata: super::object(&account.account.public_metadata),
        }
    }
}
