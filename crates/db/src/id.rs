//! Ids: 64-bit numbers that increase with time, and decimal strings on the wire.
//!
//! Each noun has a type of its own, so that a workspace's id cannot be used as an organization's. Only [`IdSource`]
//! generates ids, from the injected clock.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::Timestamp;

/// 2025-01-01T00:00:00Z in milliseconds, the epoch of the ids. 41 bits of time last until 2094.
const EPOCH_MILLISECONDS: i64 = 1_735_689_600_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const SEQUENCES: i64 = 1 << SEQUENCE_BITS;

/// Generates ids that are unique among processes with different node numbers, and that increase within a process even
/// when the clock is set back.
#[derive(Debug)]
pub struct IdSource {
    node: AtomicI64,
    last: Mutex<i64>,
}

impl IdSource {
    /// Node numbers that a process may have; 0 means none.
    pub const NODES: std::ops::Range<i64> = 1..1 << NODE_BITS;

    /// A source without a node number. Two of them may generate the same ids.
    pub const fn without_node() -> Self {
        Self { node: AtomicI64::new(0), last: Mutex::new(0) }
    }

    /// Sets the node number. Only its lowest ten bits count.
    pub fn set_node(&self, node: i64) {
        self.node.store(node & ((1 << NODE_BITS) - 1), Ordering::SeqCst);
    }

    pub fn node(&self) -> i64 {
        self.node.load(Ordering::SeqCst)
    }

    /// Generates an id that is greater than every earlier one of this source.
    pub fn next<I: From<i64>>(&self, now: Timestamp) -> I {
        let ticks = (now.as_microseconds() / 1000 - EPOCH_MILLISECONDS).max(1) * SEQUENCES;
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // After 4,096 ids in one millisecond, the next one is borrowed rather than waited for.
        *last = ticks.max(*last + 1);
        let (milliseconds, sequence) = (*last / SEQUENCES, *last % SEQUENCES);
        I::from((milliseconds << (NODE_BITS + SEQUENCE_BITS)) | (self.node() << SEQUENCE_BITS) | sequence)
    }
}

/// The text is not an id: a decimal number from 1 to 2^63 - 1, without sign, spaces or leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is a decimal number, such as 123456789012345678")
    }
}

impl std::error::Error for InvalidId {}

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
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The lowest id that can be generated at this time, by which lists find rows of a period.
            pub const fn first_at(time: Timestamp) -> Self {
                let milliseconds = time.as_microseconds().div_euclid(1000) - EPOCH_MILLISECONDS;
                // Later than the range of ids, no id is high enough.
                let clamped = if milliseconds < 0 {
                    0
                } else if milliseconds > i64::MAX >> (NODE_BITS + SEQUENCE_BITS) {
                    i64::MAX >> (NODE_BITS + SEQUENCE_BITS)
                } else {
                    milliseconds
                };
                Self(clamped << (NODE_BITS + SEQUENCE_BITS))
            }

            /// When the id was generated, to the millisecond.
            pub const fn created_at(self) -> Timestamp {
                Timestamp::from_microseconds(((self.0 >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MILLISECONDS) * 1000)
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
    /// The installation.
    DeploymentId,
    /// A person's account.
    UserId,
    /// An email address of a user.
    EmailAddressId,
    /// A browser's session; it may hold several sign-ins.
    SessionId,
    /// One user signed in within one session.
    SignInId,
    /// An organization: the tenant.
    OrganizationId,
    /// A user's membership of an organization.
    MembershipId,
    /// A membership's id or its user's: paths accept either, because no two things share an id.
    MemberId,
    /// A role in organizations: of the deployment or of one organization.
    RoleId,
    /// A workspace of an organization.
    WorkspaceId,
    /// A member's membership of a workspace.
    WorkspaceMembershipId,
    /// A role in workspaces: of the deployment or of one workspace.
    WorkspaceRoleId,
    /// An invitation to an organization.
    InvitationId,
    /// A domain of an organization.
    DomainId,
    /// A request to join an organization.
    JoinRequestId,
    /// An entry of the waitlist.
    WaitlistEntryId,
    /// A verification of an email address.
    AttemptId,
    /// A mail to one address about a change of what opens an account.
    NoticeId,
    /// A job of the outbox.
    OutboxId,
    /// An API key of a backend.
    ApiKeyId,
    /// An invitation to sign up.
    DeploymentInvitationId,
    /// An entry of the audit log.
    AuditEntryId,
    /// An endpoint that webhooks are delivered to.
    WebhookEndpointId,
    /// An authenticator app of a user.
    AuthenticatorId,
    /// A passkey of a user.
    PasskeyId,
    /// An organization's connection to its identity provider.
    ConnectionId,
    /// Who a user is at an identity provider.
    IdentityId,
    /// A browser that was sent to an identity provider.
    AuthorizationRequestId,
    /// A sign-in or a test of a connection, with its steps.
    ConnectionTraceId,
    /// A link by which a person without an account sets up a connection.
    SetupLinkId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn source_with_node(node: i64) -> IdSource {
        let source = IdSource::without_node();
        source.set_node(node);
        source
    }

    #[test]
    fn parses_canonical_decimals_only() {
        assert_eq!("123456789012345678".parse(), Ok(UserId(123_456_789_012_345_678)));
        assert_eq!("9223372036854775807".parse(), Ok(UserId(i64::MAX)));
        for text in ["", "0", "007", "-1", "+1", "1.0", "1e3", " 1", "1 ", "abc", "0x10", "١٢٣", "9223372036854775808"]
        {
            assert_eq!(text.parse::<UserId>(), Err(InvalidId), "{text:?}");
        }
        assert_eq!("18446744073709551616".parse::<UserId>(), Err(InvalidId), "2^64");
    }

    #[test]
    fn ids_increase_even_when_the_clock_is_set_back() {
        let noon = Timestamp::from_microseconds(1_790_000_000_000_000);
        let source = source_with_node(3);
        let mut last = UserId(0);
        for round in 0..10_000 {
            let now =
                if round % 3 == 0 { noon } else { Timestamp::from_microseconds(noon.as_microseconds() - 5_000_000) };
            let id = source.next(now);
            assert!(id > last);
            last = id;
        }
        assert_ne!(source_with_node(1).next::<UserId>(noon), source_with_node(2).next::<UserId>(noon));
    }

    proptest! {
        #[test]
        fn parses_what_it_displays(number in 1..i64::MAX) {
            prop_assert_eq!(UserId(number).to_string().parse(), Ok(UserId(number)));
        }

        #[test]
        fn parses_any_text_without_panic(text in ".*") {
            let _ = text.parse::<UserId>();
        }
    }
}
