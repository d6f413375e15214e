//! API keys over the API. A key gives no other key more than it has itself.

use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::api_key::{ApiKey, ApiKeysPage, Create, List, MAX_GRACE, NewApiKey, Revoke, Rotate};
use vestibule_core::id::{ApiKeyId, OrganizationId};
use vestibule_core::names::ApiKeyName;
use vestibule_core::scope::{Scopes, UnknownScope};
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::page::{Page, WholeListQuery};
use super::response::PlatformResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};

/// Of a thousand keys each, for a list.
const MAX_READS: usize = 20;

/// An API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyResponse {
    id: ApiKeyId,
    name: String,
    /// The first characters of the key.
    prefix: String,
    scopes: Vec<&'static str>,
    /// The only organization that the key can access; `null` for all.
    organization_id: Option<OrganizationId>,
    /// The key that created it; `null` for an operator.
    created_by: Option<ApiKeyId>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// Precise to a minute; `null` if it was never used.
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyResponse {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.names(),
            organization_id: key.organization_id,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: (key.last_used_at.as_microseconds() > 0).then_some(key.last_used_at),
        }
    }
}

/// A new key. Its secret is shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(crate) struct NewApiKeyResponse {
    #[serde(flatten)]
    key: ApiKeyResponse,
    secret: String,
}

impl From<NewApiKey> for NewApiKeyResponse {
    fn from(NewApiKey { key, secret }: NewApiKey) -> Self {
        Self { key: key.into(), secret: secret.reveal().to_owned() }
    }
}

/// Lists the API keys, oldest first, with those that were revoked or have expired in the last 90 days.
#[utoipa::path(get, path = "/keys", operation_id = "list_api_keys", tag = "API keys", params(WholeListQuery),
    responses((status = 200, description = "The keys", body = Page<ApiKeyResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<ApiKeyResponse>> {
    let mut reply = app.query(&caller, List { after: None, limit: 1000 }).await;
    for _ in 1..MAX_READS {
        let Ok(ApiKeysPage { keys, has_more: true }) = &mut reply.result else { break };
        let next = app.query(&caller, List { after: keys.last().map(|key| key.id), limit: 1000 }).await;
        let before = std::mem::take(keys);
        reply = next.map(|ApiKeysPage { keys, has_more }| ApiKeysPage {
            keys: before.into_iter().chain(keys).collect(),
            has_more,
        });
    }
    reply
        .map(|listed| Page::of_selected(listed.keys, &query, |key| &key.name, |key| key.id, ApiKeyResponse::from))
        .into()
}

/// The fields of a new key.
#[derive(Debug, ToSchema)]
#[schema(as = NewApiKeyFields)]
pub(crate) struct CreateFields {
    #[schema(value_type = String)]
    name: ApiKeyName,
    /// Such as `members:read`.
    #[schema(value_type = Vec<String>)]
    scopes: Scopes,
    /// The only organization that the key can access.
    organization_id: Option<OrganizationId>,
    /// Days until it expires, 1 to 3,650. Without it, the key expires with the caller's.
    expiry_days: Option<u16>,
}

impl FromFields for CreateFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let scopes = fields.texts("scopes")?.ok_or_else(|| Problem::required("scopes"))?.join(" ");
        Ok(Self {
            name: ApiKeyName::parse("name", &fields.required_text("name")?)?,
            scopes: scopes.parse().map_err(|UnknownScope(name)| {
                Problem::field("scopes", format_args!("{name:?} is no scope. Use some such as members:read."))
            })?,
            organization_id: fields.id("organization_id")?,
            expiry_days: fields.number_within("expiry_days", 1..=3650)?,
        })
    }
}

