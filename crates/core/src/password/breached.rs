//! The operator's list of breached passwords: the file of Have I Been Pwned, sorted by hash.
//!
//! Each line is the SHA-1 of a password in hexadecimal, optionally followed by a colon and a count. The file has tens
//! of gigabytes, so it is searched on disk, by binary search, and never loaded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha1::{Digest as _, Sha1};

use super::Password;
use crate::background_pool::BackgroundPool;
use crate::error::Result;

/// The longest line, with its line end. Lines of the real file have at most 53 bytes.
const MAX_LINE: usize = 128;
/// The bytes that are read at a position that may be within a line: at least the rest of that line and the next one.
const WINDOW: usize = 2 * MAX_LINE;
/// When this many bytes are left, they are read at once.
const MAX_SCAN: u64 = 4096;
/// A binary search of a file of 2⁶³ bytes takes fewer reads. More reads mean that the file changed during the search.
const MAX_READS: usize = 64;
/// Lines that are checked when the server starts.
const SAMPLES: u64 = 256;
/// Look-ups that run at once, each on a thread of its own, and callers that may wait for one.
const MAX_CONCURRENT: usize = 4;
const MAX_WAITERS: usize = 256;

type Hash = [u8; 20];

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BreachedFileError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is empty")]
    Empty,
    #[error("at byte {0} there is no line with 40 hexadecimal digits and a count (the SHA-1 list is needed, not NTLM)")]
    InvalidLine(u64),
    #[error("at byte {0} the hashes are not in ascending order (the list ordered by hash is needed, not by count)")]
    NotSorted(u64),
    #[error("it changed during the search")]
    Changed,
}

/// Looks passwords up in the file. It is opened for each look-up, so it can be replaced while the server runs.
#[derive(Debug)]
pub(super) struct BreachedPasswords {
    file: PathBuf,
    pool: BackgroundPool,
}

impl BreachedPasswords {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, pool: BackgroundPool::new("breached", MAX_CONCURRENT, MAX_WAITERS) }
    }

    /// Whether the password is in the file. If the file cannot be searched, logs an error and returns `false`, because
    /// otherwise no user could set a password.
    ///
    /// # Errors
    /// `BUSY`.
    pub(super) async fn contains(&self, password: &Password) -> Result<bool> {
        let (file, hash) = (self.file.clone(), Hash::from(Sha1::digest(password.0.as_bytes())));
        let searched = self.pool.acquire().await?.run(move || find(&file, &hash)).await?;
        Ok(searched.unwrap_or_else(|error| {
            tracing::error!(
                file = %self.file.display(), %error,
                "the file of passwords.breached_file could not be searched; a new password was not checked against it",
            );
            false
        }))
    }
}

/// Checks that a file can be searched: it is readable, and a sample of its lines, with the first and last one, is valid
/// and sorted.
///
/// # Errors
/// What is wrong with the file.
pub fn check_breached_file(file: &Path) -> Result<(), BreachedFileError> {
    check(&mut HashList::open(file)?)
}

fn check(list: &mut HashList<impl Read + Seek>) -> Result<(), BreachedFileError> {
    let mut previous: Option<Hash> = None;
    for sample in 0..=SAMPLES {
        // The last sample is the last line. In a short file the samples repeat lines.
        let at = list.length / SAMPLES * sample + list.length % SAMPLES * sample / SAMPLES;
        let Some((start, hash)) = list.line_from(at.saturating_sub(1))? else { continue };
        if previous.is_some_and(|previous| hash < previous) {
            return Err(BreachedFileError::NotSorted(start));
        }
        previous = Some(hash);
    }
    let (start, last) = list.last_line()?;
    if previous.is_none_or(|previous| last < previous) {
        return Err(BreachedFileError::NotSorted(start));
    }
    Ok(())
}

fn find(file: &Path, hash: &Hash) -> Result<bool, BreachedFileError> {
    HashList::open(file)?.contains(hash)
}

/// An open file, or a list in memory for tests.
struct HashList<F> {
    file: F,
    length: u64,
}

impl HashList<File> {
    fn open(path: &Path) -> Result<Self, BreachedFileError> {
        Self::new(File::open(path)?)
    }
}

