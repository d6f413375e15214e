//! The fields of payloads, by type: values, personal data, and values before and after a change.

use serde::Serialize;
use serde_json::{Value, json};

use crate::assurance::SecondFactorPolicy;
use crate::id;
use crate::time::Timestamp;

/// Personal data: stored apart from the rest, so that it can be erased.
#[derive(Clone, Debug)]
pub struct Personal<T>(pub T);

/// A value before and after the change.
#[derive(Clone, Debug)]
pub struct Changed<T> {
    pub before: T,
    pub after: T,
}

impl<T: PartialEq> Changed<T> {
    /// `None` if both are equal.
    pub fn new(before: impl Into<T>, after: impl Into<T>) -> Option<Self> {
        let (before, after) = (before.into(), after.into());
        (before != after).then_some(Self { before, after })
    }
}

/// The members of a JSON object, as they are written.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<u8>);

impl Members {
    pub(super) fn push(&mut self, name: &str, value: &impl Serialize) {
        self.push_name(name);
        // Writing to memory fails only for maps with keys that are no text, which no field is.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// Adds an object, unless it is empty.
    pub(super) fn push_object(&mut self, name: &str, object: Self) {
        if !object.0.is_empty() {
            self.push_name(name);
            self.0.push(b'{');
            self.0.extend(object.0);
            self.0.push(b'}');
        }
    }

    fn push_name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend(name.as_bytes());
        self.0.extend(b"\":");
    }

    /// A copy of the object as text; `None` if it is empty.
    pub(super) fn to_object(&self) -> Option<String> {
        Self(self.0.clone()).into_object()
    }

    /// The object as text; `None` if it is empty.
    pub(super) fn into_object(mut self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.insert(0, b'{');
        self.0.push(b'}');
        String::from_utf8(self.0).ok()
    }
}

/// The parts of a payload.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) data: Members,
    pub(super) before: Members,
    pub(super) after: Members,
    pub(super) personal: Members,
    pub(super) personal_before: Members,
    pub(super) personal_after: Members,
}

/// Which part a field is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Data,
    Changed,
    Personal,
    PersonalChanged,
}

/// The type of a field.
pub(super) trait Field {
    const PLACE: Place;
    const IS_REQUIRED: bool = true;

    fn write(&self, name: &'static str, parts: &mut Parts);

    /// The JSON Schema of the value.
    fn schema() -> Value;

    fn example(name: &str) -> Value;
}

/// A value of a field.
pub(super) trait Scalar: Serialize {
    fn schema() -> Value;
    fn example(name: &str) -> Value;
}

impl<T: Scalar> Field for T {
    const PLACE: Place = Place::Data;

    fn write(&self, name: &'static str, parts: &mut Parts) {
        parts.data.push(name, self);
    }

    fn schema() -> Value {
        T::schema()
    }

    fn example(name: &str) -> Value {
        T::example(name)
    }
}

impl<T: Scalar> Field for Personal<T> {
    const PLACE: Place = Place::Personal;

    fn write(&self, name: &'static str, parts: &mut Parts) {
        parts.personal.push(name, &self.0);
    }

    fn schema() -> Value {
        T::schema()
    }

    fn example(name: &str) -> Value {
        T::example(name)
    }
}

impl<T: Scalar> Field for Changed<T> {
    const PLACE: Place = Place::Changed;

    fn write(&self, name: &'static str, parts: &mut Parts) {
        parts.before.push(name, &self.before);
        parts.after.push(name, &self.after);
    }

    fn schema() -> Value {
        T::schema()
    }

    fn example(name: &str) -> Value {
        T::example(name)
    }
}

impl<T: Scalar> Field for Personal<Changed<T>> {
    const PLACE: Place = Place::PersonalChanged;

    fn write(&self, name: &'static str, parts: &mut Parts) {
        parts.personal_before.push(name, &self.0.before);
        parts.personal_after.push(name, &self.0.after);
    }

