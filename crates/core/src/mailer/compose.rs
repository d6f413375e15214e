//! The mail of a job, made at the moment it is sent from what is true by then. What nobody waits for any more is not sent.

use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::id::InvitationId;
use crate::invitation::Status;
use crate::invitation::sql::views::{FOR_MAIL, MailedInvitation};
use crate::language::Language;
use crate::mail::{EmailTemplate, Invited, Message};
use crate::outbox::sql::{self, Written};
use crate::outbox::{Job, Subject};
use crate::permission::Requirement;
use crate::verification::{self, Attempt, Purpose};

/// What is to be done for a job.
#[derive(Debug)]
pub(super) enum Composed {
    /// This is to be sent.
    Mail(Box<Message>),
    /// Nothing, and this is why.
    Nothing(&'static str),
}

const OVERTAKEN: &str = "nobody waited for it any more";
const REFUSED: &str = "the invitee wants no more mail from this organization";
const NOBODY: &str = "there is nobody to write to";

/// Writes the mail of a job.
pub(super) struct Compose<'a>(pub(super) &'a Job);

impl Query for Compose<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Composed;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Composed> {
        match self.0.about {
            Subject::Invitation { organization, invitation, generation, is_reminder } => {
                let mailed = cx.tx.optional(FOR_MAIL, (organization, invitation)).await?;
                let is_wanted = |mailed: &MailedInvitation| {
                    mailed.status == Status::Pending && mailed.generation == generation && cx.now < mailed.expires_at
                };
                match mailed.filter(is_wanted) {
                    None => Ok(Composed::Nothing(OVERTAKEN)),
                    Some(mailed) if mailed.is_unsubscribed => Ok(Composed::Nothing(REFUSED)),
                    Some(mailed) => self.invitation(cx, invitation, &mailed, is_reminder),
                }
            }
            Subject::Attempt { attempt, generation } => {
                let found = cx.tx.optional(verification::sql::BY_ID, (attempt,)).await?;
                match found.filter(|found| found.generation == generation && found.completed_at.is_none()) {
                    Some(attempt) if cx.now < attempt.expires_at => self.attempt(cx, &attempt).await,
                    _ => Ok(Composed::Nothing(OVERTAKEN)),
                }
            }
            Subject::Removed { organization, user } => {
                match cx.tx.optional(sql::WRITTEN, (organization, user)).await? {
                    Some(written) if !written.is_member => {
                        let letter = EmailTemplate::MemberRemoved { organization: &written.organization_name };
                        self.to_member(cx, &written, &letter)
                    }
                    Some(_) => Ok(Composed::Nothing(OVERTAKEN)),
                    None => Ok(Composed::Nothing(NOBODY)),
                }
            }
            Subject::Handover { organization, user } => {
                let written = cx.tx.optional(sql::WRITTEN, (organization, user)).await?;
                let offer = cx.tx.optional(sql::OFFER, (organization, user, cx.now)).await?;
                let (Some(written), Some(offer)) = (written, offer) else {
                    return Ok(Composed::Nothing(OVERTAKEN));
                };
                let giver = format!("{} {}", offer.giver_first_name, offer.giver_last_name);
                let link = format!("{}/organizations", cx.executor.settings.public_url.as_str());
                let letter = EmailTemplate::Handover {
                    organization: &written.organization_name,
                    giver: giver.trim(),
                    link: &link,
                    expires_at: offer.expires_at,
                };
                self.to_member(cx, &written, &letter)
            }
        }
    }
}

