//! Lines of an export as JSON, with all that is needed to verify the chain.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::sql::Entry;
use crate::time::Timestamp;

/// A line of an export. The JSON of the payload is a text, because the hash is over these very bytes.
#[derive(Debug, Serialize, Deserialize)]
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
            personal: line.personal,
            salt: optional_bytes(line.salt)?,
            commitment: optional_bytes(line.commitment)?,
            sequence: line.sequence,
            hash: optional_bytes(line.hash)?,
        };
        Ok((entry, bytes(&line.previous_hash)?))
    }
}
