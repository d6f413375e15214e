//! The endpoints of an organization, for its own integrations.

pub(crate) mod fields;
pub(crate) mod response;

use axum::extract::State;
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::webhook::{Cancel, Delete, ForOrganization, List, Replay, Show, ShowDelivery, Span, Test};

use self::fields::{CreateFields, DeliveriesParams, ReplayFields, RotateFields, UpdateFields};
use self::response::{
    DeliveryResponse, DeliveryWithAttemptsResponse, EndpointResponse, EndpointWithSecretResponse, ReplayResponse,
};
use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Path, Query};
use crate::links::PageLinks;
use crate::openapi::Enveloped;

/// More than an organization can have.
const MAX_LISTED: u16 = 1000;

/// Lists the endpoints, oldest first.
#[utoipa::path(get, path = "/organizations/{id}/webhooks", operation_id = "list_organization_webhook_endpoints", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The endpoints", body = Enveloped<Vec<EndpointResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<EndpointResponse>> {
    let list = List { access: ForOrganization(organization), after: None, limit: MAX_LISTED };
    let reply = app.query(&caller, list).await;
    ApiResponse::from(reply.map(|page| page.endpoints.into_iter().map(EndpointResponse::from).collect()))
}

/// Creates an endpoint. Its secret is shown here only.
#[utoipa::path(post, path = "/organizations/{id}/webhooks", operation_id = "create_organization_webhook_endpoint", tag = "Webhooks",
    request_body = CreateFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The endpoint, with its secret", body = Enveloped<EndpointWithSecretResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<CreateFields>,
) -> ApiResponse<EndpointWithSecretResponse> {
    ApiResponse::from(
        app.run(&caller, fields.command(ForOrganization(organization), Some(organization)))
            .await
            .map(EndpointWithSecretResponse::from),
    )
}

/// Shows an endpoint.
#[utoipa::path(get, path = "/organizations/{id}/webhooks/{endpointId}", operation_id = "show_organization_webhook_endpoint", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = Enveloped<EndpointResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
) -> ApiResponse<EndpointResponse> {
    ApiResponse::from(
        app.query(&caller, Show { access: ForOrganization(organization), endpoint }).await.map(EndpointResponse::from),
    )
}

/// Changes, enables or disables an endpoint.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/update", operation_id = "update_organization_webhook_endpoint", tag = "Webhooks",
    request_body = UpdateFields,
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = Enveloped<EndpointResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
    Body(fields): Body<UpdateFields>,
) -> ApiResponse<EndpointResponse> {
    let reply = app.run(&caller, fields.command(ForOrganization(organization), endpoint)).await;
    ApiResponse::from(reply.map(EndpointResponse::from))
}

/// Deletes an endpoint. Nothing more is sent to it.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/delete", operation_id = "delete_organization_webhook_endpoint", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "Deleted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
) -> ApiResponse<SuccessResponse> {
    let reply = app.run(&caller, Delete { access: ForOrganization(organization), endpoint }).await;
    ApiResponse::from(reply.map(|()| SuccessResponse::OK))
}

/// Gives an endpoint a new secret. The earlier one signs too until the grace period ends.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/rotate", operation_id = "rotate_organization_webhook_secret", tag = "Webhooks",
    request_body = Option<RotateFields>,
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint, with its new secret", body = Enveloped<EndpointWithSecretResponse>)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
    Body(fields): Body<RotateFields>,
) -> ApiResponse<EndpointWithSecretResponse> {
    let reply = app.run(&caller, fields.command(ForOrganization(organization), endpoint)).await;
    ApiResponse::from(reply.map(EndpointWithSecretResponse::from))
}

/// Sends the event `webhook.test` to an endpoint, whatever its filter is.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/test", operation_id = "test_organization_webhook_endpoint", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "The delivery", body = Enveloped<DeliveryResponse>)))]
pub(crate) async fn test(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
) -> ApiResponse<DeliveryResponse> {
    ApiResponse::from(
        app.run(&caller, Test { access: ForOrganization(organization), endpoint }).await.map(DeliveryResponse::from),
    )
}

