//! Who a person with a social identity is here.
//!
//! A known identity signs in its user, whatever its address is. Only for one that nobody has, the address decides: an
//! account that has it gets the identity if the provider vouches for the address, and a free one makes an account. In
//! every other case, the person has to prove the mailbox or the account first.

use super::finish::Arrived;
use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{AttemptId, IdentityId, UserId};
use crate::identity::{self, KnownIdentity, NewIdentity};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::SignUpToken;
use crate::security_log::{Audit, Authentication};
use crate::session::{self, NewProfile, Strategy};
use crate::sign_in::{Attempted, SignedIn, find_account, finish};
use crate::sign_up::{Admission, admit};
use crate::user::NewUser;
use crate::verification::sql::{ADDRESS_OWNER, MailboxAccess, Owner};

/// What the sign-in has led to.
#[derive(Debug)]
pub(super) enum Outcome {
    SignedIn {
        signed_in: SignedIn,
        /// Whether the identity was connected to an account that existed before.
        linked: bool,
    },
    NeedsProfile {
        signed_in: SignedIn,
        attempt: AttemptId,
    },
}

/// Signs in the person whom a social provider has identified, creates their account, or asks for their profile.
#[derive(Debug)]
pub(super) struct SignInSocial {
    pub(super) arrived: Arrived,
}

impl Command for SignInSocial {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[
        Code::InvalidState,
        Code::UserDisabled,
        Code::UserAlreadySignedIn,
        Code::SignupRestricted,
        Code::SignupWaitlistOnly,
        Code::InvalidInvitationToken,
        Code::InvitationExpired,
        Code::InvitationSuspended,
        Code::BadRequestBody,
        Code::EmailExists,
        Code::SocialAccountAlreadyConnected,
        Code::TooManyIdentities,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Outcome;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignIn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Outcome> {
        let Arrived { source, issuer, subject, profile, is_vouched, .. } = &self.arrived;
        if let Some(known) = identity::find(cx, source, issuer, subject).await? {
            return self.sign_in_known(cx, &known).await;
        }
        let Some(email) = &profile.email else { return self.ask_for_profile(cx).await };
        let owner = cx.tx.optional(ADDRESS_OWNER, (email.key(),)).await?;
        let invited = self.check_invitation(cx, email).await;
        // As for a sign-up, the mail of an invitation proves the mailbox for a new account. It opens no other one.
        let is_invited = matches!(&invited, Some(Ok(admission)) if admission.is_mailed);
        match owner {
            Some(owner) if *is_vouched => match owner.mailbox_access(cx.now, &cx.executor.settings) {
                MailboxAccess::Granted => self.sign_in_owner(cx, &owner, email).await,
                MailboxAccess::From(_) => self.ask_for_profile(cx).await,
                // The owner of the mailbox has no access to the account that claims it, and takes the address over.
                MailboxAccess::Denied => self.create_account(cx, email, invited, true).await,
            },
            Some(owner) if is_invited && owner.verified_at.is_none() => {
                self.create_account(cx, email, invited, true).await
            }
            None if *is_vouched || is_invited => self.create_account(cx, email, invited, true).await,
            None if !cx.executor.settings.verify_addresses => self.create_account(cx, email, invited, false).await,
            Some(_) | None => self.ask_for_profile(cx).await,
        }
    }
}

impl SignInSocial {
    async fn sign_in_known(&self, cx: &mut Context<'_>, known: &KnownIdentity) -> Result<Outcome> {
        cx.subject.user = Some(known.user_id);
        if known.user_is_disabled {
            return Err(Code::UserDisabled.into());
        }
        self.arrived.touch(cx, known.id).await?;
        self.finish(cx, known.user_id, Account::Existing { is_linked: false }).await
    }

    /// Connects the identity to the account whose address the provider vouches for.
    async fn sign_in_owner(&self, cx: &mut Context<'_>, owner: &Owner, email: &EmailAddress) -> Result<Outcome> {
        let Arrived { source, issuer, provider, .. } = &self.arrived;
        let user = owner.user_id;
        cx.subject.user = Some(user);
        if owner.disabled {
            return Err(Code::UserDisabled.into());
        }
        if owner.verified_at.is_none() {
            // The person who created the account may not have the mailbox. Nothing of theirs opens it from now on.
            find_account(cx, email.key()).await?;
            self.arrived.link(cx, user, None).await?;
        } else if identity::has_identity_of(cx, user, source, issuer).await? {
            // The address has changed hands at the provider, or the person has two accounts there.
            return self.ask_for_profile(cx).await;
        } else {
            self.arrived.link(cx, user, Some(&provider.name)).await?;
        }
        self.finish(cx, user, Account::Existing { is_linked: true }).await
    }

