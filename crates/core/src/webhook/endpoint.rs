//! Endpoints: where webhooks go, and for which events.

use std::fmt;

use zeroize::Zeroizing;

use super::sql::EndpointRow;
use crate::error::{Problem, Result};
use crate::event::{CHECKPOINT_CREATED, EventType};
use crate::execution::Context;
use crate::http_client::{OutgoingUrl, UrlError};
use crate::id::{OrganizationId, WebhookEndpointId};
use crate::secret::{Keys, WebhookSecret};
use crate::time::Timestamp;

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// An admin or a backend disabled it.
    Manual,
    /// The receiver answered 410.
    Gone,
    /// No attempt succeeded for five days.
    Failing,
}

vestibule_db::text_enum!(DisabledReason: Manual = "manual", Gone = "gone", Failing = "failing");

/// An endpoint without its secrets. `Debug` does not print the URL: it may contain one.
#[derive(Clone)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    /// `None`: it belongs to the installation and gets the events of all organizations.
    pub organization_id: Option<OrganizationId>,
    pub url: String,
    pub description: String,
    /// The names of the events that it gets; empty for all.
    pub events: Vec<String>,
    /// Whether deliveries are sent one after the other, in the order of their events.
    pub is_ordered: bool,
    pub is_enabled: bool,
    pub disabled_reason: Option<DisabledReason>,
    pub disabled_at: Option<Timestamp>,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// The end of the previous secret, while it is valid too.
    pub previous_secret_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, organization) = (&self.id, &self.organization_id);
        f.debug_struct("Endpoint").field("id", id).field("organization_id", organization).finish_non_exhaustive()
    }
}

impl EndpointRow {
    /// `None`: the installation.
    pub(super) fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization_id).filter(|id| *id != 0).map(OrganizationId::from)
    }
}

impl From<EndpointRow> for Endpoint {
    fn from(row: EndpointRow) -> Self {
        Self {
            id: row.id,
            organization_id: row.organization(),
            events: EventFilter::names(&row.events),
            url: row.url.into_string(),
            description: row.description,
            is_ordered: row.is_ordered,
            is_enabled: row.is_enabled,
            disabled_reason: row.disabled_reason.parse().ok(),
            disabled_at: row.disabled_at,
            failing_since: row.failing_since,
            previous_secret_until: row.previous_secret_until,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// An endpoint with its secret, which is shown when it is made only.
#[derive(Debug)]
pub struct EndpointWithSecret {
    pub endpoint: Endpoint,
    pub secret: WebhookSecret,
}

/// The names of the events that an endpoint gets; empty for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter(Vec<&'static str>);

impl EventFilter {
    /// Parses names of events. Duplicates are removed.
    ///
    /// # Errors
    /// `INVALID_FIELD` for a name that no event has.
    pub fn parse(names: &[String]) -> Result<Self> {
        let mut filter = Vec::new();
        for name in names {
            let found = match EventType::find(name) {
                Some(event) => Some(event.name),
                None => Some(CHECKPOINT_CREATED).filter(|delivered| delivered == name),
            };
            filter.push(found.ok_or_else(|| Problem::field("events", format_args!("{name:?} is no event.")))?);
        }
        filter.sort_unstable();
        filter.dedup();
        Ok(Self(filter))
    }

    /// Refuses events that no organization has: the filter would match nothing.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub(super) fn check_for_organization(&self) -> Result<()> {
        let is_of_organization = |name: &str| {
            name == CHECKPOINT_CREATED || EventType::find(name).is_some_and(|event| event.is_of_organization)
        };
        match self.0.iter().find(|name| !is_of_organization(name)) {
            None => Ok(()),
            Some(name) => Err(Problem::field(
                "events",
                format_args!("{name} is an event of the installation, not of an organization."),
            )),
        }
    }

    /// As it is stored: with a space before and after each name.
    pub(super) fn to_stored(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!(" {} ", self.0.join(" ")) }
    }

    pub(super) fn names(stored: &str) -> Vec<String> {
        stored.split_ascii_whitespace().map(str::to_owned).collect()
    }
}

impl fmt::Display for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Parses the URL of an endpoint.
///
/// # Errors
/// `INVALID_FIELD` for one that nothing is sent to.
pub(super) fn parse_url(cx: &Context<'_>, text: &str) -> Result<OutgoingUrl> {
    cx.executor.http_client.parse_url(text).map_err(|error| {
        Problem::field(
            "url",
            match error {
                UrlError::TooLong => "use at most 2,000 bytes.",
                UrlError::NotHttps => "use an absolute URL with https.",
                UrlError::HasCredentials => "leave out user name and password.",
                UrlError::HasFragment => "leave out the part after #.",
                UrlError::InvalidHost => "its host is no name and no address.",
                UrlError::BlockedPort => "its port belongs to another protocol.",
                UrlError::BlockedAddress => "its host is not public.",
                UrlError::InvalidPath => "its path or query has characters that a URL cannot have.",
            },
        )
    })
}

/// The place that a secret is sealed for.
fn place(id: WebhookEndpointId) -> Vec<u8> {
    format!("endpoint {id}").into_bytes()
}

pub(super) fn seal(cx: &Context<'_>, id: WebhookEndpointId, secret: &WebhookSecret) -> Result<Vec<u8>> {
    let sealed = cx.executor.keys.seal_webhook_secret(&place(id), secret, cx.random());
    sealed.map_err(|_| Problem::internal("the secret of a webhook endpoint could not be sealed"))
}

/// The secrets that sign at this time, current one first.
pub(super) fn open_secrets(keys: &Keys, row: &EndpointRow, now: Timestamp) -> Result<Vec<WebhookSecret>> {
    let is_valid = row.previous_secret_until.is_some_and(|until| now < until);
    let previous = row.previous_secret.as_ref().filter(|_| is_valid);
    let open = |sealed: &Vec<u8>| {
        let opened = keys.open_webhook_secret(&place(row.id), sealed);
        opened.map_err(|_| Problem::internal("the secret of a webhook endpoint could not be opened"))
    };
    std::iter::once(&row.secret).chain(previous).map(open).collect()
}

/// Parses a secret that the caller has chosen.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn parse_secret(text: &Zeroizing<String>) -> Result<WebhookSecret> {
    let invalid = |_| Problem::field("secret", "use whsec_ and 24 to 64 random bytes in base64, or leave it out.");
    text.parse().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use vestibule_db::{Column, Value};

