//! A user is a person with an account. What others see of them and what they see themselves are two different things.

mod addresses;
mod delete;
mod password;
pub(crate) mod sql;
mod update;

pub use addresses::{AddAddress, AddInvitedAddress, DeleteAddress, ListAddresses, MakePrimary, ShowAddress};
pub use delete::delete_account;
pub use password::{change_password, remove_password};
pub use update::{NewUsername, Update};

pub use sql::{Account, OwnedAddress, PublicUser};

use crate::context::{Context, Query};
use crate::error::{Code, Result};
use crate::id::{EmailAddressId, UserId};
use crate::session::{self, ShownSignIn};

/// Shows the caller their own account. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ShowAccount;

/// An account as its owner sees it.
#[derive(Clone, Debug)]
pub struct ShownAccount {
    /// What others see too.
    pub user: PublicUser,
    /// What only the owner sees.
    pub account: Account,
    /// Every address, oldest first.
    pub addresses: Vec<OwnedAddress>,
    /// The sign-in that asks.
    pub sign_in: ShownSignIn,
}

impl Query for ShowAccount {
    type Out = ShownAccount;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ShownAccount> {
        let id = cx.user()?;
        let sign_in =
            session::Show.run(cx).await?.and_then(|shown| shown.active().cloned()).ok_or(Code::Unauthorized)?;
        Ok(ShownAccount {
            user: sign_in.user.clone(),
            account: cx.tx.one(sql::ACCOUNT, (id,)).await?,
            addresses: cx.tx.all(sql::ADDRESSES, (id,)).await?,
            sign_in,
        })
    }
}

/// An address that was only claimed is proved by somebody who may be another than who claimed it: the account is theirs,
/// and whatever it could be come into with before is gone.
pub(crate) async fn take_over(cx: &mut Context<'_>, user: UserId, email: EmailAddressId) -> Result<()> {
    cx.tx.execute(sql::VERIFY, (user, email, cx.now)).await?;
    cx.tx.execute(sql::NO_PRIMARY, (user, cx.now)).await?;
    cx.tx.execute(sql::MAKE_PRIMARY, (user, email, cx.now)).await?;
    cx.tx.execute(sql::DELETE_OTHERS_UNPROVED, (user, email)).await?;
    cx.tx.execute(sql::FORGET_PASSWORD, (user, cx.now)).await?;
    session::end_all(cx, user).await
}

/// Whether somebody's names or address contain what is sought, which is in lower case. Compared here and not in the
/// database: the two engines do not agree on case beyond ASCII.
pub(crate) fn is_found(sought: &str, (first, last): (&str, &str), others: [Option<&str>; 2]) -> bool {
    let name = format!("{first} {last}").to_lowercase();
    name.contains(sought) || others.into_iter().flatten().any(|text| text.to_lowercase().contains(sought))
}
