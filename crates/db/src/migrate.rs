//! The migrations that this binary embeds: one file for each engine, under the same name.
//!
//! A database records every migration it has applied, with the checksum of its file. A file that is changed later is
//! refused, because the database does not have the schema that the file describes.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::OpenError;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Versions count from 1, without gaps.
    pub version: i64,
    /// The file's name without number and extension.
    pub name: &'static str,
    pub sqlite: MigrationFile,
    pub postgres: MigrationFile,
}

/// The text of a migration for one engine.
#[derive(Clone, Copy, Debug)]
pub struct MigrationFile {
    /// Relative to the repository's root.
    pub path: &'static str,
    pub text: &'static str,
}

impl MigrationFile {
    /// SHA-256 of the text, in hexadecimal.
    pub fn checksum(&self) -> String {
        let mut checksum = String::new();
        for byte in Sha256::digest(self.text) {
            // Writing to a `String` cannot fail.
            let _ = write!(checksum, "{byte:02x}");
        }
        checksum
    }
}

/// A migration that a database has recorded.
pub(super) struct Applied {
    pub(super) version: i64,
    /// Empty in a database of a development version that recorded no checksums.
    pub(super) checksum: String,
}

macro_rules! migrations {
    ($($file:literal = $version:literal $name:literal;)+) => {
        /// Every migration, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: MigrationFile {
                path: concat!("migrations/sqlite/", $file, "_", $name, ".sql"),
                text: include_str!(concat!("../../../migrations/sqlite/", $file, "_", $name, ".sql")),
            },
            postgres: MigrationFile {
                path: concat!("migrations/postgres/", $file, "_", $name, ".sql"),
                text: include_str!(concat!("../../../migrations/postgres/", $file, "_", $name, ".sql")),
            },
        }),+];
    };
}

migrations! {
    "0001" = 1 "foundation";
    "0002" = 2 "security";
    "0003" = 3 "clients";
    "0004" = 4 "search";
    "0005" = 5 "notices";
    "0006" = 6 "invitation_message";
    "0007" = 7 "request_list";
    "0008" = 8 "languages";
    "0009" = 9 "api_keys";
    "0010" = 10 "users";
    "0011" = 11 "organizations";
    "0012" = 12 "workspaces";
    "0013" = 13 "impersonation";
    "0014" = 14 "deployment_invitations";
    "0015" = 15 "audit_log";
    "0016" = 16 "webhooks";
    "0017" = 17 "second_factors";
    "0018" = 18 "identities";
}

/// The schema version of this binary.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// Returns the schema version of a database that has applied these migrations, 0 if none.
///
/// # Errors
/// `MigrationChanged` if a file's checksum is not the recorded one.
pub(super) fn verify(applied: &[Applied], file: impl Fn(&Migration) -> MigrationFile) -> Result<i64, OpenError> {
    for migration in MIGRATIONS {
        let file = file(migration);
        let recorded = applied.iter().find(|applied| applied.version == migration.version);
        if recorded.is_some_and(|applied| applied.checksum != file.checksum()) {
            return Err(OpenError::MigrationChanged { file: file.path });
        }
    }
    Ok(applied.iter().map(|applied| applied.version).max().unwrap_or(0))
}

/// The migrations that a database of this version lacks.
///
/// # Errors
/// `Newer` if this binary does not know the version.
pub(super) fn after(found: i64) -> Result<impl Iterator<Item = &'static Migration>, OpenError> {
    if found > newest() {
        return Err(OpenError::Newer { found, known: newest() });
    }
    Ok(MIGRATIONS.iter().filter(move |migration| migration.version > found))
}
