//! Builds the service from the settings: directories, master key, database, mail transport, image storage, DNS.
//!
//! Secrets are read from their files here, so that the settings contain only paths.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::dns::{Dns, HickoryDns, NoDns};
use vestibule_core::execution::Dependencies;
use vestibule_core::image_store::ImageStore;
use vestibule_core::mail::{FileTransport, MailTransport, SmtpTransport, Templates};
use vestibule_core::password::check_breached_file;
use vestibule_core::random::SystemRandomness;
use vestibule_core::secret::Keys;
use vestibule_core::service::{Service, ServiceError};
use vestibule_core::settings::{
    Bucket, ClientCredential, ImageStorage, Settings, Smtp, Social, Transport, TrustedCertificates,
};
use vestibule_core::time::{Clock, SystemClock};
use vestibule_db::{DatabaseLocation, Db, PostgresOptions, create_private_dir, is_foreign, private_file_options};

use crate::error::AppError;
use crate::master_key;
use crate::secret_file;
use crate::settings::{LoadedSettings, ProviderSecretFile};

/// How long an operator's query on PostgreSQL may take, instead of the two seconds of a request.
const READING_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens the service. Creates the directories, the master key and the database if they do not exist.
pub(crate) async fn open_service(loaded: &LoadedSettings) -> Result<Arc<Service>, AppError> {
    reject_foreign_file(&loaded.database)?;
    create_database_dir(&loaded.database)?;
    let transport = mail_transport(loaded)?;
    open_service_with(loaded, Arc::new(SystemClock), transport).await
}

/// Opens the service on an existing database for an operator command, and creates or migrates nothing. Call
/// [`Service::close`] at the end.
///
/// # Errors
/// `DatabaseMissing`, `DatabaseOutdated`; `DatabaseInUse` on SQLite while a server runs.
pub(crate) async fn open_existing(loaded: &LoadedSettings) -> Result<Arc<Service>, AppError> {
    let location = existing_database(loaded).await?;
    let pending = location.pending_migrations().await.map_err(|error| AppError::database(&location, error))?.len();
    if pending > 0 {
        return Err(AppError::DatabaseOutdated { database: location, pending });
    }
    open_service(loaded).await
}

/// Opens the service on an existing database for queries, also while a server has locked the file.
///
/// # Errors
/// `DatabaseMissing`, `DatabaseOutdated`.
pub(crate) async fn open_for_reading(loaded: &LoadedSettings) -> Result<Arc<Service>, AppError> {
    let location = existing_database(loaded).await?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let key = master_key::load_or_create(&loaded.key_file, &location, false, random.as_ref())?;
    // A list may read many rows, and no request waits for it.
    let postgres = PostgresOptions { timeout: READING_TIMEOUT, ..loaded.postgres };
    let db = Db::open_read_only(&location, postgres, clock.now()).await;
    Ok(Service::open_read_only(Dependencies {
        db: db.map_err(|error| AppError::database(&location, error))?,
        clock,
        random,
        settings: loaded.settings.clone(),
        keys: Keys::new(&key),
        mail_transport: None,
        templates: Templates::built_in().map_err(AppError::MailTemplate)?,
        images: ImageStore::in_memory(),
        dns: Arc::new(NoDns),
    }))
}

async fn existing_database(loaded: &LoadedSettings) -> Result<DatabaseLocation, AppError> {
    let location = database_location(loaded)?;
    reject_foreign_file(&location)?;
    if location.is_new().await.map_err(|error| AppError::database(&location, error))? {
        return Err(AppError::DatabaseMissing { database: location });
    }
    Ok(location)
}