impl<F: Read + Seek> HashList<F> {
    fn new(mut file: F) -> Result<Self, BreachedFileError> {
        let length = file.seek(SeekFrom::End(0))?;
        if length == 0 { Err(BreachedFileError::Empty) } else { Ok(Self { file, length }) }
    }

    /// Binary search: halves the range in which a line with the hash can begin, until it is short enough to be read at
    /// once.
    fn contains(&mut self, hash: &Hash) -> Result<bool, BreachedFileError> {
        // A line with the hash begins in `low..high`, if there is one. A line begins at `low`.
        let (mut low, mut high) = (0, self.length);
        for _ in 0..MAX_READS {
            if high - low <= MAX_SCAN {
                return self.scan(low, high, hash);
            }
            let middle = low + (high - low) / 2;
            match self.line_from(middle)? {
                Some((start, found)) if start < high => match found.cmp(hash) {
                    std::cmp::Ordering::Equal => return Ok(true),
                    std::cmp::Ordering::Less => low = start,
                    std::cmp::Ordering::Greater => high = start,
                },
                // No line begins between the middle and the end of the range.
                _ => high = middle + 1,
            }
        }
        Err(BreachedFileError::Changed)
    }

    /// Whether one of the lines that begin in the range has the hash. A line begins at `low`.
    fn scan(&mut self, low: u64, high: u64, hash: &Hash) -> Result<bool, BreachedFileError> {
        let length = usize::try_from(high - low).unwrap_or_default();
        let bytes = self.read(low, length + MAX_LINE)?;
        let mut start = 0;
        while start < length && start < bytes.len() {
            let line = first_line(&bytes[start..]);
            let at = low + start as u64;
            if parse_line(line).ok_or(BreachedFileError::InvalidLine(at))? == *hash {
                return Ok(true);
            }
            start += line.len() + 1;
        }
        Ok(false)
    }

    /// The first line that begins after the byte at `position`, or at 0 for 0: its position and its hash. `None` if no
    /// line begins there.
    fn line_from(&mut self, position: u64) -> Result<Option<(u64, Hash)>, BreachedFileError> {
        let bytes = self.read(position, WINDOW)?;
        let skipped = if position == 0 {
            0
        } else {
            match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if bytes.len() < WINDOW => return Ok(None),
                None => return Err(BreachedFileError::InvalidLine(position)),
            }
        };
        let start = position + skipped as u64;
        if start >= self.length {
            return Ok(None);
        }
        let line = first_line(&bytes[skipped..]);
        parse_line(line).map(|hash| Some((start, hash))).ok_or(BreachedFileError::InvalidLine(start))
    }

    fn last_line(&mut self) -> Result<(u64, Hash), BreachedFileError> {
        let from = self.length.saturating_sub(WINDOW as u64);
        let bytes = self.read(from, WINDOW)?;
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let at = from + start as u64;
        parse_line(&text[start..]).map(|hash| (at, hash)).ok_or(BreachedFileError::InvalidLine(at))
    }

    /// Reads up to `length` bytes, fewer only at the end of the file.
    fn read(&mut self, position: u64, length: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(position))?;
        let mut bytes = Vec::with_capacity(length);
        (&mut self.file).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Whether a list in memory is valid, and has the hash of a text. For fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn check_and_find(list: &[u8], text: &str) -> (bool, Option<bool>) {
    let list = || HashList::new(io::Cursor::new(list));
    let is_valid = list().and_then(|mut list| check(&mut list)).is_ok();
    let hash = Hash::from(Sha1::digest(text.as_bytes()));
    (is_valid, list().and_then(|mut list| list.contains(&hash)).ok())
}

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn sha1_hex(text: &str) -> String {
    data_encoding::HEXUPPER.encode(&Sha1::digest(text.as_bytes()))
}

