//! What carries mail away: a folder, or a mailbox in memory for tests.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Message, NotAMessage};

/// A mail on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + 'a>>;

/// Whoever carries mail.
pub trait MailTransport: Send + Sync + fmt::Debug {
    /// Hands the message on. When this returns without an error, someone else is responsible for it.
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a>;
}

/// Why a mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// For the log: short, and without addresses.
    pub reason: String,
    /// Whether it is worth trying again later.
    pub retry: bool,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Undelivered {}

impl From<NotAMessage> for Undelivered {
    fn from(error: NotAMessage) -> Self {
        Self { reason: error.to_string(), retry: false }
    }
}

impl From<io::Error> for Undelivered {
    fn from(error: io::Error) -> Self {
        Self { reason: format!("the mail folder cannot be written: {}", error.kind()), retry: true }
    }
}

/// Writes every mail into a folder, as `<left part of its message id>.eml`. Mail with the same id takes the place of
/// the earlier one. The files hold live links, so on Unix only this user can read them.
#[derive(Debug)]
pub struct FileCarrier {
    folder: PathBuf,
    written: AtomicU64,
}

impl FileCarrier {
    /// A carrier into `folder`, which is made when it is missing.
    ///
    /// Errors: the folder is not there and can't be made.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        make_folder(&folder)?;
        Ok(Self { folder, written: AtomicU64::new(0) })
    }
}

impl MailTransport for FileCarrier {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let eml = message.eml()?;
            let name = message.file_name();
            let part = format!(".{name}.{}-{}.part", std::process::id(), self.written.fetch_add(1, Ordering::Relaxed));
            let (part, whole) = (self.folder.join(part), self.folder.join(name + ".eml"));
            let folder = self.folder.clone();
            tokio::task::spawn_blocking(move || write(&folder, &part, &whole, &eml))
                .await
                .map_err(|_| Undelivered { reason: "writing the mail was broken off".to_owned(), retry: true })??;
            Ok(())
        })
    }
}

/// Whoever watches the folder sees a mail as a whole or not at all.
fn write(folder: &Path, part: &Path, whole: &Path, eml: &[u8]) -> io::Result<()> {
    // Someone may have tidied up since the start.
    make_folder(folder)?;
    let written = write_part(part, eml).and_then(|()| fs::rename(part, whole));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(part);
    }
    written?;
    // Only Unix can open a folder to make the new name in it durable.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn write_part(part: &Path, eml: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(part)?;
    file.write_all(eml)?;
    file.sync_all()
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Keeps every mail in memory, for tests.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    messages: Vec<Message>,
    refusals: VecDeque<Undelivered>,
}

impl Mailbox {
    /// Everything that came, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.kept().messages.clone()
    }

    /// Everything that came since the last time, oldest first.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.kept().messages)
    }

    /// Refuses one message to come. Called twice, it refuses two.
    pub fn refuse_next(&self, why: Undelivered) {
        self.kept().refusals.push_back(why);
    }

    fn kept(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailTransport for Mailbox {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            message.eml()?;
            let mut kept = self.kept();
            if let Some(refusal) = kept.refusals.pop_front() {
                return Err(refusal);
            }
            kept.messages.push(message.clone());
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
    async fn a_mail_becomes_one_file() {
        let folder = Folder::new("one");
        let carrier = FileCarrier::new(folder.0.join("deep")).unwrap();
        let deep = Folder(folder.0.join("deep"));
        carrier.send(&message()).await.unwrap();
        carrier.send(&message()).await.unwrap();
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
    async fn a_folder_that_went_away_is_made_again() {
        let folder = Folder::new("away");
        let carrier: Box<dyn MailTransport> = Box::new(FileCarrier::new(folder.0.clone()).unwrap());
        fs::remove_dir_all(&folder.0).unwrap();
        carrier.send(&message()).await.unwrap();
        assert_eq!(folder.names().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_worth_another_try_and_what_is_no_mail_is_not() {
        let folder = Folder::new("blocked");
        let carrier = FileCarrier::new(folder.0.clone()).unwrap();
        fs::create_dir(folder.0.join("invitation-12_1.eml")).unwrap();
        let error = carrier.send(&message()).await.unwrap_err();
        assert!(error.retry && error.reason.starts_with("the mail folder cannot be written: "), "{error}");
        assert_eq!(folder.names().len(), 1, "nothing half-written stays");
        let error = carrier.send(&Message { message_id: "../../etc".to_owned(), ..message() }).await.unwrap_err();
        assert!(!error.retry);
        assert!(FileCarrier::new(PathBuf::from("/dev/null/x")).is_err());
    }

    #[tokio::test]
    async fn the_mailbox_keeps_and_refuses() {
        let mailbox = Mailbox::default();
        let busy = Undelivered { reason: "busy".to_owned(), retry: true };
        mailbox.refuse_next(busy.clone());
        assert_eq!(mailbox.send(&message()).await, Err(busy));
        mailbox.send(&message()).await.unwrap();
        assert_eq!(mailbox.messages(), [message()]);
        assert_eq!(mailbox.take(), [message()]);
        assert!(mailbox.messages().is_empty());
    }
}