/// Opens the service with another clock and mail transport. The demo creates its data in the past and reads its own
/// mail.
pub(crate) async fn open_service_with(
    loaded: &LoadedSettings,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn MailTransport>>,
) -> Result<Arc<Service>, AppError> {
    check_breached_passwords(loaded)?;
    let random = Arc::new(SystemRandomness);
    let location = database_location(loaded)?;
    create_database_dir(&location)?;
    reject_foreign_file(&location)?;
    // `is_new` opens a connection of its own, so it runs only if there is no key yet.
    let is_new =
        !loaded.key_file.exists() && location.is_new().await.map_err(|error| AppError::database(&location, error))?;
    let key = master_key::load_or_create(&loaded.key_file, &location, is_new, random.as_ref())?;
    create_private_file(&location)?;
    let db = Db::open(&location, loaded.postgres, clock.now()).await;
    let dependencies = Dependencies {
        db: db.map_err(|error| AppError::database(&location, error))?,
        clock,
        random,
        settings: service_settings(loaded)?,
        keys: Keys::new(&key),
        mail_transport: transport,
        templates: mail_templates(loaded)?,
        images: image_store(loaded)?,
        dns: dns(loaded),
    };
    Service::open(dependencies).await.map_err(|error| match error {
        ServiceError::WrongKey => AppError::WrongKey { key_file: loaded.key_file.clone(), database: location },
        ServiceError::Database(problem) => AppError::DatabaseSetup { database: location, reason: problem.to_string() },
    })
}

/// Returns the settings of the service, including the bounce secret, the images of the brand, the trusted certificates
/// and the secrets of providers from their files.
pub(crate) fn service_settings(loaded: &LoadedSettings) -> Result<Settings, AppError> {
    let mut settings = loaded.settings.clone();
    settings.branding.read_files().map_err(AppError::BrandImage)?;
    if let Some(file) = &loaded.bounce_secret_file {
        settings.mail.bounce_secret = Some(secret_file::read_signing_secret(file, "mail.bounce_secret_file")?);
    }
    if let Some(file) = &loaded.http_ca_file {
        let failed = |reason| AppError::CaFile { file: file.clone(), reason };
        let pem = std::fs::read(file).map_err(|error| failed(format!("cannot be read: {error}")))?;
        settings.http_client.certificates = TrustedCertificates::parse_pem(&pem).map_err(failed)?;
    }
    for file in &loaded.provider_secret_files {
        read_provider_secret(&mut settings.social, file)?;
    }
    Ok(settings)
}

/// Reads the client secret or the key of a provider of social sign-in.
fn read_provider_secret(social: &mut Social, file: &ProviderSecretFile) -> Result<(), AppError> {
    let provider = social.providers.iter_mut().find(|provider| provider.id == file.provider);
    match provider.map(|provider| &mut provider.credential) {
        Some(ClientCredential::Secret(secret)) => *secret = secret_file::read(&file.path, file.setting())?,
        Some(ClientCredential::AppleKey { key, .. }) => {
            *key = secret_file::read_private_key(&file.path, file.setting())?;
        }
        Some(ClientCredential::Public) | None => {}
    }
    Ok(())
}

/// Checks the files that are read only when a server starts. Errors: `SecretFile`, `BrandImage`, `CaFile`.
pub(crate) fn check_secret_files(loaded: &LoadedSettings) -> Result<(), AppError> {
    service_settings(loaded)?;
    image_storage(loaded).map(|_| ())
}

/// Returns the location of the database, including the password from its file. Error: `SecretFile`.
pub(crate) fn database_location(loaded: &LoadedSettings) -> Result<DatabaseLocation, AppError> {
    with_password(&loaded.database, loaded.database_password_file.as_ref())
}

/// Adds the password from `file` to a PostgreSQL URL that has none. Error: `SecretFile`.
pub(crate) fn with_password(location: &DatabaseLocation, file: Option<&PathBuf>) -> Result<DatabaseLocation, AppError> {
    match (location, file) {
        (DatabaseLocation::Postgres(url), Some(file)) => {
            let password = secret_file::read(file, "database_password_file")?;
            Ok(DatabaseLocation::Postgres(Box::new(url.as_ref().clone().with_default_password(password.as_str()))))
        }
        _ => Ok(location.clone()),
    }
}

/// Creates the directory of the SQLite file, accessible by its owner only: it also contains the master key and the
/// mail.
pub(crate) fn create_database_dir(database: &DatabaseLocation) -> Result<(), AppError> {
    let dir = database.file().and_then(Path::parent);
    let Some(dir) = dir.filter(|dir| !dir.as_os_str().is_empty()) else {
        return Ok(());
    };
    create_private_dir(dir).map_err(|error| AppError::DatabaseDir { dir: dir.to_owned(), error })
}

