//! The fields of calls on endpoints, of both APIs.

use std::time::Duration;

use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::names::WebhookDescription;
use vestibule_core::secret::WebhookSecret;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{
    Access, Create, DeliveryFilter, DeliveryState, EventFilter, ListDeliveries, Replay, Rotate, Span, Update,
    parse_secret,
};
use vestibule_core::{Code, Problem};

use crate::extract::{FieldReader, FromFields};

const DEFAULT_PAGE_SIZE: u16 = 50;
const MAX_PAGE_SIZE: u16 = 500;

fn secret(fields: &mut FieldReader) -> Result<Option<WebhookSecret>, Problem> {
    let text = fields.text("secret")?.filter(|text| !text.is_empty());
    text.map(|text| parse_secret(&text.into())).transpose()
}

fn events(fields: &mut FieldReader) -> Result<Option<EventFilter>, Problem> {
    fields.texts("events")?.map(|names| EventFilter::parse(&names)).transpose()
}

fn description(fields: &mut FieldReader) -> Result<Option<WebhookDescription>, Problem> {
    fields.text("description")?.map(|text| WebhookDescription::parse("description", &text)).transpose()
}

/// The fields of a new endpoint.
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhookEndpointFields)]
pub(crate) struct CreateFields {
    /// An https URL of a public host.
    #[schema(example = "https://example.com/webhooks")]
    url: String,
    #[schema(value_type = String, required = false)]
    description: WebhookDescription,
    /// The names of events; all without it.
    #[schema(value_type = Vec<String>, required = false)]
    events: EventFilter,
    /// Whether deliveries are sent one after the other, in the order of their events. By default they are not.
    #[schema(required = false)]
    ordered: bool,
    /// `whsec_` and 24 to 64 random bytes in base64. By default one is made.
    #[schema(value_type = Option<String>)]
    secret: Option<WebhookSecret>,
}

impl FromFields for CreateFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            url: fields.required_text("url")?,
            description: match description(fields)? {
                Some(description) => description,
                None => WebhookDescription::parse("description", "")?,
            },
            events: events(fields)?.unwrap_or_default(),
            ordered: fields.flag("ordered")?.unwrap_or(false),
            secret: secret(fields)?,
        })
    }
}

impl CreateFields {
    pub(crate) fn command<A: Access>(self, access: A, organization: Option<OrganizationId>) -> Create<A> {
        let Self { url, description, events, ordered: is_ordered, secret } = self;
        Create { access, organization, url, description, events, is_ordered, secret }
    }
}

/// The settings to change; the others stay.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointChanges)]
pub(crate) struct UpdateFields {
    url: Option<String>,
    #[schema(value_type = Option<String>)]
    description: Option<WebhookDescription>,
    /// An empty list stands for all events.
    #[schema(value_type = Option<Vec<String>>)]
    events: Option<EventFilter>,
    ordered: Option<bool>,
    /// What waits for a disabled endpoint is sent once it is enabled.
    enabled: Option<bool>,
}

impl FromFields for UpdateFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            url: fields.text("url")?.filter(|url| !url.is_empty()),
            description: description(fields)?,
            events: events(fields)?,
            ordered: fields.flag("ordered")?,
            enabled: fields.flag("enabled")?,
        })
    }
}

impl UpdateFields {
    pub(crate) fn command<A: Access>(self, access: A, endpoint: WebhookEndpointId) -> Update<A> {
        let Self { url, description, events, ordered: is_ordered, enabled: is_enabled } = self;
        Update { access, endpoint, url, description, events, is_ordered, is_enabled }
    }
}

/// How a secret is replaced.
#[derive(Debug, ToSchema)]
#[schema(as = RotateWebhookSecretFields)]
pub(crate) struct RotateFields {
    /// By default a secret is made.
    #[schema(value_type = Option<String>)]
    secret: Option<WebhookSecret>,
    /// Hours for which the earlier secret signs too, 0 to 168. The default is 24.
    #[schema(required = false)]
    grace_hours: Option<u16>,
}

impl FromFields for RotateFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { secret: secret(fields)?, grace_hours: fields.number_within("grace_hours", 0..=168)? })
    }
}

impl RotateFields {
    pub(crate) fn command<A: Access>(self, access: A, endpoint: WebhookEndpointId) -> Rotate<A> {
        let grace = Duration::from_hours(self.grace_hours.unwrap_or(24).into());
        Rotate { access, endpoint, secret: self.secret, grace }
    }
}

/// Which deliveries are sent again.
#[derive(Debug, ToSchema)]
#[schema(as = ReplayWebhooksFields)]
pub(crate) struct ReplayFields {
    /// Those of events at this time or later.
    #[schema(value_type = String, example = "2026-01-31T09:30:00Z")]
    from: Timestamp,
    /// Those of events before this time. By default, until now.
    #[schema(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Only those that were given up. By default all.
    #[schema(required = false)]
    only_failed: bool,
}

impl FromFields for ReplayFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            from: fields.time("from")?.ok_or_else(|| Problem::required("from"))?,
            to: fields.time("to")?,
            only_failed: fields.flag("only_failed")?.unwrap_or(false),
        })
    }
}

impl ReplayFields {
    pub(crate) fn command<A: Access>(self, access: A, endpoint: WebhookEndpointId) -> Replay<A> {
        let Self { from, to, only_failed } = self;
        Replay { access, endpoint, span: Span::Between { from, to: to.unwrap_or(Timestamp::LATEST), only_failed } }
    }
}

/// The query of a list of deliveries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesParams {
    /// `waiting`, `delivered`, `failed` or `cancelled`.
    #[param(value_type = Option<String>)]
    state: Option<DeliveryState>,
    /// Deliveries per page. The default is 50.
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: Option<u16>,
    /// The last delivery of the previous page.
    #[param(value_type = Option<String>, pattern = "^([1-9][0-9]{0,18})?$")]
    cursor: Option<AuditEntryId>,
}

impl FromFields for DeliveriesParams {
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self {
            state: fields.choice("state", "waiting, delivered, failed or cancelled")?,
            limit: fields.number_within("limit", 1..=MAX_PAGE_SIZE)?,
            cursor: fields.cursor("cursor")?,
        })
    }
}

impl DeliveriesParams {
    pub(crate) fn state(&self) -> Option<&'static str> {
        self.state.map(DeliveryState::as_str)
    }

    pub(crate) fn limit(&self) -> u16 {
        self.limit.unwrap_or(DEFAULT_PAGE_SIZE)
    }

    pub(crate) fn query<A: Access>(&self, access: A, endpoint: WebhookEndpointId) -> ListDeliveries<A> {
        let filter = DeliveryFilter { state: self.state, ..DeliveryFilter::default() };
        ListDeliveries { access, endpoint, filter, before: self.cursor, limit: self.limit() }
    }
}
