//! Invitations to sign up.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::deployment_invitation::{Create, Delete, InvitationWithToken, List};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{DeploymentId, DeploymentInvitationId};
use vestibule_core::language::Language;
use vestibule_core::names::PersonName;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem, Reply};

use super::page::{ListQuery, Page};
use super::person_list::{PersonListQuery, person_list_params, person_page};
use super::response::{Empty, PlatformResponse};
use crate::api::invitations::{expiry_days, locale};
use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};

/// An invitation to sign up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentInvitation)]
pub(crate) struct InvitationResponse {
    id: DeploymentInvitationId,
    deployment_id: DeploymentId,
    first_name: String,
    last_name: String,
    email_address: String,
    /// Names the invitation, and does not prove the mailbox as that of the mail does. For links of your own:
    /// `/sign-up?invite_token=…`.
    token: String,
    expiry: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl InvitationResponse {
    pub(super) fn new(
        InvitationWithToken { invitation, token }: InvitationWithToken,
        context: ResponseContext<'_>,
    ) -> Self {
        Self {
            id: invitation.id,
            deployment_id: context.deployment,
            first_name: invitation.first_name,
            last_name: invitation.last_name,
            email_address: invitation.email_key,
            token: token.reveal(),
            expiry: invitation.expires_at,
            created_at: invitation.created_at,
            updated_at: invitation.created_at,
        }
    }
}

/// Lists the invitations to sign up, newest first, with those that have expired in the last 30 days.
///
/// `search` is a part of a name or address and shows at most the newest thousand matches; `sort_key` is `created_at` or
/// `email`.
#[utoipa::path(get, path = "/invitations", operation_id = "list_deployment_invitations", tag = "Sign-up invitations",
    params(PersonListQuery), responses((status = 200, description = "The invitations", body = Page<InvitationResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<PersonListQuery>,
) -> PlatformResponse<Page<InvitationResponse>> {
    let query = ListQuery::from(query);
    let reply = match person_list_params(&query) {
        Ok(params) => app.query(&caller, List { params }).await,
        Err(problem) => Reply::failed(problem),
    };
    let context = app.response_context();
    let response = |row| InvitationResponse::new(row, context);
    reply.map(|listed| person_page(listed, &query, |row| row.invitation.id.get(), response)).into()
}

/// The fields of a new invitation.
#[derive(Debug, ToSchema)]
#[schema(as = NewDeploymentInvitationFields)]
pub(crate) struct CreateFields {
    #[schema(value_type = String, format = Email)]
    email_address: EmailAddress,
    #[schema(value_type = Option<String>)]
    first_name: PersonName,
    #[schema(value_type = Option<String>)]
    last_name: PersonName,
    /// Without it, the setting `invitations.expiry_days`.
    expiry_days: Option<u16>,
    /// The language of the mail, such as `de`.
    #[schema(value_type = Option<String>)]
    locale: Option<Language>,
    /// Whether the address gets a mail. It does by default.
    #[schema(required = false)]
    mail: bool,
}

impl FromFields for CreateFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let (first, last) = (fields.text("first_name")?, fields.text("last_name")?);
        Ok(Self {
            email_address: EmailAddress::parse(&fields.required_text("email_address")?)?,
            first_name: PersonName::parse("first_name", first.as_deref().unwrap_or_default())?,
            last_name: PersonName::parse("last_name", last.as_deref().unwrap_or_default())?,
            expiry_days: expiry_days(fields)?,
            locale: locale(fields)?,
            mail: fields.flag("mail")?.unwrap_or(true),
        })
    }
}

/// Invites an address to sign up, also while sign-up is restricted or by waitlist.
///
/// The token of the mail proves the mailbox, so that the address of the new account is verified. An address has at most
/// one invitation that has not expired.
#[utoipa::path(post, path = "/invitations", operation_id = "create_deployment_invitation", tag = "Sign-up invitations",
    request_body = CreateFields, responses((status = 200, description = "The invitation", body = InvitationResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<CreateFields>,
) -> PlatformResponse<InvitationResponse> {
    let create = Create {
        email: fields.email_address,
        first_name: fields.first_name,
        last_name: fields.last_name,
        expiry_days: fields.expiry_days,
        language: fields.locale,
        sends_mail: fields.mail,
    };
    let context = app.response_context();
    app.run(&caller, create).await.map(|created| InvitationResponse::new(created, context)).into()
}

/// Deletes an invitation. Its links stop working.
#[utoipa::path(delete, path = "/invitations/{id}", operation_id = "delete_deployment_invitation",
    tag = "Sign-up invitations", params(("id" = DeploymentInvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((invitation,)): Path<(DeploymentInvitationId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, Delete { invitation }).await.map(|()| Empty {}).into()
}
