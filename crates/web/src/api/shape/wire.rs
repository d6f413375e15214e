//! JSON of shapes that go out by the hundred. Names of fields, ids, instants and words need no escaping, so nobody looks
//! for what to escape in them; a list of invitations is written in half the time. Every other shape is left to serde.

use itoa::Integer;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, SessionId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{Delivery, Status, Suspension};
use vestibule_core::time::Timestamp;

/// What writes itself as JSON, as serde would.
pub(crate) trait Wire {
    /// Writes it at the end.
    fn write(&self, json: &mut Vec<u8>);
}

/// Declares a shape that serde writes, and that writes itself the same.
macro_rules! wire {
    ($(#[$about:meta])* $visibility:vis struct $name:ident { $($(#[$about_field:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        $visibility struct $name {
            $($(#[$about_field])* $field: $type,)+
        }

        impl Wire for $name {
            fn write(&self, json: &mut Vec<u8>) {
                let beginning = json.len();
                $(
                    json.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    self.$field.write(json);
                )+
                // In the place of the first comma.
                if let Some(beginning) = json.get_mut(beginning) {
                    *beginning = b'{';
                }
                json.push(b'}');
            }
        }
    };
}

pub(crate) use wire;

/// A page of shapes as an array, of which each takes about so many bytes: a buffer that grows is copied again and again.
/// It is kept perhaps, so that much more room than it takes is given back.
pub(crate) fn page<W: Wire>(shapes: impl ExactSizeIterator<Item = W>, bytes_of_one: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(shapes.len() * bytes_of_one + 2);
    json.push(b'[');
    for (place, shape) in shapes.enumerate() {
        if place > 0 {
            json.push(b',');
        }
        shape.write(&mut json);
    }
    json.push(b']');
    if json.len() < json.capacity() / 8 * 7 {
        json.shrink_to_fit();
    }
    json
}

/// A text in which nothing needs escaping.
fn quoted(text: &[u8], json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(text);
    json.push(b'"');
}

fn number(number: impl Integer, json: &mut Vec<u8>) {
    json.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// What may need escaping, and what is rare.
macro_rules! by_serde {
    ($($type:ty),+) => {$(
        impl Wire for $type {
            fn write(&self, json: &mut Vec<u8>) {
                // Nothing can go wrong in memory.
                let _ = serde_json::to_writer(json, self);
            }
        }
    )+};
}

by_serde!(String, Suspension);

impl Wire for Timestamp {
    fn write(&self, json: &mut Vec<u8>) {
        quoted(&self.written(), json);
    }
}

impl Wire for i64 {
    fn write(&self, json: &mut Vec<u8>) {
        number(*self, json);
    }
}

impl Wire for bool {
    fn write(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl<W: Wire> Wire for Option<W> {
    fn write(&self, json: &mut Vec<u8>) {
        match self {
            Some(some) => some.write(json),
            None => json.extend_from_slice(b"null"),
        }
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Wire for $id {
            fn write(&self, json: &mut Vec<u8>) {
                json.push(b'"');
                number(self.get(), json);
                json.push(b'"');
            }
        }
    )+};
}

ids!(InvitationId, MembershipId, OrganizationId, RoleId, SessionId, WorkspaceId, WorkspaceRoleId);

macro_rules! words {
    ($($word:ident),+) => {$(
        impl Wire for $word {
            fn write(&self, json: &mut Vec<u8>) {
                quoted(self.as_str().as_bytes(), json);
            }
        }
    )+};
}

words!(Status, Delivery);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;

    const STATUSES: [Status; 4] = [Status::Pending, Status::Accepted, Status::Discarded, Status::Declined];
    const DELIVERIES: [Delivery; 5] =
        [Delivery::Queued, Delivery::Sent, Delivery::Deferred, Delivery::Failed, Delivery::NotSent];
    const SUSPENSIONS: [Suspension; 3] =
        [Suspension::InviterMayNotInvite, Suspension::RoleExceedsInviter, Suspension::InviterHasLeft];

    wire! {
        #[derive(Serialize)]
        struct Everything {
            id: InvitationId,
            text: String,
            instant: Timestamp,
            count: i64,
            flag: bool,
            nothing: Option<RoleId>,
            something: Option<Status>,
            suspended: Suspension,
            inside: Inside,
        }
    }

    wire! {
        #[derive(Serialize)]
        struct Inside {
            state: Delivery,
        }
    }

    proptest! {
        #[test]
        fn a_page_is_what_serde_writes(
            texts in proptest::collection::vec(any::<String>(), 0..3),
            number: i64,
            flag: bool,
            status in proptest::sample::select(&STATUSES[..]),
            state in proptest::sample::select(&DELIVERIES[..]),
            suspended in proptest::sample::select(&SUSPENSIONS[..]),
        ) {
            let shapes = texts.into_iter().map(|text| Everything {
                id: number.into(),
                text,
                instant: Timestamp::from_microseconds(number),
                count: number,
                flag,
                nothing: None,
                something: Some(status),
                suspended,
                inside: Inside { state },
            });
            let shapes: Vec<_> = shapes.collect();
            let right = serde_json::to_string(&shapes).unwrap();
            prop_assert_eq!(String::from_utf8(page(shapes.into_iter(), 1)).unwrap(), right);
        }
    }
}
