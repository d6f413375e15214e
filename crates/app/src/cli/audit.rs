//! The arguments of `vestibule audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_core::id::OrganizationId;

use crate::settings::Flags;

const HELP: &str = "\
Examples:
  vestibule audit verify                        Verify all chains of the database
  vestibule audit verify --organization ID      Only that of one organization
  vestibule audit verify --checkpoints FILE     Also against checkpoints that were
                                                written elsewhere
  vestibule audit key > audit.pem               Print the public key of checkpoints
  vestibule audit verify --export log.jsonl --checkpoints FILE --public-key audit.pem
                                                Verify an export without a database

verify also works while the server runs, and changes nothing.

Exit codes: 0 all entries fit, 1 error, or an entry does not fit, 2 invalid
command line";

#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_help = HELP)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify the audit log, and name the first entry of each chain that does not fit
    Verify(VerifyArgs),
    /// Print the public key that verifies checkpoints
    Key(Flags),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct VerifyArgs {
    /// Only the chain of this organization
    #[arg(long, value_name = "ID", conflicts_with = "export")]
    pub(crate) organization: Option<OrganizationId>,
    /// Verify this export (JSON Lines, without a filter) instead of the database
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Checkpoints from elsewhere: the file of `audit.checkpoint_file`
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// The public key of the installation, for an export [default: from the master key]
    #[arg(long, value_name = "FILE", requires = "export")]
    pub(crate) public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}