    /// Checks the invitation that was passed along, if there is one, for the address.
    async fn check_invitation(&self, cx: &mut Context<'_>, email: &EmailAddress) -> Option<Result<Admission>> {
        match &self.arrived.invitation {
            Some(token) => Some(Admission::check(cx, token, email).await),
            None => None,
        }
    }

    async fn create_account(
        &self,
        cx: &mut Context<'_>,
        email: &EmailAddress,
        invited: Option<Result<Admission>>,
        is_verified: bool,
    ) -> Result<Outcome> {
        if !self.arrived.provider.allows_sign_up {
            return Err(Code::SignupRestricted.into());
        }
        if let Some(admission) = admit(cx.executor.settings.sign_up, invited)? {
            admission.use_up(cx).await?;
        }
        let profile = &self.arrived.profile;
        let account = NewUser {
            email: Some(email),
            first_name: &profile.first_name,
            last_name: &profile.last_name,
            username: None,
            password: None,
            language: Some(cx.caller.language),
        };
        let user = account.insert(cx, is_verified).await?;
        self.arrived.link(cx, user, None).await?;
        if is_verified {
            match &self.arrived.invitation {
                // Accepting the invitation, which comes next, activates its organization.
                Some(SignUpToken::Organization(_)) => {
                    domain::auto_join_inactive(cx, user).await?;
                }
                Some(SignUpToken::Deployment(_)) | None => domain::auto_join(cx, user).await?,
            }
        }
        self.finish(cx, user, Account::New).await
    }

    async fn finish(&self, cx: &mut Context<'_>, user: UserId, account: Account) -> Result<Outcome> {
        let Arrived { provider, profile, .. } = &self.arrived;
        let attempted = Attempted::Provider {
            strategy: Strategy::Sso,
            provider: provider.id.as_str(),
            address: profile.address_key(),
            connection: None,
            is_new_account: account == Account::New,
        };
        let signed_in = finish(cx, user, ProofMethod::Social, attempted).await?;
        Ok(Outcome::SignedIn { signed_in, linked: account == Account::Existing { is_linked: true } })
    }

    /// Stores the identity until the person has completed their profile or signed in to their account.
    async fn ask_for_profile(&self, cx: &mut Context<'_>) -> Result<Outcome> {
        let Arrived { request, provider, issuer, subject, profile, .. } = &self.arrived;
        // Nobody is signed in yet.
        cx.subject.user = None;
        cx.subject.is_unchanged = true;
        let tokens = self.arrived.seal_tokens(cx, request.id.get().into())?;
        let new = NewProfile {
            request: request.id,
            provider: &provider.id,
            issuer,
            subject,
            email: profile.address(),
            first_name: profile.first_name.as_str(),
            last_name: profile.last_name.as_str(),
            tokens: tokens.as_deref(),
            invitation: request.invitation.as_deref(),
        };
        let attempt = session::insert_profile(cx, &new).await?;
        // A copy of the old token must not open what waits now: with it, an attacker who has planted the session would connect
        // the person's identity to an account of their own.
        let token = session::rotate_token(cx).await?;
        let signed_in = SignedIn::started(cx, Some(token), attempt).await?;
        Ok(Outcome::NeedsProfile { signed_in, attempt })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Account {
    Existing { is_linked: bool },
    New,
}

impl Arrived {
    /// Connects the identity to an account. With the name of the provider, the user gets a security notice.
    ///
    /// # Errors
    /// `SOCIAL_ACCOUNT_ALREADY_CONNECTED`; `TOO_MANY_IDENTITIES`.
    pub(super) async fn link(&self, cx: &mut Context<'_>, user: UserId, name: Option<&str>) -> Result<IdentityId> {
        let id: IdentityId = self.request.id.get().into();
        let tokens = self.seal_tokens(cx, id)?;
        let new = NewIdentity {
            id,
            source: &self.source,
            issuer: &self.issuer,
            subject: &self.subject,
            profile: &self.profile,
            tokens: tokens.as_deref(),
        };
        match name {
            Some(name) => identity::announce_and_link(cx, user, &new, name).await,
            None => identity::link(cx, user, &new).await,
        }
    }

    /// Seals the tokens of the provider for an identity, if they are kept.
    pub(super) fn seal_tokens(&self, cx: &Context<'_>, id: IdentityId) -> Result<Option<Vec<u8>>> {
        self.tokens.as_ref().map(|tokens| identity::seal_tokens(cx, id, tokens)).transpose()
    }

    /// Stores a use of an identity that is known already.
    pub(super) async fn touch(&self, cx: &mut Context<'_>, id: IdentityId) -> Result<()> {
        let tokens = match &self.tokens {
            Some(tokens) => Some(identity::renew_tokens(cx, id, tokens.clone()).await?),
            None => None,
        };
        identity::touch(cx, id, &self.profile, tokens.as_deref()).await
    }
}
