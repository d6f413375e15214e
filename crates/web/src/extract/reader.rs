//! Typed access to fields. An invalid value is rejected with the field's name and a hint at the valid values.

use std::ops::RangeInclusive;
use std::str::FromStr;

use bytes::Bytes;
use vestibule_core::id::InvalidId;
use vestibule_core::metadata::Metadata;
use vestibule_core::secret::SubmittedChallenge;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::fields::{FieldMap, Value};
use crate::images::ImageField;

/// The general limit of texts. The domain types have narrower limits.
const MAX_TEXT_BYTES: usize = 10_000;

/// Removes fields from a [`FieldMap`] one by one. [`FieldReader::finish`] rejects the remaining ones.
#[derive(Debug)]
pub(crate) struct FieldReader(FieldMap);

impl FieldReader {
    pub(crate) fn new(fields: FieldMap) -> Self {
        Self(fields)
    }

    /// Removes a field that clients may send but the call does not use.
    pub(crate) fn ignore(&mut self, name: &str) {
        self.0.0.retain(|(known, _)| known != name);
    }

    /// Checks that there is a field, for a call that changes the fields that it gets.
    ///
    /// # Errors
    /// `REQUIRED_FIELD`.
    pub(crate) fn require_any(&self) -> Result<(), Problem> {
        if self.0.0.is_empty() {
            return Err(Code::RequiredField.with_message("Send at least one field to change."));
        }
        Ok(())
    }

    /// Returns a text without removing it; `None` for anything else.
    pub(crate) fn peek_text(&self, name: &str) -> Option<String> {
        self.0.0.iter().find_map(|(known, value)| match value {
            Value::Text(text) if known == name && text.len() <= MAX_TEXT_BYTES => Some(text.clone()),
            _ => None,
        })
    }

