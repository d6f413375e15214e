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
    ($($version:literal $name:literal;)+) => {
        /// Every step, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/000", $version, "_", $name, ".sql")),
            postgres: include_str!(concat!("../../../../migrations/postgres/000", $version, "_", $name, ".sql")),
        }),+];
    };
}

migrations! {
    1 "foundation";
    2 "nodes";
    3 "removal";
    4 "handovers";
    5 "images";
    6 "pictures";
    7 "waitlist";
    8 "bulk";
    9 "domains";
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
