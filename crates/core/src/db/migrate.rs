//! Bringing a database to the schema this binary speaks: twin files of equal names for each engine, one step each.

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts from 1 without gaps; what the database remembers.
    pub version: i64,
    /// The file's name without number and ending.
    pub name: &'static str,
    /// Its text for SQLite.
    pub sqlite: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal;)+) => {
        /// Every step, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/000", $version, "_", $name, ".sql")),
        }),+];
    };
}

migrations! {
    1 "foundation";
}