/// Sends the deliveries of a span of time again, with the same ids: at most 10,000, oldest first.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/replay", operation_id = "replay_organization_webhooks", tag = "Webhooks",
    request_body = ReplayFields,
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, description = "How many are sent again", body = Enveloped<ReplayResponse>)))]
pub(crate) async fn replay(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
    Body(fields): Body<ReplayFields>,
) -> ApiResponse<ReplayResponse> {
    let reply = app.run(&caller, fields.command(ForOrganization(organization), endpoint)).await;
    ApiResponse::from(reply.map(|replayed| ReplayResponse { replayed }))
}

/// Lists the deliveries of the last 30 days, newest first.
#[utoipa::path(get, path = "/organizations/{id}/webhooks/{endpointId}/deliveries", operation_id = "list_organization_webhook_deliveries", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint"), DeliveriesParams),
    responses((status = 200, description = "The deliveries", body = Enveloped<Vec<DeliveryResponse>>,
        headers(("Link" = String, description = "The next page, if there is one: `<URL>; rel=\"next\"`")))))]
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint)): Path<(OrganizationId, WebhookEndpointId)>,
    Query(params): Query<DeliveriesParams>,
) -> ApiResponse<Vec<DeliveryResponse>> {
    let reply = app.query(&caller, params.query(ForOrganization(organization), endpoint)).await;
    let mut links = PageLinks::new(&app, &format!("/organizations/{organization}/webhooks/{endpoint}/deliveries"));
    links.add("state", params.state());
    links.add("limit", params.limit);
    let page = reply.result.as_ref().ok().filter(|page| page.has_more);
    let next = page.and_then(|page| page.deliveries.last()).map(|delivery| delivery.id);
    ApiResponse::from(reply.map(|page| page.deliveries.into_iter().map(DeliveryResponse::from).collect()))
        .with_links(links.header(next.as_ref(), None::<&AuditEntryId>))
}

/// Shows a delivery with its attempts.
#[utoipa::path(get, path = "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}", operation_id = "show_organization_webhook_delivery", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery", body = Enveloped<DeliveryWithAttemptsResponse>)))]
pub(crate) async fn show_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint, delivery)): Path<(OrganizationId, WebhookEndpointId, AuditEntryId)>,
) -> ApiResponse<DeliveryWithAttemptsResponse> {
    let show = ShowDelivery { access: ForOrganization(organization), endpoint, delivery };
    ApiResponse::from(app.query(&caller, show).await.map(DeliveryWithAttemptsResponse::from))
}

/// Sends a delivery again, with the same id.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/replay", operation_id = "replay_organization_webhook_delivery", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "1, or 0 if it is being sent at the moment", body = Enveloped<ReplayResponse>)))]
pub(crate) async fn replay_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint, delivery)): Path<(OrganizationId, WebhookEndpointId, AuditEntryId)>,
) -> ApiResponse<ReplayResponse> {
    let replay = Replay { access: ForOrganization(organization), endpoint, span: Span::One(delivery) };
    ApiResponse::from(app.run(&caller, replay).await.map(|replayed| ReplayResponse { replayed }))
}

/// Cancels a delivery that waits.
#[utoipa::path(post, path = "/organizations/{id}/webhooks/{endpointId}/deliveries/{deliveryId}/cancel", operation_id = "cancel_organization_webhook_delivery", tag = "Webhooks",
    params(("id" = OrganizationId, Path, description = "The organization"), ("endpointId" = WebhookEndpointId, Path, description = "The endpoint"), ("deliveryId" = AuditEntryId, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery", body = Enveloped<DeliveryResponse>)))]
pub(crate) async fn cancel_delivery(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, endpoint, delivery)): Path<(OrganizationId, WebhookEndpointId, AuditEntryId)>,
) -> ApiResponse<DeliveryResponse> {
    let cancel = Cancel { access: ForOrganization(organization), endpoint, delivery };
    ApiResponse::from(app.run(&caller, cancel).await.map(DeliveryResponse::from))
}
