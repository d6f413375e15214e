//! Session tickets: links with which a person of the operator's support is signed in as a user.

use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::UserId;
use vestibule_core::impersonation::{CreateTicket, MAX_TICKET_LIFETIME, NewTicket, TICKET_LIFETIME};
use vestibule_core::{Code, Problem};

use super::response::PlatformResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};

/// The fields of a new ticket.
#[derive(Debug, ToSchema)]
#[schema(as = NewSessionTicketFields)]
pub(crate) struct CreateFields {
    /// Always `impersonation`.
    #[expect(dead_code, reason = "only the OpenAPI document names it")]
    ticket_type: &'static str,
    /// The user to sign in as.
    user_id: UserId,
    /// The person who is going to be signed in as the user. They have an account of their own.
    actor_id: UserId,
    /// Seconds in which the ticket works, 1 to 900. The default is 300.
    #[schema(required = false, minimum = 1, maximum = 900)]
    expires_in: u16,
}

const TICKET_TYPE: &str = "impersonation";

impl FromFields for CreateFields {
    /// Clients send the fields of other types, as `null`.
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId, Code::TicketTypeNotAvailable];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        if fields.required_text("ticket_type")? != TICKET_TYPE {
            return Err(Code::TicketTypeNotAvailable.into());
        }
        let (default, max) = (seconds(TICKET_LIFETIME), seconds(MAX_TICKET_LIFETIME));
        Ok(Self {
            ticket_type: TICKET_TYPE,
            user_id: fields.required_id("user_id")?,
            actor_id: fields.required_id("actor_id")?,
            expires_in: fields.number_within("expires_in", 1..=max)?.unwrap_or(default),
        })
    }
}

fn seconds(duration: Duration) -> u16 {
    u16::try_from(duration.as_secs()).unwrap_or(u16::MAX)
}

/// A ticket, which is shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSessionTicket)]
pub(crate) struct TicketResponse {
    ticket: String,
    /// In seconds since 1970.
    expires_at: i64,
    /// The page on which the person signs in with the ticket.
    url: String,
}

/// Creates a ticket with which a person of the operator's support is signed in as a user.
///
/// It works once. The sign-in ends after twenty minutes, names the person in its session tokens (`act`) and in the log,
/// and cannot change what opens the account. The user gets a security notice when it begins, unless the setting
/// `sessions.notify_impersonation` is off.
#[utoipa::path(post, path = "/session/tickets", operation_id = "create_session_ticket", tag = "Session tickets",
    request_body = CreateFields, responses((status = 200, description = "The ticket", body = TicketResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<CreateFields>,
) -> PlatformResponse<TicketResponse> {
    let lifetime = Duration::from_secs(fields.expires_in.into());
    let create = CreateTicket { user: fields.user_id, actor: fields.actor_id, lifetime };
    let public_url = app.settings().public_url.as_str();
    let response = |NewTicket { ticket, expires_at }: NewTicket| TicketResponse {
        url: format!("{public_url}/sign-in?ticket={}", ticket.reveal()),
        ticket: ticket.reveal(),
        expires_at: expires_at.as_microseconds().div_euclid(1_000_000),
    };
    app.run(&caller, create).await.map(response).into()
}
