//! What a backend does with organizations by an API key, and people cannot: list all of them, create one without a
//! member, and read and write private metadata.

mod create;
mod list;
mod show;
mod update;

pub use super::sql::management::ManagedOrganization;
pub use create::Create;
pub use list::{List, OrganizationCursor, OrganizationsPage};
pub use show::{MAX_WORKSPACES, OrganizationDetails, Show};
pub use update::Update;

use crate::assurance::MfaRequirement;
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::metadata::Metadata;

use super::sql;

impl ManagedOrganization {
    /// What it requires of sign-ins.
    pub fn mfa(&self) -> MfaRequirement {
        MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from)
    }

    /// The length of the public and the private metadata together, in bytes.
    pub fn metadata_length(&self) -> usize {
        self.public_metadata.len() + self.private_metadata.len()
    }
}

/// Sets the metadata that is given, and returns the organization.
async fn set_metadata(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    public: Option<&Metadata>,
    private: Option<&Metadata>,
) -> Result<ManagedOrganization> {
    let metadata = (organization, public.map(Metadata::as_str), private.map(Metadata::as_str), cx.now);
    Ok(cx.tx.one(sql::management::SET_METADATA, metadata).await?)
}
