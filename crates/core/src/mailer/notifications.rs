//! Composing notifications about requests, answers and webhooks.

use super::compose::{Compose, Composition, NO_RECIPIENT, OBSOLETE};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::Result;
use crate::execution::Context;
use crate::id::{InvitationId, OrganizationId, UserId};
use crate::invitation::sql::views::{ANSWERED, Answered, FOR_MAIL};
use crate::invitation::{Status, UNSUBSCRIBED};
use crate::join_request::{self, JoinRequest};
use crate::mail::{EmailTemplate, NotificationEmail, WebhooksEmail};
use crate::names::full_name;
use crate::notification::{INTERVAL, NotificationKind, NotificationPreferences};
use crate::outbox::sql::{self, Recipient};
use crate::permission::RequiredPermission;
use crate::time::Timestamp;
use crate::webhook::{DisabledReason, MAX_ENDPOINTS_OF_ORGANIZATION};
use crate::{membership, webhook};

const TURNED_OFF: &str = "the user has turned this kind of mail off";

type Composed = Result<Composition>;
type ToTemplate = for<'a> fn(NotificationEmail<'a>) -> EmailTemplate<'a>;

impl Compose<'_> {
    /// To a member who may decide: how many requests are waiting, and who asked last.
    pub(super) async fn join_requests(
        &self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        user: UserId,
    ) -> Composed {
        let Some((membership,)) = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await? else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let permissions = access::membership_permissions(cx, organization, membership).await?;
        let waiting = cx.tx.all(join_request::sql::LIST_PENDING, (organization,)).await?;
        let Some(newest) = waiting.first().filter(|_| permissions.satisfies(RequiredPermission::ManageMembers)) else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let link = format!("{}/organizations/{organization}/-/requests", cx.executor.settings.public_url.as_str());
        let about = About { person: &requester(newest), count: waiting.len(), link: Some(&link) };
        let ids = (organization, user, NotificationKind::JoinRequests);
        let template: ToTemplate = |email| EmailTemplate::JoinRequests(email);
        self.notification(cx, ids, about, template).await
    }

    /// To an inviter: who accepted or declined in the period that begins at `since`.
    pub(super) async fn answers(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        since: Timestamp,
        is_accepted: bool,
    ) -> Composed {
        let status = if is_accepted { Status::Accepted } else { Status::Declined };
        let answered = cx.tx.all(ANSWERED, (organization, user, status, since, since.plus(INTERVAL))).await?;
        let Some(newest) = answered.first() else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let page = if is_accepted { "members" } else { "invitations" };
        let link = format!("{}/organizations/{organization}/-/{page}", cx.executor.settings.public_url.as_str());
        let about = About { person: &invitee(newest, is_accepted), count: answered.len(), link: Some(&link) };
        let template: ToTemplate = if is_accepted {
            |email| EmailTemplate::InvitationsAccepted(email)
        } else {
            |email| EmailTemplate::InvitationsDeclined(email)
        };
        self.notification(cx, (organization, user, NotificationKind::InvitationAnswers), about, template).await
    }

    /// To the user who asked to join, unless their membership has changed since the answer.
    pub(super) async fn request_answer(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        is_approved: bool,
    ) -> Composed {
        let is_member = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await?.is_some();
        if is_member != is_approved {
            return Ok(Composition::Skip(OBSOLETE));
        }
        let link = format!("{}/organizations/{organization}", cx.executor.settings.public_url.as_str());
        let about = About { person: "", count: 1, link: is_approved.then_some(link.as_str()) };
        let template: ToTemplate = if is_approved {
            |email| EmailTemplate::RequestApproved(email)
        } else {
            |email| EmailTemplate::RequestDenied(email)
        };
        self.notification(cx, (organization, user, NotificationKind::RequestAnswers), about, template).await
    }

    /// To a member who manages settings: which endpoints of webhooks were disabled in the period that begins at `since`,
    /// unless they are enabled again, or deleted.
    pub(super) async fn webhooks_disabled(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        since: Timestamp,
    ) -> Composed {
        let Some((membership,)) = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await? else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let permissions = access::membership_permissions(cx, organization, membership).await?;
        let arguments = (organization, since, since.plus(INTERVAL), MAX_ENDPOINTS_OF_ORGANIZATION);
        let disabled = cx.tx.all(webhook::sql::DISABLED, arguments).await?;
        let Some(newest) = disabled.first().filter(|_| permissions.satisfies(RequiredPermission::ManageSettings))
        else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let (recipient, unsubscribe_url) =
            match recipient(cx, (organization, user, NotificationKind::WebhookFailures)).await? {
                Ok(found) => found,
                Err(skipped) => return Ok(skipped),
            };
        let host = cx.executor.settings.public_url.as_str();
        let link = format!("{host}/organizations/{organization}/-/webhooks/{}", newest.id);
        let template = EmailTemplate::WebhooksDisabled(WebhooksEmail {
            organization: &recipient.organization_name,
            url: newest.url.as_str(),
            is_gone: newest.disabled_reason == DisabledReason::Gone.as_str(),
            count: u32::try_from(disabled.len()).unwrap_or(u32::MAX),
            link: &link,
            unsubscribe_url: &unsubscribe_url,
        });
        self.to_subscriber(cx, &recipient, unsubscribe_url.clone(), &template)
    }

    async fn notification(
        &self,
        cx: &mut Context<'_>,
        ids: (OrganizationId, UserId, NotificationKind),
        about: About<'_>,
        template: ToTemplate,
    ) -> Composed {
        let (recipient, unsubscribe_url) = match recipient(cx, ids).await? {
            Ok(found) => found,
            Err(skipped) => return Ok(skipped),
        };
        let email = NotificationEmail {
            organization: &recipient.organization_name,
            person: about.person,
            count: u32::try_from(about.count).unwrap_or(u32::MAX),
            link: about.link,
            unsubscribe_url: &unsubscribe_url,
        };
        self.to_subscriber(cx, &recipient, unsubscribe_url.clone(), &template(email))
    }

    fn to_subscriber(
        &self,
        cx: &Context<'_>,
        recipient: &Recipient,
        unsubscribe_url: String,
        template: &EmailTemplate<'_>,
    ) -> Composed {
        let Recipient { address, address_key, language, .. } = recipient;
        let to = EmailAddress::from_stored(address.clone(), address_key.clone());
        let mut message = self.message(cx, to, *language, template)?;
        message.unsubscribe_url = Some(unsubscribe_url);
        Ok(Composition::Mail(Box::new(message)))
    }

    /// To the invited address whose holder asked for a new invitation, unless they have got one since. They need not have
    /// an account.
    pub(super) async fn renewal_denied(
        &self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Composed {
        let Some(mailed) = cx.tx.optional(FOR_MAIL, (organization, id)).await? else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let is_open = mailed.status == Status::Pending && !mailed.left_suspended && cx.now < mailed.expires_at;
        if is_open || mailed.status == Status::Accepted {
            return Ok(Composition::Skip(OBSOLETE));
        }
        if mailed.is_unsubscribed {
            return Ok(Composition::Skip(UNSUBSCRIBED));
        }
        let token = cx.executor.keys.unsubscribe_token(id).reveal();
        let unsubscribe_url = format!("{}/invite/stop/{token}", cx.executor.settings.public_url.as_str());
        let email = NotificationEmail {
            organization: &mailed.organization_name,
            person: "",
            count: 1,
            link: None,
            unsubscribe_url: &unsubscribe_url,
        };
        let to = EmailAddress::from_stored(mailed.email.clone(), mailed.email_key.clone());
        let language = mailed.language.or(mailed.invitee_language);
        let mut message = self.message(cx, to, language, &EmailTemplate::RequestDenied(email))?;
        message.unsubscribe_url = Some(unsubscribe_url);
        Ok(Composition::Mail(Box::new(message)))
    }
}

