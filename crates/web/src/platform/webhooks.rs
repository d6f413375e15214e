//! The endpoints of webhooks: those of the installation, and those of organizations. A key that is bound to an organization
//! manages the endpoints of that one.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::webhook::{
    Cancel, Delete, EndpointsPage, ForBackend, List, Replay, Show, ShowDelivery, Span, Test,
};
use vestibule_core::{Code, Problem};

use super::page::{Page, WholeListQuery};
use super::response::{Empty, PlatformResponse};
use crate::api::webhooks::fields::{CreateFields, DeliveriesParams, ReplayFields, RotateFields, UpdateFields};
use crate::api::webhooks::response::{
    DeliveryResponse, DeliveryWithAttemptsResponse, EndpointResponse, EndpointWithSecretResponse, ReplayResponse,
};
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};

/// Of a thousand endpoints each, for a list.
const MAX_READS: usize = 20;

/// The fields of a new endpoint.
#[expect(dead_code, reason = "it documents the fields of `ReadFields`")]
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhookEndpoint)]
pub(crate) struct CreateForFields {
    /// An https URL of a public host.
    #[schema(example = "https://example.com/webhooks")]
    url: String,
    #[schema(required = false)]
    description: String,
    /// The names of events; all without it.
    #[schema(required = false)]
    events: Vec<String>,
    /// Whether deliveries are sent one after the other, in the order of their events. By default they are not.
    #[schema(required = false)]
    ordered: bool,
    /// `whsec_` and 24 to 64 random bytes in base64. By default one is made.
    secret: Option<String>,
    /// The organization that it belongs to. Without it, it belongs to the installation and gets the events of all
    /// organizations.
    organization_id: Option<OrganizationId>,
}

/// The fields of a new endpoint as they were read.
#[derive(Debug)]
pub(crate) struct ReadFields {
    endpoint: CreateFields,
    organization_id: Option<OrganizationId>,
}

impl FromFields for ReadFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { endpoint: CreateFields::from_fields(fields)?, organization_id: fields.id("organization_id")? })
    }
}

/// Lists the endpoints, oldest first.
#[utoipa::path(get, path = "/webhooks/endpoints", operation_id = "list_webhook_endpoints", tag = "Webhooks",
    params(WholeListQuery),
    responses((status = 200, description = "The endpoints", body = Page<EndpointResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<EndpointResponse>> {
    let mut reply = app.query(&caller, List { access: ForBackend, after: None, limit: 1000 }).await;
    for _ in 1..MAX_READS {
        let Ok(EndpointsPage { endpoints, has_more: true }) = &mut reply.result else { break };
        let after = endpoints.last().map(|endpoint| endpoint.id);
        let next = app.query(&caller, List { access: ForBackend, after, limit: 1000 }).await;
        let before = std::mem::take(endpoints);
        reply = next.map(|EndpointsPage { endpoints, has_more }| EndpointsPage {
            endpoints: before.into_iter().chain(endpoints).collect(),
            has_more,
        });
    }
    reply
        .map(|page| {
            let endpoints = query.select(page.endpoints, |endpoint| endpoint.url.as_str(), |endpoint| endpoint.id);
            Page::of_whole(endpoints.into_iter().map(EndpointResponse::from).collect(), &query)
        })
        .into()
}

/// Creates an endpoint. Its secret is shown here only.
#[utoipa::path(post, path = "/webhooks/endpoints", operation_id = "create_webhook_endpoint", tag = "Webhooks",
    request_body = CreateForFields,
    responses((status = 200, description = "The endpoint, with its secret", body = EndpointWithSecretResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<ReadFields>,
) -> PlatformResponse<EndpointWithSecretResponse> {
    let ReadFields { endpoint, organization_id } = fields;
    app.run(&caller, endpoint.command(ForBackend, organization_id)).await.map(EndpointWithSecretResponse::from).into()
}

/// Shows an endpoint.
#[utoipa::path(get, path = "/webhooks/endpoints/{id}", operation_id = "show_webhook_endpoint", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = EndpointResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
) -> PlatformResponse<EndpointResponse> {
    app.query(&caller, Show { access: ForBackend, endpoint }).await.map(EndpointResponse::from).into()
}

/// Changes, enables or disables an endpoint.
#[utoipa::path(patch, path = "/webhooks/endpoints/{id}", operation_id = "update_webhook_endpoint", tag = "Webhooks",
    request_body = UpdateFields,
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = EndpointResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
    Body(fields): Body<UpdateFields>,
) -> PlatformResponse<EndpointResponse> {
    let reply = app.run(&caller, fields.command(ForBackend, endpoint)).await;
    reply.map(EndpointResponse::from).into()
}

/// Deletes an endpoint. Nothing more is sent to it.
#[utoipa::path(delete, path = "/webhooks/endpoints/{id}", operation_id = "delete_webhook_endpoint", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
) -> PlatformResponse<Empty> {
    let reply = app.run(&caller, Delete { access: ForBackend, endpoint }).await;
    reply.map(|()| Empty {}).into()
}

