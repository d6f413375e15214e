//! The common representation of all bodies and queries: named values in order.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use bytes::Bytes;
use vestibule_core::{Code, Problem};

use super::json::{Object, json_depth};

// The limits are higher than any call needs.
const MAX_FIELDS: usize = 200;
const MAX_NAME_BYTES: usize = 100;
/// Metadata has up to 32 levels of its own: in a field, and in a field of a row of a list.
const MAX_JSON_DEPTH: usize = 35;

/// A field's value. Its `Debug` output has only the kind, because the content may be a password.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Value>),
    /// With distinct keys.
    Object(Vec<(String, Value)>),
    File(Bytes),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(…)",
            Self::Number(_) => "Number(…)",
            Self::Text(_) => "Text(…)",
            Self::List(_) => "List(…)",
            Self::Object(_) => "Object(…)",
            Self::File(_) => "File(…)",
        })
    }
}

/// A file becomes `null`: JSON has none.
impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null | Value::File(_) => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::Text(text) => Self::String(text),
            Value::List(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, Self::from(value))).collect())
            }
        }
    }
}

/// The fields of a body or query, in the order of the request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FieldMap(pub(super) Vec<(String, Value)>);

impl FieldMap {
    /// Parses a body by its content type. An empty body has no fields, whatever its content type.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE`; `BAD_REQUEST_BODY` for malformed content.
    pub(crate) async fn parse_body(content_type: Option<&str>, body: Bytes) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let content_type = content_type.unwrap_or_default();
        match essence(content_type).as_str() {
            "application/x-www-form-urlencoded" => Self::parse_form(&body),
            "multipart/form-data" => Self::parse_multipart(content_type, body).await,
            "application/json" => Self::parse_json(&body),
            _ => Err(Code::UnsupportedMediaType.into()),
        }
    }

    /// Replaces the content of every file.
    pub(super) fn map_files(&mut self, replace: impl Fn(Bytes) -> Bytes) {
        fn map(value: &mut Value, replace: &impl Fn(Bytes) -> Bytes) {
            match value {
                Value::File(bytes) => *bytes = replace(std::mem::take(bytes)),
                Value::List(values) => values.iter_mut().for_each(|value| map(value, replace)),
                _ => {}
            }
        }
        self.0.iter_mut().for_each(|(_, value)| map(value, &replace));
    }

    /// Whether a field is a file.
    pub(super) fn has_file(&self) -> bool {
        fn is_file(value: &Value) -> bool {
            match value {
                Value::File(_) => true,
                Value::List(values) => values.iter().any(is_file),
                _ => false,
            }
        }
        self.0.iter().any(|(_, value)| is_file(value))
    }

    /// The fields, for properties of the parsers.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn values(&self) -> &[(String, Value)] {
        &self.0
    }

    pub(crate) fn can_contain_files(content_type: &str) -> bool {
        essence(content_type) == "multipart/form-data"
    }

    /// Parses a URL-encoded form or a query. Invalid escapes and invalid UTF-8 are rejected with `BAD_REQUEST_BODY`.
    pub(crate) fn parse_form(form: &[u8]) -> Result<Self, Problem> {
        let mut fields = Self::default();
        for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(equals + 1..).unwrap_or_default();
            fields.add(&unescape(&pair[..equals])?, Value::Text(unescape(value)?))?;
        }
        Ok(fields.group_lists())
    }

    async fn parse_multipart(content_type: &str, body: Bytes) -> Result<Self, Problem> {
        let malformed = |error: multer::Error| bad_body(format!("The multipart body is broken: {error}."));
        let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
        let stream = futures_util::stream::once(async { Ok::<_, Infallible>(body) });
        let mut parts = multer::Multipart::new(stream, boundary);
        let mut fields = Self::default();
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            let name = part.name().ok_or_else(|| bad_body("A part of the multipart body has no name."))?.to_owned();
            let is_file = part.file_name().is_some();
            let bytes = part.bytes().await.map_err(malformed)?;
            match (is_file, bytes.is_empty()) {
                // Browsers send an empty file for a file input without a selection.
                (true, true) => {}
                (true, false) => fields.add(&name, Value::File(bytes))?,
                (false, _) => {
                    let text = String::from_utf8(bytes.to_vec()).map_err(|_| not_utf8())?;
                    fields.add(&name, Value::Text(text))?;
                }
            }
        }
        Ok(fields.group_lists())
    }

    pub(super) fn parse_json(body: &[u8]) -> Result<Self, Problem> {
        if json_depth(body) > MAX_JSON_DEPTH {
            return Err(bad_body(format!("The JSON body is nested more than {MAX_JSON_DEPTH} levels deep.")));
        }
        let object: Object = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            bad_body(format!("The body is not a JSON object with distinct keys: line {line}, column {column}."))
        })?;
        let mut fields = Self::default();
        for (name, value) in object.0 {
            fields.add(&name, value)?;
        }
        Ok(fields)
    }

    fn add(&mut self, name: &str, value: Value) -> Result<(), Problem> {
        if self.0.len() >= MAX_FIELDS {
            return Err(bad_body(format!("There are more than {MAX_FIELDS} fields.")));
        }
        if name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
            return Err(bad_body("A field's name is too long, or has control characters in it."));
        }
        self.0.push((name.to_owned(), value));
        Ok(())
    }

    /// Merges `k`, `k[]` and `k[0]` of a form into one list `k`. A single `k` without brackets remains a single value.
    fn group_lists(self) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (position, (name, value)) in self.0.into_iter().enumerate() {
            let (base, index, is_bracketed) = match split_brackets(&name) {
                Some((base, index)) => (base.to_owned(), index.unwrap_or(position), true),
                None => (name, position, false),
            };
            match groups.iter_mut().find(|(known, ..)| *known == base) {
                Some((_, values, is_list)) => {
                    values.push((index, value));
                    *is_list = true;
                }
                None => groups.push((base, vec![(index, value)], is_bracketed)),
            }
        }
        let group = |(name, mut values, is_list): Group| {
            values.sort_by_key(|(index, _)| *index);
            let mut values = values.into_iter().map(|(_, value)| value);
            let value = if is_list { Value::List(values.collect()) } else { values.next().unwrap_or(Value::Null) };
            (name, value)
        };
        Self(groups.into_iter().map(group).collect())
    }
}