impl Compose<'_> {
    fn invitation(
        &self,
        cx: &Context<'_>,
        id: InvitationId,
        mailed: &MailedInvitation,
        is_reminder: bool,
    ) -> Result<Composed> {
        let (settings, keys) = (&cx.executor.settings, &cx.executor.keys);
        let host = settings.public_url.as_str();
        let page = settings.mail.invitation_url.clone().unwrap_or_else(|| format!("{host}/invite"));
        // What stands behind the # is sent to no server: not to this one, not to a proxy, not as a Referer.
        let link = format!("{page}#token={}", keys.mailed_token(id, mailed.generation).reveal());
        let stop = format!("{host}/invite/stop/{}", keys.unsubscribe(id).reveal());
        let days = mailed.expires_at.since(cx.now).as_secs().div_ceil(24 * 3600);
        let inviter = inviter(mailed);
        let invited = Invited {
            organization: &mailed.organization_name,
            inviter: inviter.as_deref(),
            workspace: mailed.workspace_name.as_deref(),
            role: Some(&mailed.role_name),
            link: &link,
            stop: &stop,
            expires_at: mailed.expires_at,
            days: u32::try_from(days).unwrap_or(u32::MAX),
        };
        let letter = if is_reminder { EmailTemplate::Reminder(invited) } else { EmailTemplate::Invitation(invited) };
        let to = EmailAddress::from_stored(mailed.email.clone(), mailed.email_key.clone());
        self.mail(cx, to, mailed.language.or(mailed.invitee_language), &letter, Some(stop.clone()))
    }

    /// Whether anybody has the address is found out here and nowhere before.
    async fn attempt(&self, cx: &mut Context<'_>, attempt: &Attempt) -> Result<Composed> {
        let owner = cx.tx.optional(verification::sql::ADDRESS_OWNER, (&attempt.address_key,)).await?;
        let host = cx.executor.settings.public_url.as_str();
        let code = cx.executor.keys.code(attempt.id, attempt.generation).reveal();
        let sign_in = format!("{host}/sign-in");
        let link = format!("{sign_in}/link#token={}", cx.executor.keys.link(attempt.id, attempt.generation).reveal());
        let opens = owner.as_ref().is_some_and(|owner| owner.grants_access() && !owner.disabled);
        let is_proved = owner.as_ref().is_some_and(|owner| owner.verified_at.is_some());
        let letter = match attempt.purpose {
            Purpose::SignIn if opens => match attempt.method {
                verification::Method::EmailOtp => EmailTemplate::SignInCode(&code),
                verification::Method::MagicLink => EmailTemplate::SignInLink { link: &link, code: &code },
            },
            Purpose::Password if opens => EmailTemplate::PasswordReset(&code),
            Purpose::SignIn | Purpose::Password => return Ok(Composed::Nothing(NOBODY)),
            Purpose::SignUp if is_proved => EmailTemplate::AccountExists { link: &sign_in },
            Purpose::SignUp | Purpose::Address => EmailTemplate::AddressCode(&code),
        };
        let to = EmailAddress::from_stored(attempt.address.clone(), attempt.address_key.clone());
        self.mail(cx, to, Some(attempt.language), &letter, None)
    }

    fn to_member(&self, cx: &Context<'_>, written: &Written, letter: &EmailTemplate<'_>) -> Result<Composed> {
        let to = EmailAddress::from_stored(written.address.clone(), written.address_key.clone());
        self.mail(cx, to, written.language, letter, None)
    }

    fn mail(
        &self,
        cx: &Context<'_>,
        to: EmailAddress,
        language: Option<Language>,
        letter: &EmailTemplate<'_>,
        stop: Option<String>,
    ) -> Result<Composed> {
        let settings = &cx.executor.settings;
        let language = language.unwrap_or(settings.mail.language);
        let rendered = cx.executor.templates.render(letter, language, &settings.name).map_err(Problem::internal)?;
        Ok(Composed::Mail(Box::new(Message {
            to,
            from: settings.mail.from.clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            message_id: self.0.message_id(settings.public_url.mail_domain()),
            date: cx.now,
            stop,
        })))
    }
}

fn inviter(mailed: &MailedInvitation) -> Option<String> {
    let first = mailed.inviter_first_name.as_deref().unwrap_or_default();
    let last = mailed.inviter_last_name.as_deref().unwrap_or_default();
    let name = format!("{first} {last}").trim().to_owned();
    Some(name).filter(|name| !name.is_empty()).or_else(|| mailed.inviter_username.clone())
}
