//! Lines of an export as JSON, with all that is needed to verify the chain.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::sql::Entry;
use crate::time::Timestamp;

/// A line of an export. The JSON of the payload is a text, because the hash is over these very bytes. It has no other
/// fields: nothing would prove them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportLine {
    pub organization_id: String,
    pub sequence: Option<i64>,
    pub id: String,
    pub created_at_microseconds: i64,
    pub action: String,
    pub actor_type: String,
    pub actor_id: Option<String>,
    pub impersonator_id: Option<String>,
    pub target_type: String,
    pub target_id: String,
    pub request_id: Option<String>,
    pub payload: Option<String>,
    pub payload_salt: Option<String>,
    pub payload_commitment: Option<String>,
    pub personal: Option<String>,
    pub salt: Option<String>,
    pub commitment: Option<String>,
    /// The hash of the entry before it in the chain.
    pub previous_hash: String,
    pub hash: Option<String>,
}

/// The text is not a line of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidLine;

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

impl ExportLine {
    /// The line of an entry that continues the one with the hash `previous`.
    pub fn new(entry: Entry, previous: &[u8]) -> Self {
        let text = |number: Option<i64>| number.map(|number| number.to_string());
        Self {
            organization_id: entry.organization_id.to_string(),
            sequence: entry.sequence,
            id: entry.id.to_string(),
            created_at_microseconds: entry.created_at.as_microseconds(),
            action: entry.action,
            actor_type: entry.actor_kind,
            actor_id: text(entry.actor_id),
            impersonator_id: text(entry.impersonator_id),
            target_type: entry.target_kind,
            target_id: entry.target_id.to_string(),
            request_id: text(entry.request_id),
            payload: entry.payload,
            payload_salt: entry.payload_salt.as_deref().map(hex),
            payload_commitment: entry.payload_commitment.as_deref().map(hex),
            personal: entry.personal,
            salt: entry.salt.as_deref().map(hex),
            commitment: entry.commitment.as_deref().map(hex),
            previous_hash: hex(previous),
            hash: entry.hash.as_deref().map(hex),
        }
    }

    /// Parses a line: the entry, and the hash that it continues.
    pub fn parse(line: &str) -> Result<(Entry, Vec<u8>), InvalidLine> {
        let line: Self = serde_json::from_str(line).map_err(|_| InvalidLine)?;
        let number = |text: &str| text.parse::<i64>().map_err(|_| InvalidLine);
        let optional = |text: Option<String>| text.map(|text| number(&text)).transpose();
        let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| InvalidLine);
        let optional_bytes = |text: Option<String>| text.map(|text| bytes(&text)).transpose();
        let entry = Entry {
            organization_id: number(&line.organization_id)?,
            id: number(&line.id)?.into(),
            created_at: Timestamp::from_microseconds(line.created_at_microseconds),
            action: line.action,
            actor_kind: line.actor_type,
            actor_id: optional(line.actor_id)?,
            impersonator_id: optional(line.impersonator_id)?,
            target_kind: line.target_type,
            target_id: number(&line.target_id)?,
            request_id: optional(line.request_id)?,
            payload: line.payload,
            payload_salt: optional_bytes(line.payload_salt)?,
            payload_commitment: optional_bytes(line.payload_commitment)?,
            personal: line.personal,
            salt: optional_bytes(line.salt)?,
            commitment: optional_bytes(line.commitment)?,
            // An export has sealed entries only. The last number has none that follows.
            sequence: Some(line.sequence.filter(|number| (1..i64::MAX).contains(number)).ok_or(InvalidLine)?),
            hash: optional_bytes(line.hash)?,
        };
        Ok((entry, bytes(&line.previous_hash)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> String {
        let entry = Entry {
            organization_id: 5,
            id: 7.into(),
            created_at: Timestamp::from_microseconds(9),
            action: "organization.updated".to_owned(),
            actor_kind: "system".to_owned(),
            actor_id: None,
            impersonator_id: None,
            target_kind: "organization".to_owned(),
            target_id: 5,
            request_id: None,
            payload: Some("{}".to_owned()),
            payload_salt: Some(vec![2; 16]),
            payload_commitment: Some(vec![3; 32]),
            personal: None,
            salt: None,
            commitment: None,
            sequence: Some(3),
            hash: Some(vec![1; 32]),
        };
        serde_json::to_string(&ExportLine::new(entry, &[0; 32])).unwrap()
    }

    #[test]
    fn reads_the_lines_that_it_writes_and_no_hostile_ones() {
        let line = line();
        let (entry, previous) = ExportLine::parse(&line).unwrap();
        assert_eq!((entry.sequence, entry.payload.as_deref(), previous), (Some(3), Some("{}"), vec![0; 32]));
        let sequence = |value: &str| line.replace(r#""sequence":3"#, &format!(r#""sequence":{value}"#));
        for hostile in [
            String::new(),
            sequence("null"),
            sequence("0"),
            sequence("-9223372036854775808"),
            sequence("9223372036854775807"),
            sequence("9223372036854775808"),
            // What a reader shows and what was verified must not differ.
            line.replacen('{', r#"{"payload":"{\"name\":\"x\"}","#, 1),
            line.replacen('{', r#"{"note":"verified","#, 1),
            line.replace(r#""payload":"{}""#, r#""payload":{}"#),
            line.replace(r#""payload":"{}""#, &format!(r#""payload":{}"#, "[".repeat(100_000))),
        ] {
            assert!(ExportLine::parse(&hostile).is_err(), "{}", &hostile[..hostile.len().min(300)]);
        }
    }
}