/// Returns a content type without its parameters, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A name, its values with their indexes, and whether they are a list.
type Group = (String, Vec<(usize, Value)>, bool);

/// Splits `k[]` into `k` without an index, and `k[3]` into `k` and 3.
fn split_brackets(name: &str) -> Option<(&str, Option<usize>)> {
    let (base, inside) = name.strip_suffix(']')?.split_once('[')?;
    match inside {
        "" => Some((base, None)),
        digits => digits.parse().ok().map(|index| (base, Some(index))),
    }
}

fn unescape(text: &[u8]) -> Result<String, Problem> {
    let has_valid_escapes = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    if !has_valid_escapes {
        return Err(bad_body("A percent sign in the form is not followed by two hexadecimal digits."));
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode(&spaced).into();
    String::from_utf8(decoded.into_owned()).map_err(|_| not_utf8())
}

fn bad_body(message: impl Into<Cow<'static, str>>) -> Problem {
    Code::BadRequestBody.with_message(message)
}

fn not_utf8() -> Problem {
    bad_body("A field's value is not UTF-8.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(text: &str) -> Result<FieldMap, Problem> {
        FieldMap::parse_form(text.as_bytes())
    }

    fn one(name: &str, value: Value) -> FieldMap {
        FieldMap(vec![(name.to_owned(), value)])
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn parses_form_lists_and_rejects_invalid_escapes() {
        assert_eq!(form("k=a%20b+c").unwrap(), one("k", text("a b c")));
        assert_eq!(form("k").unwrap(), one("k", text("")));
        for list in ["k=a&k=b", "k[]=a&k[]=b", "k[0]=a&k[1]=b", "k[1]=b&k[0]=a", "k%5B0%5D=a&k%5B1%5D=b"] {
            assert_eq!(form(list).unwrap(), one("k", Value::List(vec![text("a"), text("b")])), "{list}");
        }
        for broken in ["k=%zz", "k=%f", "k=%ff", "k=%", "%00=1", "k%0a=1"] {
            assert_eq!(form(broken).unwrap_err().code(), Code::BadRequestBody, "{broken}");
        }
    }

    #[test]
    fn rejects_malformed_json_and_duplicate_keys() {
        let fields = FieldMap::parse_json(br#"{"a": 1, "b": null, "c": ["x"], "d": {"e": true}}"#).unwrap();
        assert_eq!(fields.0[0].1, Value::Number(1.into()));
        assert_eq!(fields.0[3].1, Value::Object(vec![("e".to_owned(), Value::Bool(true))]));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        for broken in [
            "[]",
            "1",
            "{",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":2}}",
            "\u{feff}{}",
            deep.as_str(),
            "{\"a\":\"\\ud800\"}",
        ] {
            assert_eq!(FieldMap::parse_json(broken.as_bytes()).unwrap_err().code(), Code::BadRequestBody, "{broken}");
        }
        assert_eq!(FieldMap::parse_json(b"{\"a\":\"\xff\"}").unwrap_err().code(), Code::BadRequestBody);
    }

    #[tokio::test]
    async fn parses_multipart_texts_and_files() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b.cd\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\"\r\n\r\n\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x.png\"\r\n\r\npng\r\n--B--\r\n";
        let read = async |content_type: &str, body: &'static str| {
            FieldMap::parse_body(Some(content_type), Bytes::from_static(body.as_bytes())).await
        };
        let fields = read("multipart/form-data; boundary=B", body).await.unwrap();
        assert_eq!(
            fields.0,
            [("email".to_owned(), text("a@b.cd")), ("photo".to_owned(), Value::File(Bytes::from_static(b"png")))]
        );
        for (content_type, body) in [
            ("multipart/form-data", body),
            ("multipart/form-data; boundary=B", "--B\r\nbroken"),
            ("multipart/form-data; boundary=C", body),
        ] {
            assert_eq!(read(content_type, body).await.unwrap_err().code(), Code::BadRequestBody, "{content_type}");
        }
        for unknown in ["text/plain", "application/xml", "", "application/jsonx"] {
            assert_eq!(read(unknown, "x").await.unwrap_err().code(), Code::UnsupportedMediaType);
            assert_eq!(read(unknown, "").await.unwrap(), FieldMap::default());
        }
        assert!(read("Application/JSON; charset=utf-8", "{}").await.is_ok());
    }

    proptest! {
        #[test]
        fn never_panics_on_any_input(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = FieldMap::parse_form(&bytes);
            let _ = FieldMap::parse_json(&bytes);
        }
    }
}
