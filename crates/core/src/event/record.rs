//! The row of an event, as the audit log stores it.

use super::catalogue::Event;
use super::fan_out::Deliveries;
use super::field::{Members, Parts};
use super::payload::Document;
use super::sql::NewEntry;
use crate::caller::Caller;
use crate::id::{ApiKeyId, AuditEntryId, SetupLinkId, UserId};
use crate::time::Timestamp;

/// Who did what an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorKind {
    User,
    ApiKey,
    /// The person who has opened a setup link.
    SetupLink,
    /// The operator, by the command line.
    Operator,
    /// The service itself, such as the cleanup.
    System,
    /// Somebody without an account, such as the holder of a mailed link.
    Anonymous,
}

vestibule_db::text_enum!(
    ActorKind: User = "user",
    ApiKey = "api_key",
    SetupLink = "setup_link",
    Operator = "operator",
    System = "system",
    Anonymous = "anonymous",
);

/// The number of random bytes that hide the personal data of an entry behind its commitment.
pub(crate) const SALT_LENGTH: usize = 16;

/// An event that a command has emitted.
#[derive(Debug)]
pub(crate) struct PendingEvent {
    id: AuditEntryId,
    salt: [u8; SALT_LENGTH],
    organization: i64,
    action: &'static str,
    target_kind: super::EntityType,
    target_id: i64,
    payload: String,
    personal: Members,
}

/// Who emits an event, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventContext<'a> {
    pub(crate) now: Timestamp,
    pub(crate) user: Option<UserId>,
    pub(crate) impersonator: Option<UserId>,
    pub(crate) api_key: Option<ApiKeyId>,
    pub(crate) setup_link: Option<SetupLinkId>,
    /// For an event of nobody in particular: the operator, the service, or anybody.
    pub(crate) otherwise: ActorKind,
    pub(crate) caller: &'a Caller,
    /// Whether the readers of the entry may see where the caller is: not if it is a person of the support, or a backend of
    /// the installation.
    pub(crate) shows_client: bool,
}

impl PendingEvent {
    pub(crate) fn new(event: &Event, id: AuditEntryId, salt: [u8; SALT_LENGTH]) -> Self {
        event.encode(id, salt)
    }

    pub(super) fn of<P: Document>(event: &P, id: AuditEntryId, salt: [u8; SALT_LENGTH]) -> Self {
        let mut parts = Parts::default();
        parts.data.push("version", &P::VERSION);
        parts.data.push("entity_type", &P::ENTITY);
        parts.data.push("entity_id", &AuditEntryId::from(event.entity_id()));
        event.write(&mut parts);
        let Parts { mut data, before, after, mut personal, personal_before, personal_after } = parts;
        data.push_object("before", before);
        data.push_object("after", after);
        personal.push_object("before", personal_before);
        personal.push_object("after", personal_after);
        Self {
            id,
            salt,
            organization: event.organization().map_or(0, vestibule_db::id::OrganizationId::get),
            action: P::ACTION,
            target_kind: P::TARGET,
            target_id: event.target_id(),
            payload: data.into_object().unwrap_or_default(),
            personal,
        }
    }

    pub(super) fn id(&self) -> AuditEntryId {
        self.id
    }

    pub(super) fn organization(&self) -> i64 {
        self.organization
    }

    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    /// The payload with the personal data as its member `personal`, as JSON.
    pub(super) fn data(&self) -> String {
        let Some(personal) = self.personal.to_object() else { return self.payload.clone() };
        match self.payload.strip_suffix('}') {
            Some(members) if members.len() > 1 => format!("{members},\"personal\":{personal}}}"),
            _ => format!("{{\"personal\":{personal}}}"),
        }
    }

    /// What is stored for the endpoints of webhooks.
    pub(crate) fn deliveries(&self, now: Timestamp) -> Deliveries {
        Deliveries::new(self, now)
    }

    /// Calls `store` with the arguments of the statement that inserts it.
    pub(crate) fn insert<T>(self, cx: EventContext<'_>, store: impl FnOnce(NewEntry<'_>) -> T) -> T {
        store(self.complete(cx).row(cx))
    }

    /// Adds who emitted it.
    pub(crate) fn complete(mut self, cx: EventContext<'_>) -> CompleteEvent {
        let (actor_kind, actor) = match (cx.api_key, cx.setup_link, cx.user) {
            (Some(key), _, _) => (ActorKind::ApiKey, Some(key.get())),
            // A person who is signed in as well acts by the link.
            (None, Some(link), _) => (ActorKind::SetupLink, Some(link.get())),
            (None, None, Some(user)) => (ActorKind::User, Some(user.get())),
            (None, None, None) => (cx.otherwise, None),
        };
        let mut personal = std::mem::take(&mut self.personal);
        // The operator and the service are no client.
        if cx.shows_client && !matches!(actor_kind, ActorKind::Operator | ActorKind::System) {
            personal.push("client_address", &cx.caller.address_text());
            if !cx.caller.user_agent.is_empty() {
                personal.push("user_agent", &cx.caller.user_agent);
            }
        }
        CompleteEvent { personal: personal.into_object(), actor_kind, actor, event: self }
    }
}

/// An event with who emitted it.
#[derive(Debug)]
pub(crate) struct CompleteEvent {
    event: PendingEvent,
    actor_kind: ActorKind,
    actor: Option<i64>,
    personal: Option<String>,
}

impl CompleteEvent {
    /// The arguments of the statement that inserts it.
    pub(crate) fn row(&self, cx: EventContext<'_>) -> NewEntry<'_> {
        let event = &self.event;
        NewEntry {
            organization: event.organization,
            id: event.id,
            created_at: cx.now,
            action: event.action,
            actor_kind: self.actor_kind,
            actor: self.actor,
            impersonator: cx.impersonator,
            target_kind: event.target_kind,
            target: event.target_id,
            request: cx.caller.request_id.and_then(|id| i64::try_from(id).ok()),
            payload: &event.payload,
            salt: self.personal.is_some().then_some(event.salt.as_slice()),
            personal: self.personal.as_deref(),
        }
    }
}
