//! `/users/{id}/social-connections`: who a user is at identity providers. Only the user can add one, by signing in there.

use std::fmt;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{ConnectionId, EmailAddressId, IdentityId, UserId};
use vestibule_core::identity::{DeleteUserIdentity, Identity, IdentityOfUser, ListUserIdentities};
use vestibule_core::time::Timestamp;

use crate::app::{App, CurrentCaller};
use crate::extract::{Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{Empty, PlatformResponse};

/// An account of a user at an identity provider.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSocialConnection)]
pub(crate) struct SocialConnectionResponse {
    id: IdentityId,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: UserId,
    /// Always "0": it belongs to the user, and not to one of their addresses.
    user_email_address_id: EmailAddressId,
    /// Such as `google_oauth`, or `enterprise` for a connection of an organization.
    #[schema(example = "google_oauth")]
    provider: String,
    /// What the provider said last, which identifies nobody. May be empty.
    email_address: String,
    first_name: String,
    last_name: String,
    /// Empty unless the settings of the provider keep its tokens, and the key has `users:write`.
    access_token: String,
    refresh_token: String,
    /// The connection of an organization, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ConnectionId, required = false)]
    connection_id: Option<ConnectionId>,
    last_used_at: Timestamp,
}

impl fmt::Debug for SocialConnectionResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SocialConnectionResponse({}, …)", self.id)
    }
}

impl SocialConnectionResponse {
    /// Without tokens.
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            id: identity.id,
            created_at: identity.created_at,
            updated_at: identity.updated_at,
            user_id: identity.user_id,
            user_email_address_id: 0.into(),
            provider: identity.provider,
            email_address: identity.email,
            first_name: identity.first_name,
            last_name: identity.last_name,
            access_token: String::new(),
            refresh_token: String::new(),
            connection_id: identity.connection_id,
            last_used_at: identity.last_used_at,
        }
    }
}

impl From<IdentityOfUser> for SocialConnectionResponse {
    fn from(of_user: IdentityOfUser) -> Self {
        let access_token = of_user.access_token().to_owned();
        let refresh_token = of_user.refresh_token().to_owned();
        Self { access_token, refresh_token, ..Self::new(of_user.identity) }
    }
}

/// Lists the accounts of a user at identity providers, oldest first.
///
/// `search` and the `sort_key` `name` are about the address. A key with `users:write` gets the tokens of the providers
/// whose setting `keep_tokens` is true.
#[utoipa::path(get, path = "/users/{id}/social-connections", operation_id = "list_user_social_connections",
    tag = "User social connections", params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "The connections", body = Page<SocialConnectionResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<SocialConnectionResponse>> {
    let reply = app.query(&caller, ListUserIdentities { user }).await;
    reply
        .map(|listed| {
            Page::of_selected(
                listed,
                &query,
                |one| &one.identity.email,
                |one| one.identity.id,
                SocialConnectionResponse::from,
            )
        })
        .into()
}

/// Disconnects an account of a user at an identity provider, which does not sign in any more.
///
/// Their verified addresses get a security notice. It also disconnects the last way to sign in.
#[utoipa::path(delete, path = "/users/{id}/social-connections/{connection_id}",
    operation_id = "delete_user_social_connection", tag = "User social connections",
    params(("id" = UserId, Path, description = "The user"), ("connection_id" = IdentityId, Path, description = "The connection")),
    responses((status = 200, description = "The connection is deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, id)): Path<(UserId, IdentityId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, DeleteUserIdentity { user, id }).await.map(|()| Empty {}).into()
}
