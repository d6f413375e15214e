//! For the suite only: fresh databases of either engine, and a look at them past the service. Nothing else in the suite
//! names a driver.
//!
//! One suite runs on both engines: `VESTIBULE_TEST_ENGINE` is `sqlite` (the default) or `postgres`, and
//! `VESTIBULE_TEST_POSTGRES` the URL of a server that nobody else uses. `scripts/test` starts one and throws it away.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on has failed"
)]

pub mod held;
pub mod invariants;
#[cfg(unix)]
pub mod own_server;
pub mod proxy;
pub mod smtp;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;
use vestibule_db::{DatabaseLocation, PostgresUrl};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a folder of its own.
    Sqlite,
    /// A schema of its own on the suite's server.
    Postgres,
}

impl Engine {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The one that this run of the suite is about.
    pub fn of_this_run() -> Self {
        match std::env::var("VESTIBULE_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("VESTIBULE_TEST_ENGINE is {other}, neither sqlite nor postgres"),
        }
    }
}

/// A database of a test's own. A file goes with the test; a schema stays, since the server is thrown away.
#[derive(Debug)]
pub struct Database {
    place: DatabaseLocation,
    made: Made,
}

#[derive(Debug)]
enum Made {
    File { _folder: tempfile::TempDir },
    Schema { server: String, name: String },
}

impl Database {
    /// An empty one, on the engine of this run.
    pub fn fresh() -> Self {
        Self::fresh_on(Engine::of_this_run())
    }

    /// An empty one on this engine.
    pub fn fresh_on(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                Self {
                    place: DatabaseLocation::File(folder.path().join("test.db")),
                    made: Made::File { _folder: folder },
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

    /// The one that another process has made, by the name that [`Database::name`] gives.
    pub fn named(name: &str) -> Self {
        if name.contains('/') {
            let folder = tempfile::tempdir().unwrap();
            return Self { place: DatabaseLocation::File(name.into()), made: Made::File { _folder: folder } };
        }
        Self::schema(server(), name.to_owned())
    }

    /// All there is in the first schema of another server than the suite's.
    pub fn of_server(url: &str) -> Self {
        Self::schema(url.to_owned(), "public".to_owned())
    }

    /// What another process finds it by.
    pub fn name(&self) -> String {
        match &self.made {
            Made::File { .. } => self.place.to_string(),
            Made::Schema { name, .. } => name.clone(),
        }
    }

    fn schema(server: String, name: String) -> Self {
        let url: PostgresUrl = server.parse().unwrap();
        let place = DatabaseLocation::Postgres(Box::new(url.with_options(&format!("-c search_path={name}"))));
        Self { place, made: Made::Schema { server, name } }
    }

    /// Where it is.
    pub fn place(&self) -> &DatabaseLocation {
        &self.place
    }

    /// Where it is when its server is reached by other addresses, tried in this order.
    pub fn place_at(&self, addresses: &[SocketAddr]) -> DatabaseLocation {
        let url = self.url();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, host) = rest.split_once('@').unwrap();
        let (_, path) = host.split_once('/').unwrap();
        let hosts = addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(",");
        DatabaseLocation::Postgres(Box::new(format!("{scheme}://{user}@{hosts}/{path}").parse().unwrap()))
    }

    /// Which of the two it is.
    pub fn engine(&self) -> Engine {
        match self.made {
            Made::File { .. } => Engine::Sqlite,
            Made::Schema { .. } => Engine::Postgres,
        }
    }

    /// The URL under which a program finds it; the path of a file.
    pub fn url(&self) -> String {
        match &self.made {
            Made::File { .. } => self.place.to_string(),
            Made::Schema { server, name } => {
                let sign = if server.contains('?') { '&' } else { '?' };
                format!("{server}{sign}options=-c%20search_path%3D{name}")
            }
        }
    }

    /// The first column of the first row, which must be a number.
    pub fn count(&self, query: &str) -> i64 {
        self.rows(query)[0][0].parse().unwrap()
    }

    /// Every row, every value as text; nothing is the empty text.
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        match &self.made {
            Made::File { .. } => {
                let connection = rusqlite::Connection::open(self.place.file().unwrap()).unwrap();
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
            Made::Schema { server, name } => on_server(server, &format!("SET search_path = {name}; {query}")),
        }
    }

    /// Changes the database itself, where no command leads, and says how many rows.
    pub fn execute(&self, statement: &str) -> usize {
        match &self.made {
            Made::File { .. } => {
                let connection = rusqlite::Connection::open(self.place.file().unwrap()).unwrap();
                connection.execute(statement, []).unwrap_or_else(|error| panic!("{statement}: {error}"))
            }
            Made::Schema { server, name } => {
                let counted = format!("WITH changed AS ({statement} RETURNING 1) SELECT COUNT(*) FROM changed");
                on_server(server, &format!("SET search_path = {name}; {counted}"))[0][0].parse().unwrap()
            }
        }
    }

    /// The names of its tables.
    pub fn tables(&self) -> Vec<String> {
        let query = match self.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Engine::Postgres => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
            }
        };
        self.rows(query).into_iter().flatten().collect()
    }
}

/// The suite's server.
pub fn server() -> String {
    std::env::var("VESTIBULE_TEST_POSTGRES")
        .expect("VESTIBULE_TEST_POSTGRES is not set: run ./scripts/test, which starts PostgreSQL")
}

/// Where that server listens.
pub fn server_address() -> SocketAddr {
    let server = server();
    let (_, rest) = server.split_once('@').expect("a URL with a user");
    rest.split(['/', '?']).next().unwrap().parse().expect("an address and a port")
}

/// Runs statements on a server, and gives every row, every value as text; nothing is the empty text. On a connection and in
/// a thread of their own, because tests call this from inside a runtime and outside.
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

/// Lets something use a connection to a server, in this thread.
fn on_server_with<T>(server: &str, using: impl AsyncFnOnce(&tokio_postgres::Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(server, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let used = using(&client).await;
        drop(client);
        connection.await.unwrap().unwrap();
        used
    })
}
