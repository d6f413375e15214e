//! The signed-in user's own account. The functions that take a user are also for API keys, which change the accounts of
//! others by the same rules.

mod add_address;
mod addresses;
mod assurance;
mod delete;
mod end_sign_in;
mod language;
mod password;
mod password_words;
mod update;
mod verify_address;

pub use add_address::{AddAddress, AddInvitedAddress};
pub(crate) use add_address::{claim_address, verify_or_link};
pub use addresses::{DeleteAddress, ListAddresses, MakePrimary, ShowAddress};
pub(crate) use addresses::{delete_address, find as find_address, make_primary};
pub use assurance::{OwnAssurance, ShowAssurance};
pub(crate) use delete::delete as delete_user;
pub use delete::{DELETE_ACCOUNT_ERRORS, ListSoleAdminOf, delete_account};
pub use end_sign_in::{EndOtherSignIns, EndSignIn};
pub use language::SetLanguage;
pub use password::{CHANGE_PASSWORD_ERRORS, REMOVE_PASSWORD_ERRORS, change_password, remove_password};
pub(crate) use password_words::load_password_words;
pub use update::{Update, UsernameChange};
pub use verify_address::{
    PREPARE_ADDRESS_VERIFICATION_ERRORS, VERIFY_ADDRESS_ERRORS, prepare_address_verification, verify_address,
};

use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::identity::Identity;
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::second_factor::{self, OwnFactors};
use crate::session::{self, SignInDetails};
use crate::user::sql;
use crate::user::{Account, OwnedAddress, PublicUser};

/// Requires a recent proof of identity before what opens an account is changed. An API key cannot give one: commands
/// for keys require a scope instead.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`.
async fn require_proof_of_owner(cx: &mut Context<'_>) -> Result<()> {
    if cx.api_key.is_some() { Ok(()) } else { require_recent_proof(cx).await }
}

/// Shows the caller's account.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ShowAccount;

/// An account as its owner sees it.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    pub user: PublicUser,
    pub account: Account,
    /// Oldest first.
    pub addresses: Vec<OwnedAddress>,
    pub factors: OwnFactors,
    /// Who the user is at identity providers, oldest first. Empty for a person who is signed in as the user, for support.
    pub identities: Vec<Identity>,
    /// The caller's active sign-in.
    pub sign_in: SignInDetails,
}

impl Query for ShowAccount {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = AccountDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AccountDetails> {
        let id = cx.user()?;
        let sign_in =
            session::Show.run(cx).await?.and_then(|shown| shown.active().cloned()).ok_or(Code::Unauthorized)?;
        let is_impersonated = cx.is_impersonated();
        let identities =
            if is_impersonated { Vec::new() } else { cx.tx.all(crate::identity::sql::OF_USER, (id,)).await? };
        Ok(AccountDetails {
            user: sign_in.user.clone(),
            account: cx.tx.one(sql::ACCOUNT, (id,)).await?,
            addresses: cx.tx.all(sql::OWN_ADDRESSES, (id, cx.now)).await?,
            factors: second_factor::load(cx, id).await?,
            identities,
            sign_in,
        })
    }
}
