//! Creating one user.

use std::sync::Arc;

use super::show::CheckUserForChange;
use super::sql::ManagedUser;
use crate::access;
use crate::account::Update;
use crate::assurance::SecondFactorPolicy;
use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::images;
use crate::names::{PersonName, Username};
use crate::password::{ChosenPassword, PasswordDigest};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::user::NewUser;

/// The data of a new user.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Verified: the key's owner vouches for it.
    pub email: Option<EmailAddress>,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub username: Option<Username>,
    pub password: Option<ChosenPassword>,
    pub picture: images::Change,
}

/// The codes of [`create_user`].
pub const CREATE_USER_ERRORS: &[Code] = &[
    Code::KeyBoundToOrganization,
    Code::InvalidPassword,
    Code::EmailExists,
    Code::UsernameExists,
    Code::ImagesNotAvailable,
];

/// Creates a user. Their address is verified, and taken from an account that has not proved it. They join the
/// organizations that have its domain, as after a sign-up.
///
/// # Errors
/// [`CREATE_USER_ERRORS`]: `EMAIL_EXISTS` if an account has proved the address, `INVALID_PASSWORD` if the policy
/// refuses the password.
pub async fn create_user(executor: &Arc<Executor>, caller: &Caller, account: NewAccount) -> Reply<ManagedUser> {
    let password = match account.password.clone() {
        None => None,
        Some(password) => match digest(executor, caller, &account, password).await {
            Ok(digest) => Some(digest),
            Err(problem) => return Reply::failed(problem),
        },
    };
    executor.run(caller, Create { account, password }).await
}

async fn digest(
    executor: &Arc<Executor>,
    caller: &Caller,
    account: &NewAccount,
    password: ChosenPassword,
) -> Result<PasswordDigest> {
    executor.query(caller, &CheckUserForChange { user: None }).await.result?;
    let mut words = executor.password_policy.context_words();
    words.add(account.first_name.as_str());
    words.add(account.last_name.as_str());
    words.add(account.username.as_ref().map_or("", Username::as_str));
    if let Some(email) = &account.email {
        words.add_address(email.key());
    }
    let accepted = executor.password_policy.accept_chosen(password, &words).await?;
    executor.passwords.digest(accepted, executor.random.as_ref()).await
}

#[derive(Debug)]
struct Create {
    account: NewAccount,
    password: Option<PasswordDigest>,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::EmailExists, Code::UsernameExists, Code::ImagesNotAvailable];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ManagedUser;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ManagedUser> {
        access::require_unbound_key(cx)?;
        let NewAccount { email, first_name, last_name, username, picture, .. } = &self.account;
        let account = NewUser {
            email: email.as_ref(),
            first_name,
            last_name,
            username: username.as_ref(),
            password: self.password.as_ref(),
            language: None,
        };
        let user = account.insert(cx, true).await?;
        cx.subject.target_user = Some(user);
        if let Some(email) = email {
            domain::auto_join_new_user(cx, user, email).await?;
        }
        let image_url = match picture {
            images::Change::Set(name) => {
                Update { picture: picture.clone(), ..Update::default() }.apply(cx, user, None).await?;
                name.as_str()
            }
            images::Change::Keep | images::Change::Clear => "",
        };
        Ok(ManagedUser {
            id: user,
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            username: username.as_ref().map(|name| name.as_str().to_owned()),
            image_url: image_url.to_owned(),
            email: email.as_ref().map(|email| email.key().to_owned()),
            sort_name: String::new(),
            second_factor_policy: SecondFactorPolicy::None,
            created_at: cx.now,
            updated_at: cx.now,
        })
    }
}