/// Rejects a file that is not a Vestibule database, before anything is created next to it.
fn reject_foreign_file(database: &DatabaseLocation) -> Result<(), AppError> {
    if database.file().is_some_and(is_foreign) {
        return Err(AppError::ForeignDatabase { database: database.clone() });
    }
    Ok(())
}

/// Creates the SQLite file with mode 0600 before SQLite does, so that no other user can ever read it. SQLite gives its
/// `-wal` and `-shm` files the same mode.
pub(crate) fn create_private_file(database: &DatabaseLocation) -> Result<(), AppError> {
    let Some(file) = database.file() else {
        return Ok(());
    };
    private_file_options()
        .create(true)
        .truncate(false)
        .open(file)
        .map(|_| ())
        .map_err(|error| AppError::DatabaseUnusable { database: database.clone(), reason: error.to_string() })
}

/// Checks the list of breached passwords, so that a wrong file is found when the server starts.
pub(crate) fn check_breached_passwords(loaded: &LoadedSettings) -> Result<(), AppError> {
    match &loaded.settings.breached_passwords_file {
        Some(file) => check_breached_file(file).map_err(|error| AppError::BreachedFile { file: file.clone(), error }),
        None => Ok(()),
    }
}

/// Returns the DNS client. Without a DNS server, domain verification and requests to other hosts fail, and everything
/// else works.
fn dns(loaded: &LoadedSettings) -> Arc<dyn Dns> {
    match HickoryDns::new(loaded.dns_resolver) {
        Ok(dns) => Arc::new(dns),
        Err(error) => {
            tracing::warn!(%error, "no DNS server is configured, so no domain can be verified, and no request sent to another host; set domains.resolver");
            Arc::new(NoDns)
        }
    }
}

/// Returns the setting `images.storage`, with the secret access key from its file.
fn image_storage(loaded: &LoadedSettings) -> Result<ImageStorage, AppError> {
    let mut storage = loaded.settings.images.storage.clone();
    if let (ImageStorage::Bucket(Bucket { key: Some((_, secret)), .. }), Some(file)) =
        (&mut storage, &loaded.image_secret_key_file)
    {
        *secret = secret_file::read(file, "images.secret_key_file")?;
    }
    Ok(storage)
}

fn image_store(loaded: &LoadedSettings) -> Result<ImageStore, AppError> {
    let storage = image_storage(loaded)?;
    // Passes only what a bucket needs, because the environment can contain unrelated secrets.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
    let environment = environment.filter(|(name, _)| name.starts_with("AWS_"));
    ImageStore::open(&storage, environment.collect()).map_err(AppError::Images)
}

/// Returns the configured mail transport. Does not connect to a mail server yet.
pub(crate) fn mail_transport(loaded: &LoadedSettings) -> Result<Option<Arc<dyn MailTransport>>, AppError> {
    match &loaded.settings.mail.transport {
        Transport::None => Ok(None),
        Transport::File(dir) => match FileTransport::new(dir.clone()) {
            Ok(transport) => Ok(Some(Arc::new(transport))),
            Err(error) => Err(AppError::MailDir { dir: dir.clone(), error }),
        },
        Transport::Smtp(smtp) => Ok(Some(Arc::new(smtp_transport(loaded, smtp)?))),
    }
}

/// Returns the SMTP transport, with the password from its file.
pub(crate) fn smtp_transport(loaded: &LoadedSettings, smtp: &Smtp) -> Result<SmtpTransport, AppError> {
    let mut smtp = smtp.clone();
    if let (Some((_, password)), Some(file)) = (&mut smtp.credentials, &loaded.mail_password_file) {
        *password = secret_file::read(file, "mail.password_file")?;
    }
    let client_name = loaded.settings.public_url.smtp_client_name();
    SmtpTransport::new(&smtp, client_name).map_err(|error| AppError::MailServer { host: smtp.host, error })
}

/// Returns the mail templates: the built-in ones, overridden by those of `mail.template_dir`, in the look of the brand.
pub(crate) fn mail_templates(loaded: &LoadedSettings) -> Result<Templates, AppError> {
    let templates = match &loaded.settings.mail.template_dir {
        None => Templates::built_in(),
        Some(dir) => Templates::from_folder(dir),
    };
    Ok(templates.map_err(AppError::MailTemplate)?.with_branding(&service_settings(loaded)?))
}
