//! Composing the mail of a job. It happens when the mail is sent, so that the mail has current data and an obsolete one
//! is skipped.

use vestibule_i18n::Phrases;

use crate::deployment_invitation;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::id::{DeploymentInvitationId, InvitationId, OrganizationId, UserId};
use crate::invitation;
use crate::invitation::sql::views::{FOR_MAIL, MailedInvitation};
use crate::invitation::{Status, UNSUBSCRIBED};
use crate::language::Language;
use crate::mail::{EmailTemplate, InvitationEmail, Message, NoticeEmail, ReplyTo};
use crate::names::full_name;
use crate::outbox::sql::{self, Recipient};
use crate::outbox::{Job, Subject};
use crate::permission::Requirement;
use crate::query_params::set_query_params;
use crate::security_notice::{self, Notice};
use crate::verification::sql::MailboxAccess;
use crate::verification::{self, Attempt, Purpose};

/// What to do for a job.
#[derive(Debug)]
pub(super) enum Composition {
    Mail(Box<Message>),
    /// Send nothing, for this reason.
    Skip(&'static str),
}

pub(super) const OBSOLETE: &str = "the mail was obsolete";
const SUSPENDED: &str = "the invitation was suspended";
pub(super) const NO_RECIPIENT: &str = "there is no recipient";

/// Composes the mail of a job.
pub(super) struct Compose<'a>(pub(super) &'a Job);

impl Query for Compose<'_> {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Composition;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Composition> {
        match self.0.subject {
            Subject::Invitation { organization, invitation, generation, is_reminder } => {
                let mailed = cx.tx.optional(FOR_MAIL, (organization, invitation)).await?;
                let is_current = |mailed: &MailedInvitation| {
                    mailed.status == Status::Pending && mailed.generation == generation && cx.now < mailed.expires_at
                };
                match mailed.filter(is_current) {
                    None => Ok(Composition::Skip(OBSOLETE)),
                    Some(mailed) if mailed.is_unsubscribed => Ok(Composition::Skip(UNSUBSCRIBED)),
                    Some(mailed) if mailed.left_suspended => Ok(Composition::Skip(SUSPENDED)),
                    Some(_) if is_reminder && is_suspended(cx, organization, invitation).await? => {
                        Ok(Composition::Skip(SUSPENDED))
                    }
                    Some(mailed) => self.invitation(cx, invitation, &mailed, is_reminder),
                }
            }
            Subject::SignUpInvitation { invitation } => self.sign_up_invitation(cx, invitation).await,
            Subject::Verification { attempt, generation } => {
                let found = cx.tx.optional(verification::sql::BY_ID, (attempt,)).await?;
                match found.filter(|found| found.generation == generation && found.completed_at.is_none()) {
                    Some(attempt) if cx.now < attempt.expires_at => self.verification(cx, &attempt).await,
                    _ => Ok(Composition::Skip(OBSOLETE)),
                }
            }
            Subject::SecurityNotice { notice } => match cx.tx.optional(security_notice::sql::FIND, (notice,)).await? {
                Some(notice) if cx.now < notice.expires_at => self.security_notice(cx, &notice),
                _ => Ok(Composition::Skip(OBSOLETE)),
            },
            Subject::MemberRemoved { organization, user } => self.member_removed(cx, (organization, user)).await,
            Subject::OwnershipTransfer { organization, user } => {
                self.ownership_transfer(cx, (organization, user)).await
            }
            Subject::JoinRequests { organization, user } => self.join_requests(cx, organization, user).await,
            Subject::InvitationsAnswered { organization, inviter, is_accepted, since } => {
                self.answers(cx, (organization, inviter), since, is_accepted).await
            }
            Subject::RequestAnswered { organization, user, is_approved } => {
                self.request_answer(cx, (organization, user), is_approved).await
            }
            Subject::RenewalDenied { organization, invitation } => {
                self.renewal_denied(cx, organization, invitation).await
            }
            Subject::WebhooksDisabled { organization, user, since } => {
                self.webhooks_disabled(cx, (organization, user), since).await
            }
            Subject::ConnectionChanged { organization, user, connection } => {
                self.connection_changed(cx, (organization, user), connection).await
            }
            Subject::ConnectionSecretExpires { organization, user, connection } => {
                self.connection_secret_expires(cx, (organization, user), connection).await
            }
            Subject::SsoBypassed { organization, user, admin } => {
                self.sso_bypassed(cx, (organization, user), admin).await
            }
        }
    }
}