    /// Returns a text, which may be empty.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) if text.len() > MAX_TEXT_BYTES || text.contains('\0') => {
                Err(Problem::field(name, "this text is too long, or has a NUL in it."))
            }
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::field(name, "write a text.")),
        }
    }

    /// Returns the token of a solved challenge.
    pub(crate) fn challenge(&mut self) -> Result<SubmittedChallenge, Problem> {
        Ok(SubmittedChallenge::from_input(self.text("challenge_token")?.as_deref()))
    }

    /// Returns a list of whole numbers, or `None` if the field is missing. More than `max` numbers are an error.
    pub(crate) fn numbers(&mut self, name: &str, max: usize) -> Result<Option<Vec<u64>>, Problem> {
        let Some(values) = self.take_list(name) else { return Ok(None) };
        if values.len() > max {
            return Err(Problem::field(name, format!("write at most {max} numbers.")));
        }
        let number = |value| match value {
            Value::Number(number) => number.as_u64(),
            Value::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        };
        let numbers: Option<_> = values.into_iter().map(number).collect();
        numbers.map(Some).ok_or_else(|| Problem::field(name, "write a list of whole numbers."))
    }

    /// Returns all texts with their names, those of a list one by one, and drops all other values. A text longer than
    /// `max` bytes is an error.
    pub(crate) fn all_texts(&mut self, max: usize) -> Result<Vec<(String, String)>, Problem> {
        let mut texts = Vec::new();
        for (name, value) in std::mem::take(&mut self.0.0) {
            let values = match value {
                Value::List(values) => values,
                value => vec![value],
            };
            for value in values {
                match value {
                    Value::Text(text) if text.len() > max || text.contains('\0') => {
                        return Err(Problem::field(&name, "this text is too long, or has a NUL in it."));
                    }
                    Value::Text(text) => texts.push((name.clone(), text)),
                    _ => {}
                }
            }
        }
        Ok(texts)
    }

    /// Returns a text or text file without a length limit of its own, such as a pasted list.
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

    /// Returns the bytes of a file or of a text, without a length limit of its own.
    pub(crate) fn file_or_text(&mut self, name: &str) -> Result<Option<Bytes>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.into())),
            Some(Value::File(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(Problem::field(name, "send a file.")),
        }
    }

    /// Returns a text; a missing or empty one is `REQUIRED_FIELD`.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, Problem> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| Problem::required(name))
    }

    /// Returns one or more texts, or `None` if the field is missing. Empty texts are dropped, so that a form can send
    /// an empty list.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(values) = self.take_list(name) else { return Ok(None) };
        let texts = values.into_iter().filter(|value| !is_empty(value)).map(|value| match value {
            Value::Text(text) if text.len() <= MAX_TEXT_BYTES && !text.contains('\0') => Ok(text),
            _ => Err(Problem::field(name, "write a list of texts.")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// Returns an id, sent as text or number. An empty text counts as missing.
    pub(crate) fn id<I: FromStr<Err = InvalidId>>(&mut self, name: &str) -> Result<Option<I>, Problem> {
        let text = match self.take(name)? {
            None => return Ok(None),
            Some(Value::Text(text)) if text.is_empty() => return Ok(None),
            Some(Value::Text(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(invalid_id(name)),
        };
        text.parse().map(Some).map_err(|_| invalid_id(name))
    }

    /// Returns an id, or 0 for `0` or an empty text, which clear an optional reference.
    pub(crate) fn id_or_zero<I: FromStr<Err = InvalidId> + From<i64>>(
        &mut self,
        name: &str,
    ) -> Result<Option<I>, Problem> {
        let is_zero = self.0.0.iter().any(|(known, value)| {
            known == name
                && match value {
                    Value::Text(text) => text.is_empty() || text == "0",
                    Value::Number(number) => number.as_u64() == Some(0),
                    _ => false,
                }
        });
        if is_zero {
            self.ignore(name);
            return Ok(Some(0.into()));
        }
        self.id(name)
    }

    /// Returns an id; a missing or empty one is `REQUIRED_FIELD`.
    pub(crate) fn required_id<I: FromStr<Err = InvalidId>>(&mut self, name: &str) -> Result<I, Problem> {
        self.id(name)?.ok_or_else(|| Problem::required(name))
    }

    /// Returns a list of ids; a missing or empty one is `REQUIRED_FIELD`.
    pub(crate) fn required_ids<I: FromStr<Err = InvalidId>>(&mut self, name: &str) -> Result<Vec<I>, Problem> {
        self.ids(name)?.filter(|ids| !ids.is_empty()).ok_or_else(|| Problem::required(name))
    }

    /// Returns a list of ids, which may be empty, or `None` if the field is missing.
    pub(crate) fn ids<I: FromStr<Err = InvalidId>>(&mut self, name: &str) -> Result<Option<Vec<I>>, Problem> {
        let Some(values) = self.take_list(name) else { return Ok(None) };
        let ids = values.into_iter().filter(|value| !is_empty(value)).map(|value| match value {
            Value::Text(text) => text.parse().map_err(|_| invalid_id(name)),
            Value::Number(number) => number.to_string().parse().map_err(|_| invalid_id(name)),
            _ => Err(invalid_id(name)),
        });
        ids.collect::<Result<_, _>>().map(Some)
    }

    /// Returns metadata: a JSON object, or in a form its text. An empty text counts as missing.
    pub(crate) fn metadata(&mut self, name: &str) -> Result<Option<Metadata>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) if text.is_empty() => Ok(None),
            Some(Value::Text(text)) => Metadata::parse(name, &text).map(Some),
            Some(value) => Metadata::from_value(name, &value.into()).map(Some),
        }
    }

    /// Returns a list of JSON objects, or `None` if the field is missing.
    ///
    /// # Errors
    /// `TOO_MANY_ROWS` for more than `max`; `INVALID_FIELD`.
    pub(crate) fn objects(&mut self, name: &str, max: usize) -> Result<Option<Vec<Self>>, Problem> {
        let Some(index) = self.0.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        match self.0.0.remove(index).1 {
            Value::Null => Ok(None),
            Value::List(values) if values.len() > max => Err(Code::TooManyRows.into()),
            Value::List(values) => {
                let objects = values.into_iter().map(|value| match value {
                    Value::Object(fields) => Ok(Self(FieldMap(fields))),
                    _ => Err(Problem::field(name, "write a list of JSON objects.")),
                });
                objects.collect::<Result<_, _>>().map(Some)
            }
            _ => Err(Problem::field(name, "write a list of JSON objects.")),
        }
    }

    /// Returns the fields of a JSON object, or in a form of its text. An empty text counts as missing.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) if text.is_empty() => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(FieldMap(fields)))),
            Some(Value::Text(text)) => {
                let fields = FieldMap::parse_json(text.as_bytes());
                fields.map(|fields| Some(Self(fields))).map_err(|_| Problem::field(name, "write a JSON object."))
            }
            Some(_) => Err(Problem::field(name, "write a JSON object.")),
        }
    }

    /// Returns the text of a JSON object, which may be sent as an object or as its text.
    pub(crate) fn json_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(value @ Value::Object(_)) => Ok(Some(serde_json::Value::from(value).to_string())),
            Some(_) => Err(Problem::field(name, "write a JSON object.")),
        }
    }

    /// Removes all fields, and returns them as a JSON object.
    pub(crate) fn take_all_as_json(&mut self) -> serde_json::Value {
        Value::Object(std::mem::take(&mut self.0.0)).into()
    }

    /// Returns an image field. An empty text counts as missing.
    pub(crate) fn image(&mut self, name: &str) -> Result<ImageField, Problem> {
        match self.take(name)? {
            None => Ok(ImageField::Missing),
            Some(Value::File(bytes)) => Ok(ImageField::File(bytes)),
            Some(Value::Text(text)) if text.is_empty() => Ok(ImageField::Missing),
            Some(Value::Text(text)) if text == "null" => Ok(ImageField::Null),
            Some(_) => Err(Problem::field(name, "send a file in a multipart form, or the text null for no image.")),
        }
    }

    /// Returns a boolean. An empty text counts as missing.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::Text(text)) if text.is_empty() => Ok(None),
            Some(Value::Text(text)) if text == "true" => Ok(Some(true)),
            Some(Value::Text(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(Problem::field(name, "write true or false.")),
        }
    }

    /// Returns an integer within `bounds`. An empty text counts as missing.
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
        let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_decimal && bounds.contains(number));
        let (min, max) = (bounds.start(), bounds.end());
        number.map(Some).ok_or_else(|| Problem::field(name, format!("write a whole number from {min} to {max}.")))
    }

    /// Returns a time: RFC 3339, or a date, which stands for its first moment in UTC. An empty text counts as missing.
    pub(crate) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        let time = text.map(|text| Timestamp::parse(&text).ok_or(()));
        time.transpose().map_err(|()| Problem::field(name, "write a date or time such as 2026-01-31T09:30:00Z."))
    }

    /// Returns one of a few values, which `choices` names. An empty text counts as missing.
    pub(crate) fn choice<C: FromStr>(&mut self, name: &str, choices: &str) -> Result<Option<C>, Problem> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        let choice = text.map(|text| text.parse::<C>());
        choice.transpose().map_err(|_| Problem::field(name, format!("use {choices}.")))
    }

    /// Returns a position in a list. An empty text counts as missing.
    ///
    /// # Errors
    /// `INVALID_CURSOR`.
    pub(crate) fn cursor<C: FromStr>(&mut self, name: &str) -> Result<Option<C>, Problem> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|_| Code::InvalidCursor.into())).transpose()
    }

    /// Rejects remaining fields.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD` with up to five names.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let unknown: Vec<_> = self.0.0.iter().map(|(name, _)| name.as_str()).take(5).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let names = unknown.join(", ");
        Err(Code::UnknownField.with_message(format!("This call has no field {names}. Check the spelling.")))
    }

    /// Removes a list, or a single value as a list of one. `None` if the field is missing.
    fn take_list(&mut self, name: &str) -> Option<Vec<Value>> {
        let index = self.0.0.iter().position(|(known, _)| known == name)?;
        match self.0.0.remove(index).1 {
            Value::Null => None,
            Value::List(values) => Some(values),
            value => Some(vec![value]),
        }
    }

    fn take(&mut self, name: &str) -> Result<Option<Value>, Problem> {
        let Some(index) = self.0.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        match self.0.0.remove(index).1 {
            Value::Null => Ok(None),
            Value::List(_) => Err(Problem::field(name, "it is given more than once, or as a list.")),
            value => Ok(Some(value)),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn invalid_id(name: &str) -> Problem {
    Code::InvalidId.with_message(format!("{name}: an id is a decimal number, such as 123456789012345678."))
}

#[cfg(test)]
mod tests;
