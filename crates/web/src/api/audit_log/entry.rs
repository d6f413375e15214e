//! An entry of the audit log in a response.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::audit::{Entry, hex};
use vestibule_core::id::{AuditEntryId, OrganizationId, UserId};
use vestibule_core::time::Timestamp;

/// An entry of the audit log. `docs/events.md` describes the payload of each event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLogEntry)]
pub(crate) struct EntryResponse {
    id: AuditEntryId,
    created_at: Timestamp,
    /// The name of the event.
    #[schema(example = "organization.member.role.updated")]
    action: String,
    /// `null`: it is in the log of the installation.
    organization_id: Option<OrganizationId>,
    actor: ActorResponse,
    target: TargetResponse,
    /// The id of the request, as in the header `X-Request-Id` and the server's log.
    request_id: Option<String>,
    /// The payload without personal data.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// Names, addresses, and the client's address and browser. `null` if there are none, or if they were erased.
    #[schema(value_type = Option<Object>)]
    personal: Option<Box<RawValue>>,
    /// The number in the chain; `null` for about a second, until the entry is sealed.
    sequence: Option<i64>,
    /// The hash of the entry in the chain, in hexadecimal.
    hash: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLogActor)]
pub(crate) struct ActorResponse {
    /// `user`, `api_key`, `setup_link`, `operator`, `system` or `anonymous`.
    #[schema(example = "user")]
    r#type: String,
    id: Option<AuditEntryId>,
    /// The person who was signed in as the user, for support.
    impersonator_id: Option<UserId>,
}

/// Whom or what it is about: the person, if there is one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLogTarget)]
pub(crate) struct TargetResponse {
    #[schema(example = "user")]
    r#type: String,
    id: AuditEntryId,
}

impl From<Entry> for EntryResponse {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            created_at: entry.created_at,
            action: entry.action,
            organization_id: Some(entry.organization_id).filter(|id| *id != 0).map(OrganizationId::from),
            actor: ActorResponse {
                r#type: entry.actor_kind,
                id: entry.actor_id.map(AuditEntryId::from),
                impersonator_id: entry.impersonator_id.map(UserId::from),
            },
            target: TargetResponse { r#type: entry.target_kind, id: entry.target_id.into() },
            request_id: entry.request_id.map(|id| id.to_string()),
            data: entry.payload.and_then(|json| RawValue::from_string(json).ok()),
            personal: entry.personal.and_then(|json| RawValue::from_string(json).ok()),
            sequence: entry.sequence,
            hash: entry.hash.map(|hash| hex(&hash)),
        }
    }
}
