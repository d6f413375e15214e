//! What people do in the made-up company, each a command that the API runs too, while the clock is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use vestibule_core::access::PermissionSet;
use vestibule_core::context::{Caller, Command};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{InvitationId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::images::Change;
use vestibule_core::invitation::{self, Accept, Decline, Discard};
use vestibule_core::mail::Mailbox;
use vestibule_core::membership::Leave;
use vestibule_core::names::{Description, OrganizationName, PersonName, RoleName, WorkspaceName};
use vestibule_core::organization::{self, DefineRole};
use vestibule_core::password::Password;
use vestibule_core::secret::{InvitationToken, SessionToken};
use vestibule_core::service::Service;
use vestibule_core::sign_in::{self, CameIn, Identifier};
use vestibule_core::sign_up::{self, SignUp};
use vestibule_core::time::ManualClock;
use vestibule_core::{Problem, Result, outbox, workspace};

use super::company::{PASSWORD, Person};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Actor {
    caller: Caller,
}

impl Actor {
    /// What their browser's cookie holds.
    pub(super) fn session(&self) -> String {
        self.caller.token.as_ref().map(SessionToken::reveal).unwrap_or_default()
    }
}

impl From<CameIn> for Actor {
    fn from(CameIn { token, .. }: CameIn) -> Self {
        Self { caller: Caller { token, user_agent: "demo".to_owned(), ..Caller::nobody() } }
    }
}

/// Whom to invite, as what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invite {
    email: &'static str,
    role: Option<RoleId>,
    workspace: Option<WorkspaceId>,
    days: Option<u16>,
}

impl Invite {
    pub(super) const fn to(email: &'static str) -> Self {
        Self { email, role: None, workspace: None, days: None }
    }

    pub(super) const fn role(self, role: RoleId) -> Self {
        Self { role: Some(role), ..self }
    }

    pub(super) const fn workspace(self, workspace: WorkspaceId) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    pub(super) const fn days(self, days: u16) -> Self {
        Self { days: Some(days), ..self }
    }
}

/// The company while it is being made.
#[derive(Debug)]
pub(super) struct Story {
    service: Arc<Service>,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
}

impl Story {
    pub(super) fn new(service: Arc<Service>, clock: Arc<ManualClock>, mailbox: Arc<Mailbox>) -> Self {
        Self { service, clock, mailbox }
    }

    pub(super) fn passes(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(super) async fn signs_up(&self, person: Person, invitation: Option<InvitationToken>) -> Result<Actor> {
        let newcomer = SignUp {
            email: EmailAddress::parse(person.email)?,
            first_name: PersonName::parse("first_name", person.first_name)?,
            last_name: PersonName::parse("last_name", person.last_name)?,
            username: None,
            password: Password::chosen(PASSWORD.to_owned(), 8)?,
            invitation,
        };
        sign_up::sign_up(&self.service, &Caller::nobody(), newcomer).await.result.map(Actor::from)
    }

    pub(super) async fn signs_in(&self, person: Person) -> Result<Actor> {
        let identifier = Identifier::Email(EmailAddress::parse(person.email)?);
        let password = Password::attempt(PASSWORD.to_owned());
        sign_in::with_password(&self.service, &Caller::nobody(), identifier, password).await.result.map(Actor::from)
    }

    pub(super) async fn founds(&self, actor: &Actor, name: &str, description: &str) -> Result<OrganizationId> {
        let name = OrganizationName::parse("name", name)?;
        let description = Description::parse("description", description)?;
        Ok(self.run(actor, organization::Create { name, description, image: Change::Keep }).await?.organization.id)
    }

    pub(super) async fn opens(&self, actor: &Actor, organization: OrganizationId, name: &str) -> Result<WorkspaceId> {
        let name = WorkspaceName::parse("name", name)?;
        let description = Description::parse("description", "")?;
        Ok(self
            .run(actor, workspace::Create { organization, name, description, image: Change::Keep })
            .await?
            .workspace
            .id)
    }

    pub(super) async fn defines(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        name: &str,
        permissions: &[&str],
    ) -> Result<RoleId> {
        let permissions = PermissionSet::new(permissions.iter().copied());
        let define = DefineRole { organization, name: RoleName::parse("name", name)?, permissions };
        Ok(self.run(actor, define).await?.id)
    }

    pub(super) async fn invites(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        invite: Invite,
    ) -> Result<InvitationId> {
        let create = invitation::Create {
            organization,
            invitee: EmailAddress::parse(invite.email)?,
            role: invite.role,
            workspace: invite.workspace.map(|workspace| (workspace, None)),
            days: invite.days,
            language: None,
        };
        let made = self.run(actor, create).await?;
        // Mails go out when they would have gone out, not when the story is told.
        outbox::drain(&self.service).await?;
        Ok(made.entry.id)
    }

    /// Somebody is invited, follows the link in the mail, signs up and accepts.
    pub(super) async fn joins(
        &self,
        inviter: &Actor,
        organization: OrganizationId,
        person: Person,
        invite: Invite,
    ) -> Result<Actor> {
        self.invites(inviter, organization, Invite { email: person.email, ..invite }).await?;
        let token = self.mailed_token(person.email)?;
        let actor = self.signs_up(person, Some(token.clone())).await?;
        self.run(&actor, Accept { token }).await?;
        Ok(actor)
    }

    pub(super) async fn discards(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        invitation: InvitationId,
    ) -> Result<()> {
        self.run(actor, Discard { organization, invitation }).await
    }

    pub(super) async fn declines(&self, email: &str) -> Result<()> {
        let token = self.mailed_token(email)?;
        self.service.run(&Caller::nobody(), Decline { token }).await.result
    }

    pub(super) async fn leaves(&self, actor: &Actor, organization: OrganizationId) -> Result<()> {
        self.run(actor, Leave { organization }).await
    }

    fn mailed_token(&self, email: &str) -> Result<InvitationToken> {
        let mails = self.mailbox.messages();
        let mail = mails.iter().rfind(|mail| mail.to.key() == email);
        let token =
            mail.and_then(|mail| mail.text.split_once("#token=")).and_then(|(_, rest)| rest.split_whitespace().next());
        token.and_then(|token| token.parse().ok()).ok_or_else(|| Problem::internal("a mail without a link"))
    }

    async fn run<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Out> {
        self.service.run(&actor.caller, command).await.result
    }
}
