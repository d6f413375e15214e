//! What people do with their own account.

mod addresses;
mod delete;
mod password;
mod update;
mod verify_address;

pub use addresses::{AddAddress, AddInvitedAddress, DeleteAddress, ListAddresses, MakePrimary, ShowAddress};
pub use delete::delete_account;
pub use password::{change_password, remove_password};
pub use update::{NewUsername, Update};
pub use verify_address::{prepare_address, prove_address};

use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::session::{self, ShownSignIn};
use crate::user::sql;
use crate::user::{Account, OwnedAddress, PublicUser};

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
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
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
