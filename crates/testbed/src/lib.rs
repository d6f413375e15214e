//! Test support: fresh databases of both engines and direct access to them, proxies, PostgreSQL and mail servers,
//! receivers of requests, a browser.
//!
//! `VESTIBULE_TEST_ENGINE` selects the engine under test: `sqlite` (the default) or `postgres`.
//! `VESTIBULE_TEST_POSTGRES` is the URL of a disposable PostgreSQL server, which `scripts/test` starts.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on has failed"
)]

pub mod browser;
pub mod devtools;
pub mod invariants;
pub mod open_transaction;
#[cfg(unix)]
pub mod pgbouncer;
#[cfg(unix)]
pub mod postgres_server;
mod process;
pub mod proxy;
pub mod receiver;
pub mod smtp;
pub mod virtual_authenticator;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;
use vestibule_db::{DatabaseLocation, PostgresUrl};

pub use process::{ProcessGroup, example_sources, free_port, repository, requirement};

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Each database is a file in a temporary folder.
    Sqlite,
    /// Each database is a schema on the test server.
    Postgres,
}

impl Engine {
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Returns the engine that `VESTIBULE_TEST_ENGINE` selects.
    pub fn under_test() -> Self {
        match std::env::var("VESTIBULE_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("VESTIBULE_TEST_ENGINE is {other}, neither sqlite nor postgres"),
        }
    }
}

/// A database for one test. Dropping it deletes an SQLite file; a PostgreSQL schema stays until the server is thrown
/// away.
#[derive(Debug)]
pub struct Database {
    location: DatabaseLocation,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    File { _folder: tempfile::TempDir },
    Schema { server: String, name: String },
}

impl Database {
    /// Creates an empty database on the engine under test.
    pub fn create() -> Self {
        Self::create_on(Engine::under_test())
    }

