//! The list of all events.

use serde_json::Value;

use super::field::{Field, Place};
use super::payload::{Document, Payload};
use super::record::{PendingEvent, SALT_LENGTH};
use super::{accounts, connections, identities, installation, members, organizations, second_factors, workspaces};
use crate::id::AuditEntryId;

/// A field of a payload, for documents.
#[derive(Clone, Debug)]
pub(super) struct FieldInfo {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) place: Place,
    pub(super) is_required: bool,
    pub(super) schema: Value,
    pub(super) example: Value,
}

impl FieldInfo {
    pub(super) fn new<F: Field>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description: description.trim(),
            place: F::PLACE,
            is_required: F::IS_REQUIRED,
            schema: F::schema(),
            example: F::example(name),
        }
    }
}

/// An event's name, with its description and its payload.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    pub name: &'static str,
    pub version: u32,
    pub description: &'static str,
    pub entity: super::EntityType,
    pub target: super::EntityType,
    /// Whether it is in the log of an organization.
    pub is_of_organization: bool,
    pub(super) fields: fn() -> Vec<FieldInfo>,
}

macro_rules! events {
    ($($module:ident::$name:ident,)+) => {
        /// An event, with its payload.
        #[derive(Clone, Debug)]
        pub enum Event {
            $($name($module::$name),)+
        }

        $(impl From<$module::$name> for Event {
            fn from(payload: $module::$name) -> Self {
                Self::$name(payload)
            }
        })+

        impl Event {
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => <$module::$name as Payload>::ACTION,)+
                }
            }

            pub(super) fn encode(&self, id: AuditEntryId, salt: [u8; SALT_LENGTH]) -> PendingEvent {
                match self {
                    $(Self::$name(payload) => PendingEvent::of(payload, id, salt),)+
                }
            }
        }

        impl EventType {
            /// Every event, by area.
            pub const ALL: &'static [Self] = &[$(Self {
                name: <$module::$name as Payload>::ACTION,
                version: <$module::$name as Payload>::VERSION,
                description: <$module::$name as Payload>::DESCRIPTION,
                entity: <$module::$name as Payload>::ENTITY,
                target: <$module::$name as Payload>::TARGET,
                is_of_organization: <$module::$name as Payload>::IS_OF_ORGANIZATION,
                fields: <$module::$name as Document>::fields,
            }),+];
        }
    };
}

events! {
    organizations::OrganizationCreated,
    organizations::OrganizationUpdated,
    organizations::OrganizationDeleted,
    organizations::OrganizationRestored,
    organizations::OrganizationErased,
    organizations::RoleCreated,
    organizations::RoleUpdated,
    organizations::RoleDeleted,
    organizations::DomainAdded,
    organizations::DomainUpdated,
    organizations::DomainVerified,
    organizations::DomainDeleted,
    organizations::SetupLinkCreated,
    organizations::SetupLinkUsed,
    organizations::SetupLinkRevoked,
    organizations::OwnershipOffered,
    organizations::OwnershipOfferWithdrawn,
    organizations::OwnershipOfferDeclined,
    organizations::OwnershipTransferred,
    connections::ConnectionCreated,
    connections::ConnectionUpdated,
    connections::ConnectionDeleted,
    connections::ConnectionRequired,
    connections::ConnectionNotRequired,
    connections::SsoBypassed,
    members::MemberAdded,
    members::MemberUpdated,
    members::MemberRemoved,
    members::MemberRoleUpdated,
    members::InvitationCreated,
    members::InvitationResent,
    members::InvitationAccepted,
    members::InvitationDeclined,
    members::InvitationRevoked,
    members::InvitationSuspended,
    members::JoinRequestCreated,
    members::JoinRequestApproved,
    members::JoinRequestDenied,
    workspaces::WorkspaceCreated,
    workspaces::WorkspaceUpdated,
    workspaces::WorkspaceDeleted,
    workspaces::WorkspaceMemberAdded,
    workspaces::WorkspaceMemberUpdated,
    workspaces::WorkspaceMemberRemoved,
    workspaces::WorkspaceMemberRoleUpdated,
    workspaces::WorkspaceRoleCreated,
    workspaces::WorkspaceRoleUpdated,
    workspaces::WorkspaceRoleDeleted,
    accounts::UserCreated,
    accounts::UserUpdated,
    accounts::UserDeleted,
    accounts::UserDisabled,
    accounts::UserEnabled,
    accounts::EmailAdded,
    accounts::EmailVerified,
    accounts::EmailRemoved,
    accounts::EmailPrimaryChanged,
    accounts::PasswordUpdated,
    accounts::PasswordRemoved,
    accounts::PasswordReset,
    accounts::SessionCreated,
    accounts::SessionDeleted,
    accounts::SessionsDeleted,
    accounts::UserLocked,
    second_factors::MfaEnabled,
    second_factors::MfaDisabled,
    second_factors::AuthenticatorAdded,
    second_factors::AuthenticatorRemoved,
    second_factors::BackupCodesGenerated,
    second_factors::BackupCodesRegenerated,
    second_factors::BackupCodeUsed,
    second_factors::PasskeyAdded,
    second_factors::PasskeyRenamed,
    second_factors::PasskeyRemoved,
    second_factors::SecondFactorPolicyChanged,
    second_factors::SecondFactorResetRequested,
    second_factors::SecondFactorResetCancelled,
    second_factors::SecondFactorsReset,
    identities::IdentityAdded,
    identities::IdentityRemoved,
    installation::ApiKeyCreated,
    installation::ApiKeyRotated,
    installation::ApiKeyDeleted,
    installation::ApiKeyInvitationsSuspended,
    installation::ImpersonationTicketCreated,
    installation::ImpersonationStarted,
    installation::ImpersonationEnded,
    installation::DeploymentInvitationCreated,
    installation::DeploymentInvitationAccepted,
    installation::DeploymentInvitationDeleted,
    installation::WaitlistEntryCreated,
    installation::WaitlistEntryApproved,
    installation::MailRetried,
    installation::MailDropped,
    installation::WebhookEndpointCreated,
    installation::WebhookEndpointUpdated,
    installation::WebhookEndpointRotated,
    installation::WebhookEndpointDisabled,
    installation::WebhookEndpointDeleted,
    installation::WebhooksReplayed,
    installation::WebhookCancelled,
    installation::MembersExported,
    installation::InvitationsExported,
    installation::AuditLogExported,
}
