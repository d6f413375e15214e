//! The signed-in user's account, addresses, password, second factors, social accounts, sign-ins, memberships and
//! invitations.

pub(crate) mod account;
pub(crate) mod addresses;
pub(crate) mod authenticator;
pub(crate) mod backup_codes;
pub(crate) mod deleted_organizations;
pub(crate) mod invitations;
pub(crate) mod notifications;
pub(crate) mod organization_memberships;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod reauthenticate;
pub(crate) mod sign_ins;
pub(crate) mod social_connections;
pub(crate) mod update;
pub(crate) mod workspace_memberships;
