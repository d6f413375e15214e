//! Creates sample data by running the commands of the API, with a clock that is advanced manually.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::account::{self, ListAddresses};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::{Caller, Command};
use vestibule_core::id::{InvitationId, OrganizationId, RoleId, WorkspaceId};
use vestibule_core::images::Change;
use vestibule_core::invitation::{Accept, Decline, Discard};
use vestibule_core::mail::{Mailbox, Message};
use vestibule_core::names::{Description, OrganizationName, PersonName, RoleName, WorkspaceName};
use vestibule_core::offboarding::Leave;
use vestibule_core::organization::CreateRole;
use vestibule_core::password::Password;
use vestibule_core::permission::PermissionSet;
use vestibule_core::secret::{InvitationToken, SessionToken, SignUpToken, SubmittedChallenge, SubmittedCode};
use vestibule_core::service::Service;
use vestibule_core::sign_in::{Identifier, SignedIn};
use vestibule_core::sign_up::SignUp;
use vestibule_core::time::ManualClock;
use vestibule_core::{Problem, Result, invitation, mailer, organization, sign_in, sign_up, workspace};

use super::seed::{PASSWORD, User};

pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A signed-in user.
#[derive(Debug)]
pub(super) struct Actor {
    caller: Caller,
}

impl Actor {
    /// Returns the session token, as the cookie contains it.
    pub(super) fn session(&self) -> String {
        self.caller.token.as_ref().map(SessionToken::reveal).unwrap_or_default()
    }
}

impl From<SignedIn> for Actor {
    fn from(SignedIn { token, .. }: SignedIn) -> Self {
        Self { caller: Caller { token, user_agent: "demo".to_owned(), ..Caller::anonymous() } }
    }
}

/// An invitation to create.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invite {
    email: &'static str,
    role: Option<RoleId>,
    workspace: Option<WorkspaceId>,
    days: Option<u16>,
}

