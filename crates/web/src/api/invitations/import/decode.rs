//! From the bytes of a file to its text: the encodings that spreadsheets write.

use std::borrow::Cow;

use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use vestibule_core::{Code, Problem};

/// Decodes a file. A byte order mark decides, then `charset` of the content type, then what the bytes look like. What
/// is not UTF-8 is read as Excel writes "CSV" in Western Europe, Windows-1252, or on an old Mac, Mac OS Roman.
/// Addresses are ASCII, so this guess decides how names are read, but not who is invited.
///
/// # Errors
/// `BAD_REQUEST_BODY` for a file of another kind, such as a workbook.
pub(super) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, Problem> {
    if let Some(kind) = other_kind(bytes) {
        return Err(Code::BadRequestBody.with_message(format!(
            "This is {kind}, not a CSV file. Save it as \"CSV UTF-8\" in Excel, or export it as CSV in Numbers, \
             LibreOffice or Google Sheets."
        )));
    }
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => match charset.and_then(|charset| Encoding::for_label(charset.as_bytes())) {
            // A wrong `charset=utf-8` is common.
            Some(encoding) if encoding != UTF_8 => encoding,
            _ => guess(bytes),
        },
    };
    // Removes the byte order mark. Malformed sequences become U+FFFD, which no address has.
    Ok(encoding.decode(bytes).0)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let start = &bytes[..bytes.len().min(1000)];
    let count_nul = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (count_nul(0), count_nul(1));
    let many = start.len() / 4;
    match () {
        () if odd > many && odd > even => UTF_16LE,
        () if even > many && even > odd => UTF_16BE,
        () if std::str::from_utf8(bytes).is_ok() => UTF_8,
        // Bytes that Windows-1252 does not use.
        () if bytes.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) => MACINTOSH,
        () => WINDOWS_1252,
    }
}

/// The kind of a file that people send instead of a CSV file.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook"),
        (b"%PDF-", "a PDF file"),
        (b"{\\rtf", "a text document"),
    ];
    KINDS.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn decodes_the_encodings_of_spreadsheets() {
        let text = "Prénom\tE-Mail\nŽofie\tz@t.example\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            b"Pr\xe9nom\tE-Mail\n\x8eofie\tz@t.example\n".to_vec(),
        ] {
            assert_eq!(decode(&bytes, None).unwrap(), text);
            assert_eq!(decode(&bytes, Some("utf-8")).unwrap(), text);
        }
        assert_eq!(decode(b"Pr\x8enom \x8f", None).unwrap(), "Prénom è");
        assert_eq!(decode(b"Pr\x82nom", Some("ibm866")).unwrap(), "PrВnom");
        assert_eq!(decode(b"a\xe9", Some("nonsense")).unwrap(), "aé");
        assert_eq!(decode(b"", None).unwrap(), "");
    }

    #[test]
    fn names_other_kinds_of_files() {
        for (bytes, kind) in [(&b"PK\x03\x04rest"[..], "a workbook or an archive"), (b"%PDF-1.7", "a PDF file")] {
            let problem = decode(bytes, None).unwrap_err();
            assert_eq!(problem.code(), Code::BadRequestBody);
            assert!(problem.to_string().contains(kind) && problem.to_string().contains("CSV UTF-8"), "{problem}");
        }
    }
}
