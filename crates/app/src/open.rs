//! From settings to an open service: folders, the key, the database, and what carries mail.

use std::path::Path;
use std::sync::Arc;

use vestibule_core::db::{Db, Sqlite, is_foreign};
use vestibule_core::id::IdSource;
use vestibule_core::keys::Keys;
use vestibule_core::mail::{Carrier, FileCarrier};
use vestibule_core::random::SystemRandomness;
use vestibule_core::service::{Parts, Service, ServiceError};
use vestibule_core::settings::Transport;
use vestibule_core::time::{Clock, SystemClock};

use crate::key::key;
use crate::settings::Loaded;
use crate::start_error::StartError;

/// Opens the service, making on the way what is not there yet.
pub(crate) async fn open(loaded: &Loaded) -> Result<Arc<Service>, StartError> {
    make_folder(&loaded.database)?;
    refuse_foreign(&loaded.database)?;
    let carrier = carrier(&loaded.settings.mail.transport)?;
    open_with(loaded, Arc::new(SystemClock), carrier).await
}

/// The same with another clock and carrier: a demo begins in the past, and reads its own mail.
pub(crate) async fn open_with(
    loaded: &Loaded,
    clock: Arc<dyn Clock>,
    carrier: Option<Arc<dyn Carrier>>,
) -> Result<Arc<Service>, StartError> {
    let database = &loaded.database;
    make_folder(database)?;
    let random = Arc::new(SystemRandomness);
    refuse_foreign(database)?;
    let key = key(&loaded.key_file, database, random.as_ref())?;
    make_private(database)?;
    let sqlite = Sqlite::open(database, clock.now()).map_err(|error| StartError::database(database, error))?;
    let parts = Parts {
        db: Db::Sqlite(sqlite),
        clock,
        random,
        // One process has a SQLite file open, so one node is all there is.
        ids: IdSource::new(0),
        settings: loaded.settings.clone(),
        keys: Keys::new(&key),
        carrier,
    };
    Service::open(parts).await.map_err(|error| match error {
        ServiceError::WrongKey => {
            StartError::KeyOfAnotherDatabase { key_file: loaded.key_file.clone(), database: database.clone() }
        }
        ServiceError::Database(problem) => {
            StartError::Preparing { database: database.clone(), reason: problem.to_string() }
        }
    })
}

/// Makes the database's folder, for its owner only: what lies in it is everybody's data and the key to it.
fn make_folder(database: &Path) -> Result<(), StartError> {
    let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| StartError::DatabaseFolder { folder: folder.to_owned(), error })
}

/// Says that a file is something else before anything is made beside it, or looked for.
fn refuse_foreign(database: &Path) -> Result<(), StartError> {
    if is_foreign(database) { Err(StartError::NotADatabase { database: database.to_owned() }) } else { Ok(()) }
}

/// Makes the database's file before SQLite does, so that nobody else can ever read it; what SQLite puts beside it has the
/// same mode.
fn make_private(database: &Path) -> Result<(), StartError> {
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(database)
        .map(|_| ())
        .map_err(|error| StartError::DatabaseUnusable { database: database.to_owned(), reason: error.to_string() })
}

fn carrier(transport: &Transport) -> Result<Option<Arc<dyn Carrier>>, StartError> {
    match transport {
        Transport::None => Ok(None),
        Transport::File(folder) => match FileCarrier::new(folder.clone()) {
            Ok(carrier) => Ok(Some(Arc::new(carrier))),
            Err(error) => Err(StartError::MailFolder { folder: folder.clone(), error }),
        },
    }
}
