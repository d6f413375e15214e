//! Mail transports: the trait, a folder of files, and a mailbox in memory for tests.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vestibule_db::{create_private_dir, private_file_options, warn_about_open_dir};

use super::{InvalidMessage, Message};

/// A mail that is being sent.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// Sends mail.
pub trait MailTransport: Send + Sync + fmt::Debug {
    /// Sends the message. On success, the next mail server (or the file system) is responsible for it.
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a>;
}

/// Why a mail could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// Short, and without addresses.
    pub reason: String,
    /// Whether a later attempt may succeed.
    pub retry: bool,
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for DeliveryError {}

impl From<InvalidMessage> for DeliveryError {
    fn from(error: InvalidMessage) -> Self {
        Self { reason: error.to_string(), retry: false }
    }
}

impl From<io::Error> for DeliveryError {
    fn from(error: io::Error) -> Self {
        Self { reason: format!("the mail folder cannot be written: {}", error.kind()), retry: true }
    }
}

/// Writes each mail into a folder, as `<left part of its message id>.eml`. A mail with the same id replaces the earlier
/// one. The files contain valid tokens, so on Unix only this user can read them.
#[derive(Debug)]
pub struct FileTransport {
    folder: PathBuf,
    /// Makes the names of temporary files unique.
    counter: AtomicU64,
}

impl FileTransport {
    /// Creates `folder` if it does not exist.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        create_private_dir(&folder)?;
        warn_about_open_dir(&folder);
        Ok(Self { folder, counter: AtomicU64::new(0) })
    }
}

impl MailTransport for FileTransport {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        Box::pin(async move {
            let eml = message.eml()?;
            let name = message.file_name();
            let temporary_name =
                format!(".{name}.{}-{}.part", std::process::id(), self.counter.fetch_add(1, Ordering::Relaxed));
            let (temporary, target) = (self.folder.join(temporary_name), self.folder.join(name + ".eml"));
            let folder = self.folder.clone();
            tokio::task::spawn_blocking(move || write(&folder, &temporary, &target, &eml))
                .await
                .map_err(|_| DeliveryError { reason: "writing the mail was interrupted".to_owned(), retry: true })??;
            Ok(())
        })
    }
}

/// Writes to a temporary file and renames it, so that readers of the folder never see a partial mail.
fn write(folder: &Path, temporary: &Path, target: &Path, eml: &[u8]) -> io::Result<()> {
    // The folder may have been deleted since the start.
    create_private_dir(folder)?;
    let written = write_temporary(temporary, eml).and_then(|()| fs::rename(temporary, target));
    if written.is_err() {
        // The error to report is the first one.
        let _ = fs::remove_file(temporary);
    }
    written?;
    // On Unix, the new name is durable only after the folder was synced. Elsewhere, a folder cannot be opened.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn write_temporary(file: &Path, eml: &[u8]) -> io::Result<()> {
    let mut file = private_file_options().create_new(true).open(file)?;
    file.write_all(eml)?;
    file.sync_all()
}

/// Stores mails in memory, for tests.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<MailboxState>);

#[derive(Debug, Default)]
struct MailboxState {
    messages: Vec<Message>,
    errors: VecDeque<DeliveryError>,
}

impl Mailbox {
    /// All messages, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.state().messages.clone()
    }

    /// Removes and returns all messages, oldest first.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.state().messages)
    }

    /// Makes the next message fail. Each call adds one failure.
    pub fn fail_next(&self, error: DeliveryError) {
        self.state().errors.push_back(error);
    }

    fn state(&self) -> MutexGuard<'_, MailboxState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailTransport for Mailbox {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        Box::pin(async move {
            message.eml()?;
            let mut state = self.state();
            if let Some(error) = state.errors.pop_front() {
                return Err(error);
            }
            state.messages.push(message.clone());
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::message;
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("vestibule-mail-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn writes_one_file_per_message_id() {
        let folder = Folder::new("one");
        let transport = FileTransport::new(folder.0.join("deep")).unwrap();
        let deep = Folder(folder.0.join("deep"));
        transport.send(&message()).await.unwrap();
        transport.send(&message()).await.unwrap();
        assert_eq!(deep.names(), ["invitation-12_1.eml"]);
        let file = deep.0.join("invitation-12_1.eml");
        assert_eq!(fs::read(&file).unwrap(), message().eml().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&deep.0).unwrap().permissions().mode() & 0o777, 0o700);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn recreates_a_deleted_folder() {
        let folder = Folder::new("deleted");
        let transport: Box<dyn MailTransport> = Box::new(FileTransport::new(folder.0.clone()).unwrap());
        fs::remove_dir_all(&folder.0).unwrap();
        transport.send(&message()).await.unwrap();
        assert_eq!(folder.names().len(), 1);
    }

    #[tokio::test]
    async fn write_errors_are_temporary_and_invalid_messages_permanent() {
        let folder = Folder::new("blocked");
        let transport = FileTransport::new(folder.0.clone()).unwrap();
        fs::create_dir(folder.0.join("invitation-12_1.eml")).unwrap();
        let error = transport.send(&message()).await.unwrap_err();
        assert!(error.retry && error.reason.starts_with("the mail folder cannot be written: "), "{error}");
        assert_eq!(folder.names().len(), 1, "no temporary file remains");
        let error = transport.send(&Message { message_id: "../../etc".to_owned(), ..message() }).await.unwrap_err();
        assert!(!error.retry);
        assert!(FileTransport::new(PathBuf::from("/dev/null/x")).is_err());
    }

    #[tokio::test]
    async fn mailbox_stores_messages_and_fails_on_request() {
        let mailbox = Mailbox::default();
        let busy = DeliveryError { reason: "busy".to_owned(), retry: true };
        mailbox.fail_next(busy.clone());
        assert_eq!(mailbox.send(&message()).await, Err(busy));
        mailbox.send(&message()).await.unwrap();
        assert_eq!(mailbox.messages(), [message()]);
        assert_eq!(mailbox.take(), [message()]);
        assert!(mailbox.messages().is_empty());
    }
}
