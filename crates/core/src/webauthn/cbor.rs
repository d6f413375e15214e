//! CBOR (RFC 8949) with limits.

use ciborium::Value;

/// Nested items. Attestation statements and outputs of extensions have three.
const MAX_DEPTH: usize = 16;
/// Entries of a map, which bounds the search for duplicate keys.
const MAX_ENTRIES: usize = 64;

/// Reads one item, and returns it with the bytes that follow it. `None` if it is malformed, nested too deep, or has a
/// map with a duplicate key, or with a key that is neither a number nor a text.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).ok()?;
    has_plain_maps(&value).then_some((value, rest))
}

/// Like [`read`], for a map that is all of the bytes.
pub(super) fn read_map(bytes: &[u8]) -> Option<Vec<(Value, Value)>> {
    match read(bytes)? {
        (Value::Map(entries), []) => Some(entries),
        _ => None,
    }
}

/// Removes the value of a text key.
pub(super) fn take(entries: &mut Vec<(Value, Value)>, name: &str) -> Option<Value> {
    let position = entries.iter().position(|(key, _)| key.as_text() == Some(name))?;
    Some(entries.swap_remove(position).1)
}

/// The value of a key that is a number.
pub(super) fn get(entries: &[(Value, Value)], label: i64) -> Option<&Value> {
    let label = Value::from(label);
    entries.iter().find(|(key, _)| *key == label).map(|(_, value)| value)
}

fn has_plain_maps(value: &Value) -> bool {
    match value {
        Value::Map(entries) => {
            entries.len() <= MAX_ENTRIES
                && entries.iter().enumerate().all(|(index, (key, value))| {
                    matches!(key, Value::Integer(_) | Value::Text(_))
                        && !entries.iter().take(index).any(|(other, _)| other == key)
                        && has_plain_maps(value)
                })
        }
        Value::Array(items) => items.iter().all(has_plain_maps),
        Value::Tag(_, value) => has_plain_maps(value),
        _ => true,
    }
}
