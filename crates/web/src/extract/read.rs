//! Fields read one by one into the types a call wants. A wrong one is refused by its name, with what to write instead.

use std::ops::RangeInclusive;
use std::str::FromStr;

use vestibule_core::id::NotAnId;
use vestibule_core::{Code, Problem};

use super::fields::{Fields, Value};
use crate::images::Sent;

/// Longer than any text a call takes; what a text means has narrower limits of its own.
const LONGEST_TEXT: usize = 10_000;

/// Takes fields out of a body or a query, until none is left.
#[derive(Debug)]
pub(crate) struct Reader(Fields);

impl Reader {
    /// A reader of these.
    pub(crate) fn new(fields: Fields) -> Self {
        Self(fields)
    }

    /// Takes a field that other clients send and this call has no use for.
    pub(crate) fn ignore(&mut self, name: &str) {
        self.0.0.retain(|(known, _)| known != name);
    }

    /// A text, empty ones too.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) if text.len() > LONGEST_TEXT || text.contains('\0') => {
                Err(Problem::field(name, "this text is too long, or has a NUL in it."))
            }
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::field(name, "write a text.")),
        }
    }

    /// Every text, by name; files and numbers are passed over. Error: one with a NUL in it, or longer than this.
    pub(crate) fn all_texts(&mut self, longest: usize) -> Result<Vec<(String, String)>, Problem> {
        let mut texts = Vec::new();
        for (name, value) in std::mem::take(&mut self.0.0) {
            match value {
                Value::Text(text) if text.len() > longest || text.contains('\0') => {
                    return Err(Problem::field(&name, "this text is too long, or has a NUL in it."));
                }
                Value::Text(text) => texts.push((name, text)),
                _ => {}
            }
        }
        Ok(texts)
    }

    /// A text that may be long, such as a list that somebody has pasted.
    pub(crate) fn long_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::File(bytes)) => {
                String::from_utf8(bytes.to_vec()).map(Some).map_err(|_| Problem::field(name, "this file is not UTF-8."))
            }
            Some(_) => Err(Problem::field(name, "write a text, or send a file.")),
        }
    }

    /// A text that must be there and not empty.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, Problem> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| Problem::required(name))
    }

    /// Texts, one or many; `None` when the field is not there at all. An empty one says: none of them.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(place) = self.0.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        let values = match self.0.0.remove(place).1 {
            Value::Null => return Ok(None),
            Value::List(values) => values,
            value => vec![value],
        };
        let texts = values.into_iter().filter(|value| !is_nothing(value)).map(|value| match value {
            Value::Text(text) if text.len() <= LONGEST_TEXT && !text.contains('\0') => Ok(text),
            _ => Err(Problem::field(name, "write a list of texts.")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// An id, as text or as a number; empty is none.
    pub(crate) fn id<I: FromStr<Err = NotAnId>>(&mut self, name: &str) -> Result<Option<I>, Problem> {
        let text = match self.take(name)? {
            None => return Ok(None),
            Some(Value::Text(text)) if text.is_empty() => return Ok(None),
            Some(Value::Text(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(not_an_id(name)),
        };
        text.parse().map(Some).map_err(|_| not_an_id(name))
    }

    /// An id, or 0 in its place: `0` or an empty text says that there shall be none.
    pub(crate) fn id_or_zero<I: FromStr<Err = NotAnId> + From<i64>>(
        &mut self,
        name: &str,
    ) -> Result<Option<I>, Problem> {
        let says_none = self.0.0.iter().any(|(known, value)| {
            known == name
                && match value {
                    Value::Text(text) => text.is_empty() || text == "0",
                    Value::Number(number) => number.as_u64() == Some(0),
                    _ => false,
                }
        });
        if says_none {
            self.ignore(name);
            return Ok(Some(0.into()));
        }
        self.id(name)
    }

    /// An id that must be there.
    pub(crate) fn required_id<I: FromStr<Err = NotAnId>>(&mut self, name: &str) -> Result<I, Problem> {
        self.id(name)?.ok_or_else(|| Problem::required(name))
    }

    /// An image: a file, the text `null` for none, or nothing at all.
    pub(crate) fn image(&mut self, name: &str) -> Result<Sent, Problem> {
        match self.take(name)? {
            None => Ok(Sent::Nothing),
            Some(Value::File(bytes)) => Ok(Sent::File(bytes)),
            Some(Value::Text(text)) if text.is_empty() => Ok(Sent::Nothing),
            Some(Value::Text(text)) if text == "null" => Ok(Sent::None),
            Some(_) => Err(Problem::field(name, "send a file in a multipart form, or the text null for no image.")),
        }
    }

    /// True or false; empty is neither.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(flag)),
            Some(Value::Text(text)) if text.is_empty() => Ok(None),
            Some(Value::Text(text)) if text == "true" => Ok(Some(true)),
            Some(Value::Text(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(Problem::field(name, "write true or false.")),
        }
    }

    /// A whole number within bounds; empty is none.
    pub(crate) fn number_within<N>(&mut self, name: &str, bounds: RangeInclusive<N>) -> Result<Option<N>, Problem>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let text = match self.take(name)? {
            None => return Ok(None),
            Some(Value::Text(text)) if text.is_empty() => return Ok(None),
            Some(Value::Text(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => String::new(),
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && bounds.contains(number));
        let (least, most) = (bounds.start(), bounds.end());
        number.map(Some).ok_or_else(|| Problem::field(name, format!("write a whole number from {least} to {most}.")))
    }

    /// Refuses what nobody has read. Error: `UNKNOWN_FIELD`, with the names.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let left: Vec<_> = self.0.0.iter().map(|(name, _)| name.as_str()).take(5).collect();
        if left.is_empty() {
            return Ok(());
        }
        let names = left.join(", ");
        Err(Code::UnknownField.saying(format!("This call has no field {names}. Check the spelling.")))
    }

    fn take(&mut self, name: &str) -> Result<Option<Value>, Problem> {
        let Some(place) = self.0.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        match self.0.0.remove(place).1 {
            Value::Null => Ok(None),
            Value::List(_) => Err(Problem::field(name, "it is given more than once, or as a list.")),
            value => Ok(Some(value)),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn not_an_id(name: &str) -> Problem {
    Code::InvalidId.saying(format!("{name}: an id is a decimal number, such as 123456789012345678."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::id::RoleId;

    fn reader(form: &str) -> Reader {
        Reader::new(Fields::of_form(form.as_bytes()).unwrap())
    }

    async fn json(text: &'static str) -> Reader {
        let body = bytes::Bytes::from_static(text.as_bytes());
        Reader::new(Fields::of_body(Some("application/json"), body).await.unwrap())
    }

    #[tokio::test]
    async fn fields_are_read_by_type_in_either_encoding() {
        let mut fields = reader("id=12&flag=true&number=7&text=x&empty=");
        assert_eq!(fields.id("id").unwrap(), Some(RoleId::from(12)));
        assert_eq!(fields.flag("flag").unwrap(), Some(true));
        assert_eq!(fields.number_within("number", 1..=9_u16).unwrap(), Some(7));
        assert_eq!(fields.text("text").unwrap().as_deref(), Some("x"));
        assert_eq!(fields.id::<RoleId>("empty").unwrap(), None);
        assert!(fields.finish().is_ok());
        let mut fields = json(r#"{"id": 12, "other": "13", "flag": false, "number": 7, "none": null}"#).await;
        assert_eq!(fields.id("id").unwrap(), Some(RoleId::from(12)));
        assert_eq!(fields.id("other").unwrap(), Some(RoleId::from(13)));
        assert_eq!(fields.flag("flag").unwrap(), Some(false));
        assert_eq!(fields.number_within("number", 1..=9_u16).unwrap(), Some(7));
        assert_eq!(fields.text("none").unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused_by_name() {
        for wrong in [
            r#"{"v": 1.5}"#,
            r#"{"v": -1}"#,
            r#"{"v": true}"#,
            r#"{"v": {}}"#,
            r#"{"v": [1]}"#,
            r#"{"v": 1e30}"#,
            r#"{"v": "+1"}"#,
        ] {
            let (id, number) = (json(wrong).await.id::<RoleId>("v"), json(wrong).await.number_within("v", 0..=9_u16));
            assert!(matches!(id.unwrap_err().code(), Code::InvalidId | Code::InvalidField), "{wrong}");
            assert_eq!(number.unwrap_err().code(), Code::InvalidField, "{wrong}");
        }
        assert_eq!(json(r#"{"v": 1}"#).await.text("v").unwrap_err().code(), Code::InvalidField);
        assert_eq!(json(r#"{"v": "yes"}"#).await.flag("v").unwrap_err().code(), Code::InvalidField);
        assert_eq!(reader("v=1&v=2").text("v").unwrap_err().code(), Code::InvalidField);
        assert_eq!(reader("v=a%00b").text("v").unwrap_err().code(), Code::InvalidField);
        assert_eq!(reader("").required_text("v").unwrap_err().code(), Code::RequiredField);
        let unknown = reader("rol_id=1").finish().unwrap_err();
        assert_eq!(unknown.code(), Code::UnknownField);
        assert!(unknown.to_string().contains("rol_id"));
    }
}