/// The bytes before the first line feed.
fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// The hash of a line without its line feed; `None` for an invalid line.
fn parse_line(line: &[u8]) -> Option<Hash> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(40)?;
    let is_count = |count: &[u8]| !count.is_empty() && count.iter().all(u8::is_ascii_digit);
    if line.len() >= MAX_LINE || !(rest.is_empty() || rest.strip_prefix(b":").is_some_and(is_count)) {
        return None;
    }
    let mut hash = [0; 20];
    data_encoding::HEXUPPER_PERMISSIVE.decode_mut(digits, &mut hash).ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;
    use tempfile::NamedTempFile;

    use super::*;

    fn hash(text: &str) -> Hash {
        Hash::from(Sha1::digest(text.as_bytes()))
    }

    fn file(bytes: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// A list of the hashes of `0` to `count - 1`, with counts of different lengths.
    fn list(count: usize, line_end: &str) -> String {
        let mut hashes: Vec<_> = (0..count).map(|number| hash(&number.to_string())).collect();
        hashes.sort_unstable();
        let line = |(index, hash): (usize, Hash)| {
            format!("{}:{}{line_end}", data_encoding::HEXUPPER.encode(&hash), index * index * index + 1)
        };
        hashes.into_iter().enumerate().map(line).collect()
    }

    #[test]
    fn finds_every_hash_and_no_other_one() {
        for (count, line_end) in [(1, "\n"), (2, "\r\n"), (90, "\n"), (5000, "\r\n")] {
            let text = list(count, line_end);
            for text in [text.as_str(), text.trim_end()] {
                let file = file(text.as_bytes());
                check_breached_file(file.path()).unwrap();
                for number in 0..count {
                    assert!(find(file.path(), &hash(&number.to_string())).unwrap(), "{number} of {count}");
                }
                for number in 0..count {
                    assert!(!find(file.path(), &hash(&format!("x{number}"))).unwrap(), "x{number} of {count}");
                }
                assert!(!find(file.path(), &[0; 20]).unwrap() && !find(file.path(), &[0xff; 20]).unwrap());
            }
        }
    }

    #[test]
    fn accepts_lower_case_and_lines_without_count() {
        let text = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\n7C4A8D09CA3762AF61E59520943DC26494F8941B:3\n";
        let file = file(text.as_bytes());
        check_breached_file(file.path()).unwrap();
        assert!(find(file.path(), &hash("password")).unwrap());
        assert!(find(file.path(), &hash("123456")).unwrap());
    }

    #[test]
    fn start_check_names_what_is_wrong() {
        let sorted = list(300, "\r\n");
        let mut lines: Vec<_> = sorted.lines().collect();
        lines.reverse();
        let ntlm = (0..300).map(|number| format!("{number:032X}:1\r\n")).collect::<Vec<_>>().concat();
        for (text, expected) in [
            (String::new(), "it is empty"),
            ("\n".to_owned(), "no line with 40 hexadecimal digits"),
            (lines.join("\n"), "not in ascending order"),
            (ntlm, "no line with 40 hexadecimal digits"),
            ("x".repeat(100_000), "no line with 40 hexadecimal digits"),
            (format!("{sorted}\r\n"), "no line with 40 hexadecimal digits"),
            (sorted.replace(':', ";"), "no line with 40 hexadecimal digits"),
        ] {
            let file = file(text.as_bytes());
            let error = check_breached_file(file.path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}, not {expected}");
        }
        assert!(check_breached_file(Path::new("/does/not/exist")).unwrap_err().to_string().contains("cannot be read"));
        assert!(check_breached_file(&std::env::temp_dir()).is_err(), "a directory");
    }

    #[test]
    fn refuses_sparse_file_without_reading_all_of_it() {
        // 1 TiB with one line. The rest are holes, which are no valid lines.
        let file = file(list(1, "\n").as_bytes());
        file.as_file().set_len(1 << 40).unwrap();
        assert!(find(file.path(), &hash("y")).is_err());
        assert!(check_breached_file(file.path()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_on_other_files(bytes in prop::collection::vec(any::<u8>(), 0..10_000), needle in any::<Hash>()) {
            let file = file(&bytes);
            let _ = check_breached_file(file.path());
            let _ = find(file.path(), &needle);
            let _ = parse_line(&bytes);
        }

        #[test]
        fn ends_on_damaged_lists(cut in 0..100_000_usize, at in 0..100_000_usize, byte in any::<u8>()) {
            let mut bytes = list(2000, "\n").into_bytes();
            let (cut, at) = (cut % bytes.len(), at % bytes.len());
            bytes[at] = byte;
            bytes.drain(..cut);
            let file = file(&bytes);
            let _ = check_breached_file(file.path());
            let _ = find(file.path(), &hash("7"));
        }
    }
}
