//! Bringing a database to the schema this binary speaks: twin files of equal names for each engine, one step each.

use super::OpenError;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts from 1 without gaps; what the database remembers.
    pub version: i64,
    /// The file's name without number and ending.
    pub name: &'static str,
    /// Its text for SQLite.
    pub sqlite: &'static str,
    /// Its text for PostgreSQL.
    pub postgres: &'static str,
}

macro_rules! migrations {
    ($($file:literal = $version:literal $name:literal;)+) => {
        /// Every step, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $file, "_", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $file, "_", $name, ".sql")),
        }),+];
    };
}

migrations! {
    "0001" = 1 "foundation";
    "0002" = 2 "nodes";
    "0003" = 3 "removal";
    "0004" = 4 "handovers";
    "0005" = 5 "images";
    "0006" = 6 "pictures";
    "0007" = 7 "waitlist";
    "0008" = 8 "bulk";
    "0009" = 9 "domains";
    "0010" = 10 "letters";
    "0011" = 11 "revisions";
    "0012" = 12 "housekeeping";
    "0013" = 13 "session_revisions";
    "0014" = 14 "workspace_indexes";
    "0015" = 15 "checks";
    "0016" = 16 "role_keys";
    "0017" = 17 "pending_addresses";
}

/// The schema this binary speaks.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The steps that a database at this version lacks. Error: `Newer`.
pub(super) fn after(found: i64) -> Result<impl Iterator<Item = &'static Migration>, OpenError> {
    if found > newest() {
        return Err(OpenError::Newer { found, known: newest() });
    }
    Ok(MIGRATIONS.iter().filter(move |migration| migration.version > found))
}
