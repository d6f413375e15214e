//! What a confirmation page is for.

use super::super::form::Form;
use super::super::words::Words;

/// The action that the confirmation page describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Action {
    AddAddress,
    VerifyAddress,
    MakePrimary,
    DeleteAddress,
    ChangeUsername,
    SetPassword,
    EndSignIn,
    EndOtherSignIns,
    DeleteAccount,
    /// Adds the address of an invitation.
    LinkAddress,
    DeleteWorkspace,
    DeleteOrganization,
    OfferOwnership,
    CreateSetupLink,
    /// Raises the assurance of the sign-in, for what requires it.
    ConfirmSecondFactor,
    /// Of an organization or a workspace.
    RequireMfa,
    AddAuthenticator,
    RemoveAuthenticator,
    GenerateBackupCodes,
    AddPasskey,
    RemovePasskey,
    ChangeTwoFactorPolicy,
    /// Of the user's second factors.
    CancelReset,
    /// Of an identity provider.
    ConnectAccount,
    DisconnectAccount,
    /// Of an organization's connection to its identity provider.
    ChangeConnection,
    DeleteConnection,
    RequireSso,
}

impl Action {
    /// What the user is about to do. `address` is the one that the proof is for.
    pub(super) fn explanation(self, t: Words, form: &Form, address: &str) -> String {
        match self {
            Self::AddAddress => t.confirm_add_address(form.text("email").trim()),
            Self::VerifyAddress => t.confirm_verify_address(),
            Self::MakePrimary => t.confirm_make_primary(form.text("email")),
            Self::DeleteAddress => t.confirm_delete_address(form.text("email")),
            Self::ChangeUsername => t.confirm_change_username(),
            Self::SetPassword => t.confirm_set_password(),
            Self::EndSignIn => t.confirm_end_sign_in(form.text("browser")),
            Self::EndOtherSignIns => t.confirm_end_other_sign_ins(),
            Self::DeleteAccount => t.confirm_delete_account(),
            Self::LinkAddress => t.confirm_link_address(address),
            Self::DeleteWorkspace => t.confirm_delete_workspace(),
            Self::DeleteOrganization => t.confirm_delete_organization(),
            Self::OfferOwnership => t.confirm_offer_ownership(),
            Self::CreateSetupLink => t.confirm_create_setup_link(),
            Self::ConfirmSecondFactor => t.confirm_second_factor(),
            Self::RequireMfa => t.confirm_require_mfa(),
            Self::AddAuthenticator => t.confirm_authenticator(),
            Self::RemoveAuthenticator => t.confirm_remove_authenticator(),
            Self::GenerateBackupCodes => t.confirm_backup_codes(),
            Self::AddPasskey => t.confirm_add_passkey(),
            Self::RemovePasskey => t.confirm_remove_passkey(),
            Self::ChangeTwoFactorPolicy => t.confirm_two_factor_policy(),
            Self::CancelReset => t.confirm_cancel_reset(),
            Self::ConnectAccount => t.confirm_connect_account(),
            Self::DisconnectAccount => t.confirm_disconnect_account(),
            Self::ChangeConnection => t.confirm_change_connection(),
            Self::DeleteConnection => t.confirm_delete_connection(),
            Self::RequireSso => t.confirm_require_sso(),
        }
    }
}