    use super::*;
    use crate::names::WebhookDescription;
    use crate::webhook::endpoint_url::EndpointUrl;
    use crate::webhook::{Create, ForBackend, Update};

    fn filter(names: &[&str]) -> Result<EventFilter> {
        EventFilter::parse(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn filters_name_events() {
        let two = filter(&["user.created", "organization.created", "user.created"]).unwrap();
        assert_eq!(two.to_stored(), " organization.created user.created ");
        assert_eq!(EventFilter::names(&two.to_stored()), ["organization.created", "user.created"]);
        assert_eq!(filter(&[]).unwrap().to_stored(), "");
        for unknown in ["", "user.*", "*", "user.created ", "User.created"] {
            assert!(filter(&[unknown]).is_err(), "{unknown}");
        }
    }

    /// What is logged and what a failed assertion prints.
    #[test]
    fn debug_prints_no_url() {
        let url = "https://hooks.example/s3cret";
        let row = EndpointRow {
            id: 1.into(),
            organization_id: 7,
            url: EndpointUrl::read(Value::Text(url)).unwrap(),
            description: String::new(),
            events: String::new(),
            is_ordered: false,
            is_enabled: true,
            disabled_reason: String::new(),
            disabled_at: None,
            failing_since: None,
            secret: Vec::new(),
            previous_secret: None,
            previous_secret_until: None,
            created_at: Timestamp::from_microseconds(0),
            updated_at: Timestamp::from_microseconds(0),
        };
        let create = Create {
            access: ForBackend,
            organization: None,
            url: url.to_owned(),
            description: WebhookDescription::parse("description", "").unwrap(),
            events: EventFilter::default(),
            is_ordered: false,
            secret: None,
        };
        let update = Update {
            access: ForBackend,
            endpoint: 1.into(),
            url: Some(url.to_owned()),
            description: None,
            events: None,
            is_ordered: None,
            is_enabled: None,
        };
        let printed = format!("{row:?} {create:?} {update:?} {:?}", Endpoint::from(row.clone()));
        assert!(!printed.contains("hooks") && !printed.contains("s3cret"), "{printed}");
    }

    #[test]
    fn organizations_have_no_events_of_the_installation() {
        assert!(filter(&["organization.member.added"]).unwrap().check_for_organization().is_ok());
        assert!(filter(&[CHECKPOINT_CREATED]).unwrap().check_for_organization().is_ok());
        assert!(filter(&["waitlist.entry.created"]).unwrap().check_for_organization().is_err());
    }
}
