//! Events of API keys, impersonation, sign-up invitations, the waitlist, mail and the audit log itself.

use super::field::{Changed, Personal};
use super::payload::payloads;
use crate::id::{
    ApiKeyId, AuditEntryId, DeploymentInvitationId, OrganizationId, OutboxId, SignInId, UserId, WaitlistEntryId,
    WebhookEndpointId,
};
use crate::time::Timestamp;

payloads! {
    /// An API key was created. A key that is bound to an organization is in that organization's log.
    ApiKeyCreated("api_key.created", ApiKey(api_key_id), ApiKey(api_key_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        api_key_id: ApiKeyId,
        name: String,
        scopes: Vec<String>,
        expires_at: Option<Timestamp>,
    }

    /// An API key got a new secret. The old one is valid for some time.
    ApiKeyRotated("api_key.rotated", ApiKey(api_key_id), ApiKey(api_key_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        api_key_id: ApiKeyId,
        /// Until when the old secret is valid.
        old_secret_expires_at: Timestamp,
    }

    /// An API key was revoked.
    ApiKeyDeleted("api_key.deleted", ApiKey(api_key_id), ApiKey(api_key_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        api_key_id: ApiKeyId,
    }

    /// The pending invitations that an API key made were suspended, in whichever organizations.
    ApiKeyInvitationsSuspended("api_key.invitations.suspended", ApiKey(api_key_id), ApiKey(api_key_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        api_key_id: ApiKeyId,
        /// The number of invitations.
        count: i64,
    }

    /// A backend got a ticket with which a person can sign in as a user, for support.
    ImpersonationTicketCreated("impersonation.ticket.created", User(user_id), User(user_id)) {
        user_id: UserId,
        /// The person who will act as the user.
        impersonator_id: UserId,
    }

    /// A person signed in as a user, for support.
    ImpersonationStarted("impersonation.started", Session(sign_in_id), User(user_id)) {
        user_id: UserId,
        sign_in_id: SignInId,
        /// The person who acts as the user.
        impersonator_id: UserId,
        /// When it ends by itself.
        expires_at: Timestamp,
    }

    /// The sign-in of a person as a user, for support, was ended. None says that it has expired.
    ImpersonationEnded("impersonation.ended", Session(sign_in_id), User(user_id)) {
        user_id: UserId,
        sign_in_id: SignInId,
        /// The person who acted as the user.
        impersonator_id: UserId,
    }

    /// An address was invited to sign up.
    DeploymentInvitationCreated("deployment.invitation.created", DeploymentInvitation(deployment_invitation_id), DeploymentInvitation(deployment_invitation_id)) {
        deployment_invitation_id: DeploymentInvitationId,
        expires_at: Timestamp,
        email: Personal<String>,
    }

    /// An invitation to sign up was used: the actor is the new account.
    DeploymentInvitationAccepted("deployment.invitation.accepted", DeploymentInvitation(deployment_invitation_id), DeploymentInvitation(deployment_invitation_id)) {
        deployment_invitation_id: DeploymentInvitationId,
    }

    /// An invitation to sign up was deleted.
    DeploymentInvitationDeleted("deployment.invitation.deleted", DeploymentInvitation(deployment_invitation_id), DeploymentInvitation(deployment_invitation_id)) {
        deployment_invitation_id: DeploymentInvitationId,
    }

    /// A person asked for an account while sign-up is not public.
    WaitlistEntryCreated("waitlist.entry.created", WaitlistEntry(waitlist_entry_id), WaitlistEntry(waitlist_entry_id)) {
        waitlist_entry_id: WaitlistEntryId,
        email: Personal<String>,
    }

    /// An entry of the waitlist was approved: the address was invited to sign up.
    WaitlistEntryApproved("waitlist.entry.approved", WaitlistEntry(waitlist_entry_id), WaitlistEntry(waitlist_entry_id)) {
        waitlist_entry_id: WaitlistEntryId,
    }

    /// The operator made the service send mail again that was given up.
    MailRetried("mail.retried", Mail(mail_id), Mail(mail_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        mail_id: OutboxId,
        mail_kind: &'static str,
    }

    /// The operator deleted mail that was not sent.
    MailDropped("mail.dropped", Mail(mail_id), Mail(mail_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        mail_id: OutboxId,
        mail_kind: &'static str,
    }

    /// An endpoint for webhooks was created. One of an organization is in that organization's log.
    WebhookEndpointCreated("webhook_endpoint.created", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
        /// The host of the URL, whose path may contain a secret.
        host: String,
        /// The events that it gets; empty for all.
        events: Vec<String>,
    }

    /// An endpoint for webhooks was changed.
    WebhookEndpointUpdated("webhook_endpoint.updated", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
        host: Option<Changed<String>>,
        events: Option<Changed<Vec<String>>>,
        is_enabled: Option<Changed<bool>>,
    }

    /// An endpoint for webhooks got a new secret. The old one is valid for some time.
    WebhookEndpointRotated("webhook_endpoint.rotated", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
    }

    /// An endpoint for webhooks was disabled, because it did not accept what was sent.
    WebhookEndpointDisabled("webhook_endpoint.disabled", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
        /// `gone` or `failing`.
        disabled_reason: &'static str,
    }

    /// An endpoint for webhooks was deleted.
    WebhookEndpointDeleted("webhook_endpoint.deleted", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
    }

    /// Deliveries of webhooks were made due again, whatever had become of them.
    WebhooksReplayed("webhook_endpoint.deliveries.replayed", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
        /// How many.
        count: i64,
    }

    /// A delivery of a webhook was cancelled: the endpoint may never get the event.
    WebhookCancelled("webhook_endpoint.delivery.cancelled", WebhookEndpoint(webhook_endpoint_id), WebhookEndpoint(webhook_endpoint_id) in organization_id) {
        organization_id: Option<OrganizationId>,
        webhook_endpoint_id: WebhookEndpointId,
        /// That of the event's entry in the audit log.
        delivery_id: AuditEntryId,
        event: String,
    }

    /// The list of the members of an organization was exported.
    MembersExported("organization.members.exported", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
    }

    /// The list of the invitations of an organization was exported.
    InvitationsExported("organization.invitations.exported", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
    }

    /// The audit log of an organization was exported.
    AuditLogExported("organization.audit_log.exported", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
        /// `csv` or `jsonl`.
        format: String,
    }
}