/// Creates an API key.
///
/// It gets no scope and no organization that the caller's key lacks, and expires no later than that one.
#[utoipa::path(post, path = "/keys", operation_id = "create_api_key", tag = "API keys", request_body = CreateFields,
    responses((status = 200, description = "The key, with its secret", body = NewApiKeyResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<CreateFields>,
) -> PlatformResponse<NewApiKeyResponse> {
    let CreateFields { name, scopes, organization_id: organization, expiry_days } = fields;
    let days = expiry_days.map(|days| Duration::from_hours(24) * u32::from(days));
    let expires_at = days.map(|days| app.service().now().plus(days).whole_second());
    app.run(&caller, Create { name, scopes, organization, expires_at }).await.map(Into::into).into()
}

/// How a key is rotated.
#[derive(Debug, ToSchema)]
#[schema(as = RotateApiKeyFields)]
pub(crate) struct RotateFields {
    /// Hours for which the earlier secret stays valid, 0 to 720. The default is 24.
    #[schema(required = false)]
    grace_hours: Option<u16>,
}

impl FromFields for RotateFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { grace_hours: fields.number_within("grace_hours", 0..=720)? })
    }
}

/// Gives a key a new secret. The earlier one stays valid until the grace period ends.
#[utoipa::path(post, path = "/keys/{id}/rotate", operation_id = "rotate_api_key", tag = "API keys",
    request_body = Option<RotateFields>, params(("id" = ApiKeyId, Path, description = "The key")),
    responses((status = 200, description = "The key, with its new secret", body = NewApiKeyResponse)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((key,)): Path<(ApiKeyId,)>,
    Body(RotateFields { grace_hours }): Body<RotateFields>,
) -> PlatformResponse<NewApiKeyResponse> {
    let grace = Duration::from_hours(grace_hours.unwrap_or(24).into()).min(MAX_GRACE);
    app.run(&caller, Rotate { key, grace }).await.map(Into::into).into()
}

/// What happens to the pending invitations of a key that is revoked, and to the keys that it created.
#[derive(Debug, ToSchema)]
#[schema(as = RevokeApiKeyFields)]
pub(crate) struct RevokeFields {
    /// Whether the pending invitations that the key made are suspended. By default they stay.
    #[schema(required = false)]
    suspend_invitations: bool,
    /// Whether the keys that the key created, and those that they created, are revoked too. With `suspend_invitations`,
    /// their invitations are suspended as well. By default they stay valid.
    #[schema(required = false)]
    revoke_created_keys: bool,
}

impl FromFields for RevokeFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            suspend_invitations: fields.flag("suspend_invitations")?.unwrap_or(false),
            revoke_created_keys: fields.flag("revoke_created_keys")?.unwrap_or(false),
        })
    }
}

/// A key that was revoked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevokedApiKey)]
pub(crate) struct RevokedResponse {
    #[serde(flatten)]
    key: ApiKeyResponse,
    /// The pending invitations that the key made; with `revoke_created_keys`, also those of the keys that it created.
    pending_invitations: i64,
    suspended_invitations: usize,
    revoked_created_keys: usize,
    /// The keys that it created, and those that they created, which are still valid.
    created_keys: i64,
}

/// Revokes a key.
#[utoipa::path(post, path = "/keys/{id}/revoke", operation_id = "revoke_api_key", tag = "API keys",
    request_body = Option<RevokeFields>, params(("id" = ApiKeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = RevokedResponse)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((key,)): Path<(ApiKeyId,)>,
    Body(fields): Body<RevokeFields>,
) -> PlatformResponse<RevokedResponse> {
    let RevokeFields { suspend_invitations: suspends_invitations, revoke_created_keys: revokes_created_keys } = fields;
    let reply = app.run(&caller, Revoke { key, suspends_invitations, revokes_created_keys }).await;
    let revoked = |revoked: vestibule_core::api_key::Revoked| RevokedResponse {
        key: revoked.key.into(),
        pending_invitations: revoked.pending_invitations,
        suspended_invitations: revoked.suspended_invitations,
        revoked_created_keys: revoked.revoked_created_keys,
        created_keys: revoked.created_keys,
    };
    reply.map(revoked).into()
}
