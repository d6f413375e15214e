//! What is one's own: contract B.10, and ours: what one is invited to.

pub(crate) mod account;
pub(crate) mod deleted_organizations;
pub(crate) mod invitations;
pub(crate) mod organization_memberships;
pub(crate) mod workspace_memberships;
