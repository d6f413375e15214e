//! From settings to an open service: folders, the key, the database, and what carries mail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestibule_core::db::{Db, Place, is_foreign};
use vestibule_core::domain::{Dns, HickoryDns, NoDns};
use vestibule_core::images::ImageStore;
use vestibule_core::keys::Keys;
use vestibule_core::mail::{Carrier, FileCarrier, SmtpCarrier, Templates};
use vestibule_core::random::SystemRandomness;
use vestibule_core::service::{Parts, Service, ServiceError};
use vestibule_core::settings::{Bucket, Hidden, ImagePlace, Settings, Smtp, Transport};
use vestibule_core::time::{Clock, SystemClock};

use crate::key::key;
use crate::settings::Loaded;
use crate::start_error::StartError;

/// Opens the service, making on the way what is not there yet.
pub(crate) async fn open(loaded: &Loaded) -> Result<Arc<Service>, StartError> {
    refuse_foreign(&loaded.database)?;
    make_folder(&loaded.database)?;
    let carrier = carrier(loaded)?;
    open_with(loaded, Arc::new(SystemClock), carrier).await
}

/// The same with another clock and carrier: a demo begins in the past, and reads its own mail.
pub(crate) async fn open_with(
    loaded: &Loaded,
    clock: Arc<dyn Clock>,
    carrier: Option<Arc<dyn Carrier>>,
) -> Result<Arc<Service>, StartError> {
    let random = Arc::new(SystemRandomness);
    let place = place(loaded)?;
    make_folder(&place)?;
    refuse_foreign(&place)?;
    // Only for who has no key yet: it takes a connection of its own.
    let is_new =
        !loaded.key_file.exists() && place.is_new().await.map_err(|error| StartError::database(&place, error))?;
    let key = key(&loaded.key_file, &place, is_new, random.as_ref())?;
    make_private(&place)?;
    let db = Db::open(&place, loaded.postgres, clock.now()).await;
    let parts = Parts {
        db: db.map_err(|error| StartError::database(&place, error))?,
        clock,
        random,
        settings: settings(loaded)?,
        keys: Keys::new(&key),
        carrier,
        templates: templates(loaded)?,
        images: images(loaded)?,
        dns: dns(loaded),
    };
    Service::open(parts).await.map_err(|error| match error {
        ServiceError::WrongKey => {
            StartError::KeyOfAnotherDatabase { key_file: loaded.key_file.clone(), database: place }
        }
        ServiceError::Database(problem) => StartError::Preparing { database: place, reason: problem.to_string() },
    })
}

/// The settings, with the secret that signs reports of undelivered mail from its file.
fn settings(loaded: &Loaded) -> Result<Settings, StartError> {
    let mut settings = loaded.settings.clone();
    if let Some(file) = &loaded.bounce_secret_file {
        settings.mail.bounce_secret = Some(secret(file, "mail.bounce_secret_file")?);
    }
    Ok(settings)
}

/// Where the database is, with the password from its file. Error: `SecretFile`.
pub(crate) fn place(loaded: &Loaded) -> Result<Place, StartError> {
    with_password(&loaded.database, loaded.database_password_file.as_ref())
}

/// The same place with the password that stands in a file, if it is a server whose URL has none. Error: `SecretFile`.
pub(crate) fn with_password(place: &Place, file: Option<&PathBuf>) -> Result<Place, StartError> {
    match (place, file) {
        (Place::Postgres(url), Some(file)) => {
            let password = secret(file, "database_password_file")?;
            Ok(Place::Postgres(Box::new(url.as_ref().clone().or_password(password.as_str()))))
        }
        _ => Ok(place.clone()),
    }
}

/// Makes the database's folder, for its owner only: what lies in it is everybody's data and the key to it.
pub(crate) fn make_folder(database: &Place) -> Result<(), StartError> {
    let folder = database.file().and_then(Path::parent);
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| StartError::DatabaseFolder { folder: folder.to_owned(), error })
}

/// Says that a file is something else before anything is made beside it, or looked for.
fn refuse_foreign(database: &Place) -> Result<(), StartError> {
    if database.file().is_some_and(is_foreign) {
        return Err(StartError::NotADatabase { database: database.clone() });
    }
    Ok(())
}

/// Makes the database's file before SQLite does, so that nobody else can ever read it; what SQLite puts beside it has the
/// same mode.
pub(crate) fn make_private(database: &Place) -> Result<(), StartError> {
    let Some(file) = database.file() else {
        return Ok(());
    };
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .map(|_| ())
        .map_err(|error| StartError::DatabaseUnusable { database: database.clone(), reason: error.to_string() })
}

/// Who answers for DNS. Without anybody no domain can be proved, and everything else goes on.
fn dns(loaded: &Loaded) -> Arc<dyn Dns> {
    match HickoryDns::new(loaded.resolver) {
        Ok(dns) => Arc::new(dns),
        Err(error) => {
            tracing::warn!(%error, "the system names no DNS server; set domains.resolver, or no domain can be proved");
            Arc::new(NoDns)
        }
    }
}

/// Where images are, with the secret from its file.
fn images(loaded: &Loaded) -> Result<ImageStore, StartError> {
    let mut place = loaded.settings.images.place.clone();
    if let (ImagePlace::Bucket(Bucket { key: Some((_, hidden)), .. }), Some(file)) =
        (&mut place, &loaded.images_secret_file)
    {
        *hidden = secret(file, "images.secret_file")?;
    }
    // No more of it than a bucket needs: there are others' secrets in it.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
    let environment = environment.filter(|(name, _)| name.starts_with("AWS_"));
    ImageStore::open(&place, environment.collect()).map_err(StartError::Images)
}

/// What carries mail, as the settings say. Nobody is connected to yet.
pub(crate) fn carrier(loaded: &Loaded) -> Result<Option<Arc<dyn Carrier>>, StartError> {
    match &loaded.settings.mail.transport {
        Transport::None => Ok(None),
        Transport::File(folder) => match FileCarrier::new(folder.clone()) {
            Ok(carrier) => Ok(Some(Arc::new(carrier))),
            Err(error) => Err(StartError::MailFolder { folder: folder.clone(), error }),
        },
        Transport::Smtp(smtp) => Ok(Some(Arc::new(smtp_carrier(loaded, smtp)?))),
    }
}

/// The carrier to a mail server, with the password from its file.
pub(crate) fn smtp_carrier(loaded: &Loaded, smtp: &Smtp) -> Result<SmtpCarrier, StartError> {
    let mut smtp = smtp.clone();
    if let (Some((_, password)), Some(file)) = (&mut smtp.credentials, &loaded.mail_password_file) {
        *password = secret(file, "mail.password_file")?;
    }
    let name = loaded.settings.public_url.host_in_names();
    SmtpCarrier::new(&smtp, name).map_err(|error| StartError::MailServer { host: smtp.host, error })
}

/// The words of mails, and whoever has their own in place of ours.
pub(crate) fn templates(loaded: &Loaded) -> Result<Templates, StartError> {
    let templates = match &loaded.settings.mail.templates {
        None => Templates::built_in(),
        Some(folder) => Templates::in_folder(folder),
    };
    templates.map_err(StartError::MailTemplate)
}

/// What a file holds and nothing else.
fn secret(file: &Path, setting: &'static str) -> Result<Hidden, StartError> {
    let cannot = |error| StartError::SecretFile { setting, file: file.to_owned(), error };
    let text = std::fs::read_to_string(file).map_err(cannot)?;
    Ok(Hidden::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}