impl Compose<'_> {
    async fn member_removed(&self, cx: &mut Context<'_>, to: (OrganizationId, UserId)) -> Result<Composition> {
        match cx.tx.optional(sql::RECIPIENT, to).await? {
            Some(recipient) if !recipient.is_member => {
                let template = EmailTemplate::MemberRemoved { organization: &recipient.organization_name };
                self.to_user(cx, &recipient, &template)
            }
            Some(_) => Ok(Composition::Skip(OBSOLETE)),
            None => Ok(Composition::Skip(NO_RECIPIENT)),
        }
    }

    async fn ownership_transfer(&self, cx: &mut Context<'_>, to: (OrganizationId, UserId)) -> Result<Composition> {
        let recipient = cx.tx.optional(sql::RECIPIENT, to).await?;
        let transfer = cx.tx.optional(sql::PENDING_TRANSFER, (to.0, to.1, cx.now)).await?;
        let (Some(recipient), Some(transfer)) = (recipient, transfer) else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let owner = full_name(&transfer.owner_first_name, &transfer.owner_last_name);
        let link = format!("{}/organizations", cx.executor.settings.public_url.as_str());
        let template = EmailTemplate::OwnershipTransfer {
            organization: &recipient.organization_name,
            owner: &owner,
            link: &link,
            expires_at: transfer.expires_at,
        };
        self.to_user(cx, &recipient, &template)
    }

    fn invitation(
        &self,
        cx: &Context<'_>,
        id: InvitationId,
        mailed: &MailedInvitation,
        is_reminder: bool,
    ) -> Result<Composition> {
        let (settings, keys) = (&cx.executor.settings, &cx.executor.keys);
        let host = settings.public_url.as_str();
        let token = keys.mailed_token(id, mailed.generation).reveal();
        let link = settings.mail.invitation_link(&settings.public_url, &token);
        let unsubscribe_url = format!("{host}/invite/stop/{}", keys.unsubscribe_token(id).reveal());
        let days = mailed.expires_at.since(cx.now).as_secs().div_ceil(24 * 3600);
        let inviter = inviter_name(mailed);
        let language = mailed.language.or(mailed.invitee_language).unwrap_or(settings.mail.language);
        let phrases = Phrases::new(language);
        let role = phrases.role_name(&mailed.role_name, mailed.is_role_built_in);
        let workspace_role = mailed.workspace_role_name.as_deref();
        let workspace_role = workspace_role.map(|name| phrases.role_name(name, mailed.is_workspace_role_built_in));
        let logo = settings.mail_image_url(&mailed.organization_image_url);
        let email = InvitationEmail {
            organization: &mailed.organization_name,
            organization_logo: logo.as_deref(),
            inviter: inviter.as_deref(),
            workspace: mailed.workspace_name.as_deref(),
            role: Some(&role),
            workspace_role: workspace_role.as_deref(),
            message: &mailed.message,
            link: &link,
            unsubscribe_url: &unsubscribe_url,
            expires_at: mailed.expires_at,
            days: u32::try_from(days).unwrap_or(u32::MAX),
        };
        let template = if is_reminder { EmailTemplate::Reminder(email) } else { EmailTemplate::Invitation(email) };
        let to = EmailAddress::from_stored(mailed.email.clone(), mailed.email_key.clone());
        let mut message = self.message(cx, to, Some(language), &template)?;
        message.unsubscribe_url = Some(unsubscribe_url);
        if settings.mail.reply_to_inviter
            && let (Some(address), Some(key)) = (&mailed.inviter_email, &mailed.inviter_email_key)
        {
            let address = EmailAddress::from_stored(address.clone(), key.clone());
            message.reply_to = Some(ReplyTo { name: inviter.unwrap_or_default(), address });
        }
        Ok(Composition::Mail(Box::new(message)))
    }

    async fn sign_up_invitation(&self, cx: &mut Context<'_>, id: DeploymentInvitationId) -> Result<Composition> {
        let found = cx.tx.optional(deployment_invitation::sql::FIND, (id,)).await?;
        let Some(invitation) = found.filter(|found| cx.now < found.expires_at) else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let host = cx.executor.settings.public_url.as_str();
        let token = cx.executor.keys.mailed_deployment_token(invitation.id).reveal();
        let link = format!("{host}/sign-up?invite_token={token}");
        let template = EmailTemplate::SignUpInvitation { link: &link, expires_at: invitation.expires_at };
        let to = EmailAddress::from_stored(invitation.email.clone(), invitation.email_key.clone());
        self.mail(cx, to, invitation.language, &template)
    }

    /// Only here is it looked up whether a user has the address, so that the response to the request cannot reveal it.
    async fn verification(&self, cx: &mut Context<'_>, attempt: &Attempt) -> Result<Composition> {
        let owner = cx.tx.optional(verification::sql::ADDRESS_OWNER, (&attempt.address_key,)).await?;
        let host = cx.executor.settings.public_url.as_str();
        let code = cx.executor.keys.verification_code(attempt.id, attempt.generation).reveal();
        let sign_in = format!("{host}/sign-in");
        let token = cx.executor.keys.magic_link_token(attempt.id, attempt.generation).reveal();
        let link = if attempt.opens_return_to {
            // Applications read the query. Only the session that asked can use the token, so it may stand there.
            let id = attempt.id.to_string();
            set_query_params(&attempt.return_to, &[("token", &token), ("attempt", &id)])
        } else {
            format!("{sign_in}/link#token={token}")
        };
        let enabled = owner.as_ref().filter(|owner| !owner.disabled);
        let access = enabled.map(|owner| owner.mailbox_access(cx.now, &cx.executor.settings));
        let is_verified = owner.as_ref().is_some_and(|owner| owner.verified_at.is_some());
        let template = match (attempt.purpose, access) {
            (Purpose::SignIn, Some(MailboxAccess::Granted)) => match attempt.method {
                verification::Method::EmailOtp => EmailTemplate::SignInCode(&code),
                verification::Method::MagicLink => EmailTemplate::SignInLink { link: &link, code: &code },
            },
            (Purpose::Password, Some(MailboxAccess::Granted)) => EmailTemplate::PasswordReset(&code),
            (Purpose::Reauthentication, Some(MailboxAccess::Granted)) if is_verified => {
                EmailTemplate::ReauthenticationCode { code: &code, address: &attempt.detail }
            }
            (Purpose::SignIn | Purpose::Password, Some(MailboxAccess::From(available_at))) => {
                EmailTemplate::AddressTooNew { available_at }
            }
            (Purpose::SignIn | Purpose::Password | Purpose::Reauthentication, _) => {
                return Ok(Composition::Skip(NO_RECIPIENT));
            }
            (Purpose::SignUp, _) if is_verified => EmailTemplate::AccountExists { link: &sign_in },
            // A claim is never for an address that its own account has verified.
            (Purpose::Address, _) if is_verified && attempt.claim_id.is_some() => EmailTemplate::AddressInUse,
            (Purpose::SignUp | Purpose::Address, _) => EmailTemplate::AddressCode(&code),
        };
        let to = EmailAddress::from_stored(attempt.address.clone(), attempt.address_key.clone());
        // The owner of an unverified address may be another person than the reader of its mail.
        let chosen = owner.filter(|_| is_verified).and_then(|owner| owner.language);
        self.mail(cx, to, Some(chosen.unwrap_or(attempt.language)), &template)
    }

    fn security_notice(&self, cx: &Context<'_>, notice: &Notice) -> Result<Composition> {
        let host = cx.executor.settings.public_url.as_str();
        let link = format!("{host}/security-notice#token={}", cx.executor.keys.notice_token(notice.id).reveal());
        let template = EmailTemplate::SecurityNotice(NoticeEmail {
            kind: notice.kind.as_str(),
            detail: &notice.detail,
            happened_at: notice.created_at,
            ip_address: &notice.ip_address,
            user_agent: &notice.user_agent,
            link: &link,
            link_expires_at: notice.expires_at,
        });
        let to = EmailAddress::from_stored(notice.address.clone(), notice.address_key.clone());
        self.mail(cx, to, notice.language, &template)
    }

    pub(super) fn to_user(
        &self,
        cx: &Context<'_>,
        recipient: &Recipient,
        template: &EmailTemplate<'_>,
    ) -> Result<Composition> {
        let to = EmailAddress::from_stored(recipient.address.clone(), recipient.address_key.clone());
        self.mail(cx, to, recipient.language, template)
    }

    fn mail(
        &self,
        cx: &Context<'_>,
        to: EmailAddress,
        language: Option<Language>,
        template: &EmailTemplate<'_>,
    ) -> Result<Composition> {
        Ok(Composition::Mail(Box::new(self.message(cx, to, language, template)?)))
    }

    pub(super) fn message(
        &self,
        cx: &Context<'_>,
        to: EmailAddress,
        language: Option<Language>,
        template: &EmailTemplate<'_>,
    ) -> Result<Message> {
        let settings = &cx.executor.settings;
        let language = language.unwrap_or(settings.mail.language);
        let rendered = cx.executor.templates.render(template, language, &settings.name).map_err(Problem::internal)?;
        Ok(Message {
            to,
            from: settings.mail.from.clone(),
            reply_to: settings.mail.reply_to.clone().map(ReplyTo::address),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            message_id: self.0.message_id(settings.public_url.mail_domain()),
            date: cx.now,
            unsubscribe_url: None,
        })
    }
}

/// Whether accepting the invitation would be refused.
async fn is_suspended(cx: &mut Context<'_>, organization: OrganizationId, invitation: InvitationId) -> Result<bool> {
    match cx.tx.optional(invitation::sql::FIND, (organization, invitation)).await? {
        Some(invitation) => Ok(invitation::authority::load_suspension(cx, &invitation).await?.is_some()),
        None => Ok(false),
    }
}

/// The inviter's name, or else their user name. `None` if the inviter has left.
fn inviter_name(mailed: &MailedInvitation) -> Option<String> {
    let first = mailed.inviter_first_name.as_deref().unwrap_or_default();
    let last = mailed.inviter_last_name.as_deref().unwrap_or_default();
    Some(full_name(first, last)).filter(|name| !name.is_empty()).or_else(|| mailed.inviter_username.clone())
}
