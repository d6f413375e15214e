//! The audit log: an entry for each event, in a hash chain for each organization and one for the installation.
//!
//! A command stores its entries unsealed, in its own transaction and without a lock that others wait for. The sealer gives
//! them their number in the chain and the hash over their content and the previous hash, a moment after the commit. Signed
//! checkpoints of the ends of the chains show if the newest entries are deleted. `docs/audit-log.md` describes the format.

mod chain;
mod checkpoint;
mod erase;
mod export;
mod for_backend;
mod line;
mod list;
mod make_checkpoints;
mod retain;
mod seal;
pub(crate) mod sql;
mod verify;
mod worker;

pub use chain::{Hash, SealedEntry, ZERO_HASH};
pub use checkpoint::{Checkpoint, CheckpointKey, CheckpointVerifier, InvalidCheckpoint};
pub use erase::erase_requested;
pub use export::{Export, ExportBatch, ExportFormat, StartExport};
pub use for_backend::{EntriesPage, ListInstallationEntries, ListOrganizationEntries, PageStart};
pub use line::{ExportLine, InvalidLine, hex};
pub(crate) use list::read_page;
pub use list::{AuditLogPage, Filter, ListEntries, ListOwnEntries};
pub use make_checkpoints::make_checkpoints;
pub use retain::delete_expired;
pub use seal::seal_all;
pub use sql::{Chain, Entry, MissingChain};
pub use verify::{
    ChainReport, ChainVerifier, CountUnsealed, Finding, FindingKind, ListChains, ListMissingChains, verify_chain,
};
pub use worker::run_worker;

use crate::id::OrganizationId;

/// The installation's own chain, as an organization's number.
pub const INSTALLATION: i64 = 0;

/// The number of an organization's chain; `None` for the installation.
pub fn chain_number(organization: Option<OrganizationId>) -> i64 {
    organization.map_or(INSTALLATION, OrganizationId::get)
}