impl Invite {
    pub(super) const fn new(email: &'static str) -> Self {
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

#[derive(Debug)]
pub(super) struct Seeder {
    service: Arc<Service>,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
}

impl Seeder {
    pub(super) fn new(service: Arc<Service>, clock: Arc<ManualClock>, mailbox: Arc<Mailbox>) -> Self {
        Self { service, clock, mailbox }
    }

    pub(super) fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(super) async fn sign_up(&self, user: User, invitation: Option<InvitationToken>) -> Result<Actor> {
        let profile = SignUp {
            email: EmailAddress::parse(user.email)?,
            first_name: PersonName::parse("first_name", user.first_name)?,
            last_name: PersonName::parse("last_name", user.last_name)?,
            username: None,
            password: Password::parse_new(PASSWORD.to_owned(), 8)?,
            invitation: invitation.map(SignUpToken::Organization),
        };
        let challenge = SubmittedChallenge::Missing;
        sign_up::sign_up(&self.service, &Caller::anonymous(), profile, &challenge).await.result.map(Actor::from)
    }

    /// Signs a user up, who then verifies their address with the mailed code.
    pub(super) async fn sign_up_verified(&self, user: User) -> Result<Actor> {
        let actor = self.sign_up(user, None).await?;
        let addresses = self.service.query(&actor.caller, &ListAddresses).await.result?;
        let address = addresses.first().ok_or_else(|| Problem::internal("the user has no address"))?.id;
        account::prepare_address_verification(&self.service, &actor.caller, address).await.result?;
        mailer::drain(&self.service).await?;
        let code = SubmittedCode::from_input(self.last_mail(user.email)?.subject.split(' ').next().unwrap_or_default());
        account::verify_address(&self.service, &actor.caller, address, &code).await.result?;
        Ok(actor)
    }

    pub(super) async fn sign_in(&self, user: User) -> Result<Actor> {
        let identifier = Identifier::Email(EmailAddress::parse(user.email)?);
        let password = Password::from_input(PASSWORD.to_owned());
        let (caller, challenge) = (Caller::anonymous(), SubmittedChallenge::Missing);
        sign_in::with_password(&self.service, &caller, identifier, password, &challenge).await.result.map(Actor::from)
    }

    pub(super) async fn create_organization(
        &self,
        actor: &Actor,
        name: &str,
        description: &str,
    ) -> Result<OrganizationId> {
        let name = OrganizationName::parse("name", name)?;
        let description = Description::parse("description", description)?;
        Ok(self.run(actor, organization::Create { name, description, image: Change::Keep }).await?.organization.id)
    }

    pub(super) async fn create_workspace(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        name: &str,
    ) -> Result<WorkspaceId> {
        let name = WorkspaceName::parse("name", name)?;
        let description = Description::parse("description", "")?;
        let create = workspace::Create {
            organization,
            name,
            description,
            image: Change::Keep,
            public_metadata: None,
            private_metadata: None,
        };
        Ok(self.run(actor, create).await?.workspace.id)
    }

    pub(super) async fn create_role(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        name: &str,
        permissions: &[&str],
    ) -> Result<RoleId> {
        let permissions = PermissionSet::new(permissions.iter().copied());
        let create = CreateRole { organization, name: RoleName::parse("name", name)?, permissions };
        Ok(self.run(actor, create).await?.id)
    }

    pub(super) async fn invite(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        invite: Invite,
    ) -> Result<InvitationId> {
        let create = invitation::Create {
            is_mailed: true,
            organization,
            invitee: EmailAddress::parse(invite.email)?,
            role: invite.role,
            workspace: invite.workspace.map(|workspace| (workspace, None)),
            expiry_days: invite.days,
            language: None,
            message: None,
        };
        let created = self.run(actor, create).await?;
        // Sends the mail now, so that it carries the current time of the clock.
        mailer::drain(&self.service).await?;
        Ok(created.row.id)
    }

    /// Invites a user, who follows the link in the mail, signs up and accepts.
    pub(super) async fn join(
        &self,
        inviter: &Actor,
        organization: OrganizationId,
        user: User,
        invite: Invite,
    ) -> Result<Actor> {
        self.invite(inviter, organization, Invite { email: user.email, ..invite }).await?;
        let token = self.token_from_mail(user.email)?;
        let actor = self.sign_up(user, Some(token.clone())).await?;
        self.run(&actor, Accept { token }).await?;
        Ok(actor)
    }

    pub(super) async fn discard(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        invitation: InvitationId,
    ) -> Result<()> {
        self.run(actor, Discard { organization, invitation }).await
    }

    pub(super) async fn decline(&self, email: &str) -> Result<()> {
        let token = self.token_from_mail(email)?;
        self.service.run(&Caller::anonymous(), Decline { token }).await.result
    }

    pub(super) async fn leave(&self, actor: &Actor, organization: OrganizationId) -> Result<()> {
        self.run(actor, Leave { organization }).await
    }

    fn token_from_mail(&self, email: &str) -> Result<InvitationToken> {
        invitation_token(&self.last_mail(email)?)
            .ok_or_else(|| Problem::internal("the invitation mail contains no link"))
    }

    /// Returns the token in the last invitation to each address.
    pub(super) fn invitation_tokens(&self) -> BTreeMap<String, String> {
        let mails = self.mailbox.messages();
        mails.iter().filter_map(|mail| Some((mail.to.key().to_owned(), invitation_token(mail)?.reveal()))).collect()
    }

    fn last_mail(&self, email: &str) -> Result<Message> {
        let mails = self.mailbox.messages();
        let last = mails.into_iter().rfind(|mail| mail.to.key() == email);
        last.ok_or_else(|| Problem::internal("the user got no mail"))
    }

    async fn run<C: Command>(&self, actor: &Actor, command: C) -> Result<C::Out> {
        self.service.run(&actor.caller, command).await.result
    }
}

fn invitation_token(mail: &Message) -> Option<InvitationToken> {
    let token = mail.text.split_once("#token=")?.1.split_whitespace().next()?;
    token.parse().ok()
}