/// The recipient of a notification, and the link that turns its kind off; or why nothing is sent.
async fn recipient(
    cx: &mut Context<'_>,
    (organization, user, kind): (OrganizationId, UserId, NotificationKind),
) -> Result<Result<(Recipient, String), Composition>> {
    let Some(recipient) = cx.tx.optional(sql::RECIPIENT, (organization, user)).await? else {
        return Ok(Err(Composition::Skip(NO_RECIPIENT)));
    };
    if !NotificationPreferences::load(cx, user).await?.wants(kind) {
        return Ok(Err(Composition::Skip(TURNED_OFF)));
    }
    let token = cx.executor.keys.notification_token(user, kind).reveal();
    Ok(Ok((recipient, format!("{}/notifications/stop/{token}", cx.executor.settings.public_url.as_str()))))
}

struct About<'a> {
    person: &'a str,
    count: usize,
    link: Option<&'a str>,
}

/// The name of the person who asks, or else the address, which those who decide see in the list of requests too.
fn requester(request: &JoinRequest) -> String {
    let (first, last) = (request.first_name.as_deref(), request.last_name.as_deref());
    let name = full_name(first.unwrap_or_default(), last.unwrap_or_default());
    if name.is_empty() { request.email_key.clone() } else { name }
}

/// The name of a new member. Of a person who declined, only the address: the inviter knows it, and need not learn who
/// has it.
fn invitee(answered: &Answered, is_accepted: bool) -> String {
    let (first, last) = (answered.first_name.as_deref(), answered.last_name.as_deref());
    let name = full_name(first.unwrap_or_default(), last.unwrap_or_default());
    if is_accepted && !name.is_empty() { name } else { answered.email_key.clone() }
}