/// Gives an endpoint a new secret. The earlier one signs too until the grace period ends.
#[utoipa::path(post, path = "/webhooks/endpoints/{id}/rotate", operation_id = "rotate_webhook_secret", tag = "Webhooks",
    request_body = Option<RotateFields>,
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint, with its new secret", body = EndpointWithSecretResponse)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
    Body(fields): Body<RotateFields>,
) -> PlatformResponse<EndpointWithSecretResponse> {
    let reply = app.run(&caller, fields.command(ForBackend, endpoint)).await;
    reply.map(EndpointWithSecretResponse::from).into()
}

/// Sends the event `webhook.test` to an endpoint, whatever its filter is.
#[utoipa::path(post, path = "/webhooks/endpoints/{id}/test", operation_id = "test_webhook_endpoint", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The delivery", body = DeliveryResponse)))]
pub(crate) async fn test(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
) -> PlatformResponse<DeliveryResponse> {
    app.run(&caller, Test { access: ForBackend, endpoint }).await.map(DeliveryResponse::from).into()
}

/// Sends the deliveries of a span of time again, with the same ids: at most 10,000, oldest first.
#[utoipa::path(post, path = "/webhooks/endpoints/{id}/replay", operation_id = "replay_webhooks", tag = "Webhooks",
    request_body = ReplayFields,
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "How many are sent again", body = ReplayResponse)))]
pub(crate) async fn replay(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
    Body(fields): Body<ReplayFields>,
) -> PlatformResponse<ReplayResponse> {
    let reply = app.run(&caller, fields.command(ForBackend, endpoint)).await;
    reply.map(|replayed| ReplayResponse { replayed }).into()
}

/// Lists the deliveries of the last 30 days, newest first.
#[utoipa::path(get, path = "/webhooks/endpoints/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint"), DeliveriesParams),
    responses((status = 200, description = "The deliveries", body = Page<DeliveryResponse>)))]
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint,)): Path<(WebhookEndpointId,)>,
    Query(params): Query<DeliveriesParams>,
) -> PlatformResponse<Page<DeliveryResponse>> {
    let reply = app.query(&caller, params.query(ForBackend, endpoint)).await;
    reply
        .map(|page| {
            let next_cursor = page.deliveries.last().filter(|_| page.has_more).map(|delivery| delivery.id.to_string());
            let data: Vec<_> = page.deliveries.into_iter().map(DeliveryResponse::from).collect();
            // The list is not counted: it can have millions.
            let total = i64::try_from(data.len()).unwrap_or(i64::MAX);
            Page { data, total, limit: params.limit(), offset: 0, has_more: page.has_more, next_cursor }
        })
        .into()
}

/// Shows a delivery with its attempts.
#[utoipa::path(get, path = "/webhooks/endpoints/{id}/deliveries/{deliveryId}", operation_id = "show_webhook_delivery", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery", body = DeliveryWithAttemptsResponse)))]
pub(crate) async fn show_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint, delivery)): Path<(WebhookEndpointId, AuditEntryId)>,
) -> PlatformResponse<DeliveryWithAttemptsResponse> {
    let show = ShowDelivery { access: ForBackend, endpoint, delivery };
    app.query(&caller, show).await.map(DeliveryWithAttemptsResponse::from).into()
}

/// Sends a delivery again, with the same id.
#[utoipa::path(post, path = "/webhooks/endpoints/{id}/deliveries/{deliveryId}/replay", operation_id = "replay_webhook_delivery", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "1, or 0 if it is being sent at the moment", body = ReplayResponse)))]
pub(crate) async fn replay_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint, delivery)): Path<(WebhookEndpointId, AuditEntryId)>,
) -> PlatformResponse<ReplayResponse> {
    let replay = Replay { access: ForBackend, endpoint, span: Span::One(delivery) };
    app.run(&caller, replay).await.map(|replayed| ReplayResponse { replayed }).into()
}

/// Cancels a delivery that waits.
#[utoipa::path(post, path = "/webhooks/endpoints/{id}/deliveries/{deliveryId}/cancel", operation_id = "cancel_webhook_delivery", tag = "Webhooks",
    params(("id" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery", body = DeliveryResponse)))]
pub(crate) async fn cancel_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((endpoint, delivery)): Path<(WebhookEndpointId, AuditEntryId)>,
) -> PlatformResponse<DeliveryResponse> {
    let cancel = Cancel { access: ForBackend, endpoint, delivery };
    app.run(&caller, cancel).await.map(DeliveryResponse::from).into()
}
