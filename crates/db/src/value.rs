//! Values of arguments and columns, the same on every engine.
//!
//! The database has four kinds of values: 64-bit integers, text, bytes and NULL. Other types are stored as one of
//! these: ids and timestamps as integers, booleans as 0 and 1, JSON as text.

use std::fmt;

use crate::id;
use crate::time::Timestamp;

/// The kind of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    Bytes,
}

/// A value of an argument. `Debug` shows neither text nor bytes, because drivers log arguments, such as addresses,
/// names and digests.
#[derive(Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

/// A value of a column.
pub type Cell<'a> = Value<'a>;

/// A value that outlives the statement's caller: of a deferred statement, or between two databases. `Debug` is that of
/// [`Value`].
#[derive(Clone, PartialEq)]
pub(crate) enum OwnedValue {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl OwnedValue {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

impl fmt::Debug for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// A type that a statement takes as argument. The value may borrow: `Text` takes a `&str`.
pub trait Argument {
    /// The type that is passed to the methods of `Tx`.
    type Input<'a>: Copy + Send + Sync;
    const KIND: Kind;
    fn value(input: Self::Input<'_>) -> Value<'_>;
}

/// A type that a column is read into.
pub trait Column: Sized {
    /// Converts the value; `None` if it is not of this type.
    fn read(cell: Cell<'_>) -> Option<Self>;
}

/// An argument that is passed as `&str`.
#[derive(Debug)]
pub enum Text {}

/// An argument that is passed as `&[u8]`.
#[derive(Debug)]
pub enum Bytes {}

impl Argument for Text {
    type Input<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(input)
    }
}

impl Argument for Bytes {
    type Input<'a> = &'a [u8];
    const KIND: Kind = Kind::Bytes;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Bytes(input)
    }
}

impl<A: Argument> Argument for Option<A> {
    type Input<'a> = Option<A::Input<'a>>;
    const KIND: Kind = A::KIND;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        input.map_or(Value::Null, A::value)
    }
}

impl<C: Column> Column for Option<C> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Null => Some(None),
            cell => C::read(cell).map(Some),
        }
    }
}

impl Column for String {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Bytes(bytes) => Some(bytes.to_owned()),
            _ => None,
        }
    }
}

/// Types that are stored as integers, with the conversions.
macro_rules! integers {
    ($($type:ty: $into:expr, $from:expr ;)+) => {$(
        impl Argument for $type {
            type Input<'a> = Self;
            const KIND: Kind = Kind::Integer;
            fn value<'a>(input: Self) -> Value<'a> {
                Value::Integer(($into)(input))
            }
        }

        impl Column for $type {
            fn read(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Value::Integer(number) => ($from)(number),
                    _ => None,
                }
            }
        }
    )+};
}

integers! {
    i64: |number| number, Some;
    bool: i64::from, |number| match number { 0 => Some(false), 1 => Some(true), _ => None };
    Timestamp: Timestamp::as_microseconds, |number| Some(Timestamp::from_microseconds(number));
    id::DeploymentId: id::DeploymentId::get, |number: i64| Some(number.into());
    id::UserId: id::UserId::get, |number: i64| Some(number.into());
    id::EmailAddressId: id::EmailAddressId::get, |number: i64| Some(number.into());
    id::SessionId: id::SessionId::get, |number: i64| Some(number.into());
    id::SignInId: id::SignInId::get, |number: i64| Some(number.into());
    id::OrganizationId: id::OrganizationId::get, |number: i64| Some(number.into());
    id::MembershipId: id::MembershipId::get, |number: i64| Some(number.into());
    id::MemberId: id::MemberId::get, |number: i64| Some(number.into());
    id::RoleId: id::RoleId::get, |number: i64| Some(number.into());
    id::WorkspaceId: id::WorkspaceId::get, |number: i64| Some(number.into());
    id::WorkspaceMembershipId: id::WorkspaceMembershipId::get, |number: i64| Some(number.into());
    id::WorkspaceRoleId: id::WorkspaceRoleId::get, |number: i64| Some(number.into());
    id::InvitationId: id::InvitationId::get, |number: i64| Some(number.into());
    id::AttemptId: id::AttemptId::get, |number: i64| Some(number.into());
    id::NoticeId: id::NoticeId::get, |number: i64| Some(number.into());
    id::OutboxId: id::OutboxId::get, |number: i64| Some(number.into());
    id::ApiKeyId: id::ApiKeyId::get, |number: i64| Some(number.into());
    id::DeploymentInvitationId: id::DeploymentInvitationId::get, |number: i64| Some(number.into());
    id::WaitlistEntryId: id::WaitlistEntryId::get, |number: i64| Some(number.into());
    id::AuditEntryId: id::AuditEntryId::get, |number: i64| Some(number.into());
    id::WebhookEndpointId: id::WebhookEndpointId::get, |number: i64| Some(number.into());
    id::AuthenticatorId: id::AuthenticatorId::get, |number: i64| Some(number.into());
    id::PasskeyId: id::PasskeyId::get, |number: i64| Some(number.into());
    id::SetupLinkId: id::SetupLinkId::get, |number: i64| Some(number.into());
    id::ConnectionTraceId: id::ConnectionTraceId::get, |number: i64| Some(number.into());
    id::AuthorizationRequestId: id::AuthorizationRequestId::get, |number: i64| Some(number.into());
    id::IdentityId: id::IdentityId::get, |number: i64| Some(number.into());
    id::ConnectionId: id::ConnectionId::get, |number: i64| Some(number.into());
    id::DomainId: id::DomainId::get, |number: i64| Some(number.into());
    id::JoinRequestId: id::JoinRequestId::get, |number: i64| Some(number.into());
}
