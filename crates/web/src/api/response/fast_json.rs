//! A JSON serializer for responses with hundreds of items. Field names, ids, timestamps and enum values need no
//! escaping, so it skips the search for characters to escape; a list of invitations serializes in half the time. All
//! other responses use serde.

use itoa::Integer;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, SessionId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{Delivery, Status, Suspension};
use vestibule_core::time::Timestamp;

/// A type with a serialization of its own, which must equal serde's.
pub(crate) trait FastJson {
    /// Appends the value to `json`.
    fn write_json(&self, json: &mut Vec<u8>);
}

/// Declares a struct and implements [`FastJson`] for it.
macro_rules! fast_json {
    ($(#[$about:meta])* $visibility:vis struct $name:ident { $($(#[$about_field:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        $visibility struct $name {
            $($(#[$about_field])* $field: $type,)+
        }

        impl FastJson for $name {
            fn write_json(&self, json: &mut Vec<u8>) {
                let start = json.len();
                $(
                    json.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    self.$field.write_json(json);
                )+
                // Replaces the first comma.
                if let Some(first) = json.get_mut(start) {
                    *first = b'{';
                }
                json.push(b'}');
            }
        }
    };
}

pub(crate) use fast_json;

/// Serializes an array. `expected_item_bytes` sizes the buffer, so that it is not reallocated.
pub(crate) fn array<T: FastJson>(items: impl ExactSizeIterator<Item = T>, expected_item_bytes: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(items.len() * expected_item_bytes + 2);
    json.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        item.write_json(&mut json);
    }
    json.push(b']');
    // The array may be cached, so a largely unused buffer is released.
    if json.len() < json.capacity() / 8 * 7 {
        json.shrink_to_fit();
    }
    json
}

/// Writes a string that needs no escaping.
fn write_string(text: &[u8], json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(text);
    json.push(b'"');
}

fn write_integer(number: impl Integer, json: &mut Vec<u8>) {
    json.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

// For types that may need escaping, and for rare ones.
macro_rules! impl_by_serde {
    ($($type:ty),+) => {$(
        impl FastJson for $type {
            fn write_json(&self, json: &mut Vec<u8>) {
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(json, self);
            }
        }
    )+};
}

impl_by_serde!(String, Suspension);

impl FastJson for Timestamp {
    fn write_json(&self, json: &mut Vec<u8>) {
        write_string(&self.to_rfc3339(), json);
    }
}

impl FastJson for i64 {
    fn write_json(&self, json: &mut Vec<u8>) {
        write_integer(*self, json);
    }
}

impl FastJson for bool {
    fn write_json(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl<T: FastJson> FastJson for Option<T> {
    fn write_json(&self, json: &mut Vec<u8>) {
        match self {
            Some(value) => value.write_json(json),
            None => json.extend_from_slice(b"null"),
        }
    }
}

macro_rules! impl_for_ids {
    ($($id:ident),+) => {$(
        impl FastJson for $id {
            fn write_json(&self, json: &mut Vec<u8>) {
                json.push(b'"');
                write_integer(self.get(), json);
                json.push(b'"');
            }
        }
    )+};
}

impl_for_ids!(InvitationId, MembershipId, OrganizationId, RoleId, SessionId, WorkspaceId, WorkspaceRoleId);

macro_rules! impl_for_text_enums {
    ($($name:ident),+) => {$(
        impl FastJson for $name {
            fn write_json(&self, json: &mut Vec<u8>) {
                write_string(self.as_str().as_bytes(), json);
            }
        }
    )+};
}

impl_for_text_enums!(Status, Delivery);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;

    const STATUSES: [Status; 4] = [Status::Pending, Status::Accepted, Status::Discarded, Status::Declined];
    const DELIVERIES: [Delivery; 5] =
        [Delivery::Queued, Delivery::Sent, Delivery::Deferred, Delivery::Failed, Delivery::NotSent];
    const SUSPENSIONS: [Suspension; 4] = [
        Suspension::InviterMayNotInvite,
        Suspension::RoleExceedsInviter,
        Suspension::InviterHasLeft,
        Suspension::ApiKeyRevoked,
    ];

    fast_json! {
        #[derive(Serialize)]
        struct Everything {
            id: InvitationId,
            text: String,
            time: Timestamp,
            count: i64,
            flag: bool,
            missing: Option<RoleId>,
            present: Option<Status>,
            suspended: Suspension,
            nested: Nested,
        }
    }

    fast_json! {
        #[derive(Serialize)]
        struct Nested {
            state: Delivery,
        }
    }

    proptest! {
        #[test]
        fn writes_the_same_json_as_serde(
            texts in proptest::collection::vec(any::<String>(), 0..3),
            number: i64,
            flag: bool,
            status in proptest::sample::select(&STATUSES[..]),
            state in proptest::sample::select(&DELIVERIES[..]),
            suspended in proptest::sample::select(&SUSPENSIONS[..]),
        ) {
            let items = texts.into_iter().map(|text| Everything {
                id: number.into(),
                text,
                time: Timestamp::from_microseconds(number),
                count: number,
                flag,
                missing: None,
                present: Some(status),
                suspended,
                nested: Nested { state },
            });
            let items: Vec<_> = items.collect();
            let expected = serde_json::to_string(&items).unwrap();
            prop_assert_eq!(String::from_utf8(array(items.into_iter(), 1)).unwrap(), expected);
        }
    }
}
