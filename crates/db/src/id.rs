//! Identifiers: 64-bit numbers that rise with time, decimal strings on the wire (decision 7 of the contract).
//!
//! Every noun has its own type, so that a workspace's id cannot stand where an organization's belongs. An id is made
//! in one place only, by [`IdSource`], from the clock that is handed in.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::Timestamp;

/// 2025-01-01T00:00:00Z in milliseconds: ids count from here, which leaves 41 bits of time good until 2094.
const EPOCH_MILLISECONDS: i64 = 1_735_689_600_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const SEQUENCES: i64 = 1 << SEQUENCE_BITS;

/// Makes ids that are unique among all processes with distinct node numbers, and rise within one process even when
/// the clock is set back. Which number is this process's, [`crate::node`] finds out.
#[derive(Debug)]
pub struct IdSource {
    node: AtomicI64,
    last: Mutex<i64>,
}

impl IdSource {
    /// Numbers a process may have; 0 is nobody's.
    pub const NODES: std::ops::Range<i64> = 1..1 << NODE_BITS;

    /// A source whose process has no number yet. Two of them may make the same ids.
    pub const fn without_node() -> Self {
        Self { node: AtomicI64::new(0), last: Mutex::new(0) }
    }

    /// Makes ids under this number from now on. Only its lowest ten bits count.
    pub fn set_node(&self, node: i64) {
        self.node.store(node & ((1 << NODE_BITS) - 1), Ordering::SeqCst);
    }

    /// The number ids are made under.
    pub fn node(&self) -> i64 {
        self.node.load(Ordering::SeqCst)
    }

    /// The next id, not smaller than any this source has given.
    pub fn next<I: From<i64>>(&self, now: Timestamp) -> I {
        let ticks = (now.as_microseconds() / 1000 - EPOCH_MILLISECONDS).max(1) * SEQUENCES;
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Past 4,096 ids in a millisecond the source borrows from the next one rather than wait for it.
        *last = ticks.max(*last + 1);
        let (milliseconds, sequence) = (*last / SEQUENCES, *last % SEQUENCES);
        I::from((milliseconds << (NODE_BITS + SEQUENCE_BITS)) | (self.node() << SEQUENCE_BITS) | sequence)
    }
}

/// What was given is not an id: a decimal number from 1 to 2^63 - 1, without sign, spaces or leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is a decimal number, such as 123456789012345678")
    }
}

fn parse(text: &str) -> Result<i64, InvalidId> {
    let canonical = text.as_bytes().first().is_some_and(|first| (b'1'..=b'9').contains(first))
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { text.parse().map_err(|_| InvalidId) } else { Err(InvalidId) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "123456789012345678"))]
        pub struct $name(i64);

        impl $name {
            /// The number itself, for the database.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(itoa::Buffer::new().format(self.0))
            }
        }
    )+};
}

ids! {
    /// The one installation that all organizations live in.
    DeploymentId,
    /// A person's account.
    UserId,
    /// One of a user's e-mail addresses.
    EmailAddressId,
    /// A browser's session; it may hold several sign-ins.
    SessionId,
    /// One user signed in within one session.
    SignInId,
    /// An organization: the tenant.
    OrganizationId,
    /// A user's membership of an organization.
    MembershipId,
    /// A membership's id or its user's: paths take either, since no two things share an id.
    MemberId,
    /// A role for organizations: of the deployment or of one organization.
    RoleId,
    /// A workspace within an organization.
    WorkspaceId,
    /// A member's membership of a workspace.
    WorkspaceMembershipId,
    /// A role for workspaces: of the deployment or of one workspace.
    WorkspaceRoleId,
    /// An invitation into an organization.
    InvitationId,
    /// A domain of an organization.
    DomainId,
    /// Somebody's wish to come into an organization.
    JoinRequestId,
    /// An entry of the waitlist.
    WaitlistEntryId,
    /// An attempt at proving an address.
    AttemptId,
    /// A piece of work that leaves the process.
    OutboxId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_node(node: i64) -> IdSource {
        let source = IdSource::without_node();
        source.set_node(node);
        source
    }

    #[test]
    fn only_canonical_decimals_are_ids() {
        assert_eq!("123456789012345678".parse(), Ok(UserId(123_456_789_012_345_678)));
        assert_eq!("9223372036854775807".parse(), Ok(UserId(i64::MAX)));
        for text in ["", "0", "007", "-1", "+1", "1.0", "1e3", " 1", "1 ", "abc", "0x10", "١٢٣", "9223372036854775808"]
        {
            assert_eq!(text.parse::<UserId>(), Err(InvalidId), "{text:?}");
        }
        assert_eq!("18446744073709551616".parse::<UserId>(), Err(InvalidId), "2^64");
    }

    #[test]
    fn ids_rise_and_stay_apart_even_when_the_clock_goes_back() {
        let noon = Timestamp::from_microseconds(1_790_000_000_000_000);
        let source = of_node(3);
        let mut last = UserId(0);
        for round in 0..10_000 {
            let now =
                if round % 3 == 0 { noon } else { Timestamp::from_microseconds(noon.as_microseconds() - 5_000_000) };
            let id = source.next(now);
            assert!(id > last);
            last = id;
        }
        assert_ne!(of_node(1).next::<UserId>(noon), of_node(2).next::<UserId>(noon));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(number in 1..i64::MAX) {
            prop_assert_eq!(UserId(number).to_string().parse(), Ok(UserId(number)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<UserId>();
        }
    }
}