    fn schema() -> Value {
        T::schema()
    }

    fn example(name: &str) -> Value {
        T::example(name)
    }
}

/// A field that is left out if there is no value.
impl<T: Field> Field for Option<T> {
    const PLACE: Place = T::PLACE;
    const IS_REQUIRED: bool = false;

    fn write(&self, name: &'static str, parts: &mut Parts) {
        if let Some(value) = self {
            value.write(name, parts);
        }
    }

    fn schema() -> Value {
        T::schema()
    }

    fn example(name: &str) -> Value {
        T::example(name)
    }
}

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl Scalar for id::$name {
            fn schema() -> Value {
                json!({"type": "string", "pattern": "^[1-9][0-9]*$"})
            }

            fn example(name: &str) -> Value {
                // Different ones for different fields.
                let number = name.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1000);
                json!(format!("123456789012345{number:03}"))
            }
        }
    )+};
}

ids!(
    ApiKeyId,
    AuditEntryId,
    AuthenticatorId,
    ConnectionId,
    DeploymentInvitationId,
    DomainId,
    EmailAddressId,
    IdentityId,
    InvitationId,
    JoinRequestId,
    MembershipId,
    OrganizationId,
    OutboxId,
    PasskeyId,
    RoleId,
    SetupLinkId,
    SignInId,
    UserId,
    WaitlistEntryId,
    WebhookEndpointId,
    WorkspaceId,
    WorkspaceMembershipId,
    WorkspaceRoleId,
);

impl<T: Scalar> Scalar for Vec<T> {
    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }

    fn example(name: &str) -> Value {
        json!([T::example(name)])
    }
}

impl Scalar for bool {
    fn schema() -> Value {
        json!({"type": "boolean"})
    }

    fn example(_: &str) -> Value {
        json!(true)
    }
}

impl Scalar for i64 {
    fn schema() -> Value {
        json!({"type": "integer"})
    }

    fn example(_: &str) -> Value {
        json!(2)
    }
}

impl Scalar for Timestamp {
    fn schema() -> Value {
        json!({"type": "string", "format": "date-time"})
    }

    fn example(_: &str) -> Value {
        json!("2026-01-22T10:30:00Z")
    }
}

impl Scalar for String {
    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn example(name: &str) -> Value {
        json!(text_example(name))
    }
}

/// For the names of permissions, scopes and methods.
impl Scalar for &'static str {
    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn example(name: &str) -> Value {
        json!(text_example(name))
    }
}

impl Scalar for SecondFactorPolicy {
    fn schema() -> Value {
        json!({"type": "string", "enum": [Self::None, Self::Optional, Self::Enforced]})
    }

    fn example(_: &str) -> Value {
        json!(Self::Enforced)
    }
}

fn text_example(name: &str) -> &'static str {
    match name {
        "allowed_addresses" => "203.0.113.0/24",
        "domain" | "domains" | "host" => "example.com",
        "issuer" => "https://login.example.com",
        "client" => "0oa1b2c3d4",
        "event" | "events" => "organization.member.added",
        "disabled_reason" => "failing",
        "email" | "primary_email" => "sam@example.com",
        "first_name" => "Sam",
        "last_name" => "Rivera",
        "user_name" | "invitee_name" => "Sam Rivera",
        "username" => "sam",
        "attempted" => "sign_in",
        "method" => "password",
        "minimum_assurance" => "two_factors",
        "mfa_enforced_from" | "secret_expires_at" => "2026-01-22T10:30:00Z",
        "joined_by" | "mail_kind" => "invitation",
        "permissions" => "organization:manage_members",
        "purposes" => "sso",
        "recipient" => "IT department",
        "scopes" => "members:write",
        "removed_by" => "member",
        "ended_by" => "user",
        "settings" => "description",
        "reason" => "The customer asked for help with an invoice.",
        _ => "Support",
    }
}