    /// Creates an empty database on this engine.
    pub fn create_on(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                Self {
                    location: DatabaseLocation::File(folder.path().join("test.db")),
                    storage: Storage::File { _folder: folder },
                }
            }
            Engine::Postgres => {
                static COUNT: AtomicU32 = AtomicU32::new(0);
                let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
                let server = server();
                on_server(&server, &format!("CREATE SCHEMA {name}"));
                Self::schema(server, name)
            }
        }
    }

    /// Opens the database that another process created and named with [`Database::name`].
    pub fn open_by_name(name: &str) -> Self {
        if name.contains('/') {
            let folder = tempfile::tempdir().unwrap();
            return Self { location: DatabaseLocation::File(name.into()), storage: Storage::File { _folder: folder } };
        }
        Self::schema(server(), name.to_owned())
    }

    /// Opens the `public` schema of another server.
    pub fn from_server_url(url: &str) -> Self {
        Self::schema(url.to_owned(), "public".to_owned())
    }

    /// Returns the name by which another process opens the database.
    pub fn name(&self) -> String {
        match &self.storage {
            Storage::File { .. } => self.location.to_string(),
            Storage::Schema { name, .. } => name.clone(),
        }
    }

    fn schema(server: String, name: String) -> Self {
        let url: PostgresUrl = server.parse().unwrap();
        let location = DatabaseLocation::Postgres(Box::new(url.with_options(&format!("-c search_path={name}"))));
        Self { location, storage: Storage::Schema { server, name } }
    }

    pub fn location(&self) -> &DatabaseLocation {
        &self.location
    }

    /// Returns the location with other server addresses, tried in this order.
    pub fn location_at(&self, addresses: &[SocketAddr]) -> DatabaseLocation {
        let url = self.url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, host) = rest.split_once('@').unwrap();
        let (_, path) = host.split_once('/').unwrap();
        let hosts = addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(",");
        DatabaseLocation::Postgres(Box::new(format!("{scheme}://{user}@{hosts}/{path}").parse().unwrap()))
    }

    pub fn engine(&self) -> Engine {
        match self.storage {
            Storage::File { .. } => Engine::Sqlite,
            Storage::Schema { .. } => Engine::Postgres,
        }
    }

    /// Returns the URL of a PostgreSQL database, or the path of an SQLite file.
    pub fn url(&self) -> String {
        match &self.storage {
            Storage::File { .. } => self.location.to_string(),
            Storage::Schema { server, name } => {
                let sign = if server.contains('?') { '&' } else { '?' };
                format!("{server}{sign}options=-c%20search_path%3D{name}")
            }
        }
    }

    /// Returns the first column of the first row as a number.
    pub fn count(&self, query: &str) -> i64 {
        self.rows(query)[0][0].parse().unwrap()
    }

    /// Returns all rows with every value as text. Null is the empty text.
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        match &self.storage {
            Storage::File { .. } => {
                let connection = rusqlite::Connection::open(self.location.file().unwrap()).unwrap();
                let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    (0..columns)
                        .map(|index| {
                            Ok(match row.get::<_, rusqlite::types::Value>(index)? {
                                rusqlite::types::Value::Integer(number) => number.to_string(),
                                rusqlite::types::Value::Text(text) => text,
                                rusqlite::types::Value::Null => String::new(),
                                other => format!("{other:?}"),
                            })
                        })
                        .collect()
                });
                rows.unwrap().map(Result::unwrap).collect()
            }
            Storage::Schema { server, name } => on_server(server, &format!("SET search_path = {name}; {query}")),
        }
    }

    /// Executes one statement and returns the number of changed rows.
    pub fn execute(&self, statement: &str) -> usize {
        match &self.storage {
            Storage::File { .. } => {
                let connection = rusqlite::Connection::open(self.location.file().unwrap()).unwrap();
                connection.execute(statement, []).unwrap_or_else(|error| panic!("{statement}: {error}"))
            }
            Storage::Schema { server, name } => {
                let counted = format!("WITH changed AS ({statement} RETURNING 1) SELECT COUNT(*) FROM changed");
                on_server(server, &format!("SET search_path = {name}; {counted}"))[0][0].parse().unwrap()
            }
        }
    }

    /// Returns the table names in alphabetical order.
    pub fn tables(&self) -> Vec<String> {
        let query = match self.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Engine::Postgres => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() \
                 AND table_type = 'BASE TABLE' ORDER BY table_name"
            }
        };
        self.rows(query).into_iter().flatten().collect()
    }
}

/// Returns the URL of the test server.
pub fn server() -> String {
    std::env::var("VESTIBULE_TEST_POSTGRES")
        .expect("VESTIBULE_TEST_POSTGRES is not set: run ./scripts/test, which starts PostgreSQL")
}

/// Returns the address of the test server.
pub fn server_address() -> SocketAddr {
    let server = server();
    let (_, rest) = server.split_once('@').expect("a URL with a user");
    rest.split(['/', '?']).next().unwrap().parse().expect("an address and a port")
}

/// Executes statements on a server and returns all rows with every value as text. Null is the empty text.
///
/// Uses a new connection on a new thread, so that it works inside and outside of an async runtime.
pub fn on_server(server: &str, statements: &str) -> Vec<Vec<String>> {
    let (server, statements) = (server.to_owned(), statements.to_owned());
    let thread = std::thread::spawn(move || {
        on_server_with(&server, async |client| {
            let messages = client.simple_query(&statements).await;
            let messages = messages.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
            let rows = messages.into_iter().filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            rows.map(|row| (0..row.len()).map(|index| row.get(index).unwrap_or_default().to_owned()).collect())
                .collect()
        })
    });
    thread.join().unwrap()
}

/// Calls `run` with a connection to a server, on this thread.
fn on_server_with<T>(server: &str, run: impl AsyncFnOnce(&tokio_postgres::Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let session = async {
        let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let output = run(&client).await;
        drop(client);
        connection.await.unwrap().unwrap();
        output
    };
    // The client logs the text of each statement. Those of tests contain addresses, and are none of the service, whose log
    // is searched for addresses.
    tracing::dispatcher::with_default(&tracing::Dispatch::none(), || runtime.block_on(session))
}
