//! The texts of the pages in the language of the request.

mod errors;

use std::ops::Deref;

use vestibule_i18n::{Language, Phrases};

use super::flash::Flash;

/// The phrases of `i18n/` and what pages make of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(Phrases);

impl Deref for Words {
    type Target = Phrases;

    fn deref(&self) -> &Phrases {
        &self.0
    }
}

impl Words {
    pub(super) const fn new(language: Language) -> Self {
        Self(Phrases::new(language))
    }

    /// Returns the language tag, for the `lang` attribute.
    pub(super) const fn tag(self) -> &'static str {
        self.0.language().tag()
    }

    /// Returns what an event means, such as `Member added`; its name if there is no phrase of it.
    pub(super) fn event(self, name: &str) -> String {
        self.find(&format!("event-{}", name.replace(['.', '_'], "-"))).unwrap_or_else(|| name.to_owned())
    }

    /// Returns the text of a flash message, or `None` for an unknown key.
    pub(super) fn flash(self, flash: &Flash) -> Option<String> {
        let count = || flash.arguments.first()?.parse::<u32>().ok();
        Some(match flash.key.as_str() {
            "suspended" => self.removed_and_suspended(count()?),
            "revoked" => self.removed_and_revoked(count()?),
            "joined" => self.flash_joined(),
            "created" => self.flash_created(),
            "saved" => self.flash_saved(),
            "invited" => self.flash_people_invited(count()?),
            "resent_many" => self.flash_invitations_resent(count()?),
            "revoked_many" => self.flash_invitations_revoked(count()?),
            "resent" => self.flash_resent(),
            "discarded" => self.flash_discarded(),
            "removed" => self.flash_removed(),
            "offered" => self.flash_offered(),
            "withdrawn" => self.flash_withdrawn(),
            "taken_over_suspended" => self.flash_taken_over_suspended(count()?),
            "taken_over" => self.flash_taken_over(),
            "declined" => self.flash_declined(),
            "approved" => self.flash_approved(),
            "denied" => self.flash_denied(),
            "mfa_required" => self.flash_mfa_required(),
            "mfa_not_required" => self.flash_mfa_not_required(),
            "asked" => self.flash_asked(),
            "role_created" => self.flash_role_created(),
            "role_updated" => self.flash_role_updated(),
            "role_deleted" => self.flash_role_deleted(),
            "workspace_created" => self.flash_workspace_created(),
            "workspace_left" => self.flash_workspace_left(),
            "workspace_deleted" => self.flash_workspace_deleted(),
            "workspace_member_added" => self.flash_workspace_member_added(),
            "workspace_member_removed" => self.flash_workspace_member_removed(),
            "left" => self.flash_left(),
            "deleted" => self.flash_deleted(),
            "deleted_forever" => self.flash_deleted_forever(),
            "restored" => self.flash_restored(),
            "offer_declined" => self.flash_offer_declined(),
            "approved_count" => self.flash_approved_count(count()?),
            "denied_count" => self.flash_denied_count(count()?),
            "none_selected" => self.flash_none_selected(),
            "domain_added" => self.flash_domain_added(),
            "domain_verified" => self.flash_domain_verified(),
            "domain_deleted" => self.flash_domain_deleted(),
            "logo_saved" => self.flash_logo_saved(),
            "logo_removed" => self.flash_logo_removed(),
            "setup_closed" => self.flash_setup_closed(),
            "connection_created" => self.flash_connection_created(),
            "connection_saved" => self.flash_connection_saved(),
            "connection_enabled" => self.flash_connection_enabled(),
            "connection_disabled" => self.flash_connection_disabled(),
            "connection_deleted" => self.flash_connection_deleted(),
            "connection_required" => self.flash_connection_required(),
            "connection_not_required" => self.flash_connection_not_required(),
            "setup_link_revoked" => self.flash_setup_link_revoked(),
            "webhook_enabled" => self.flash_webhook_enabled(),
            "webhook_disabled" => self.flash_webhook_disabled(),
            "webhook_deleted" => self.flash_webhook_deleted(),
            "webhook_test_sent" => self.flash_webhook_test_sent(),
            "webhook_sent_again" => self.flash_webhook_sent_again(),
            "webhook_being_sent" => self.flash_webhook_being_sent(),
            "webhook_delivery_cancelled" => self.flash_webhook_delivery_cancelled(),
            "webhooks_replayed" => self.flash_webhooks_replayed(count()?),
            "webhooks_replayed_most" => self.flash_webhooks_replayed_most(count()?),
            key => return self.account_flash(key),
        })
    }

    /// Like [`Self::flash`], for messages of sign-in and account.
    fn account_flash(self, key: &str) -> Option<String> {
        Some(match key {
            "verified" => self.flash_verified(),
            "password_set" => self.flash_password_set(),
            "signed_out" => self.flash_signed_out(),
            "profile_saved" => self.flash_profile_saved(),
            "picture_saved" => self.flash_picture_saved(),
            "address_added" => self.flash_address_added(),
            "address_removed" => self.flash_address_removed(),
            "primary_changed" => self.flash_primary_changed(),
            "notifications_saved" => self.flash_notifications_saved(),
            "session_ended" => self.flash_session_ended(),
            "sessions_ended" => self.flash_sessions_ended(),
            "code_sent" => self.flash_code_sent(),
            "authenticator_added" => self.flash_authenticator_added(),
            "authenticator_replaced" => self.flash_authenticator_replaced(),
            "authenticator_removed" => self.flash_authenticator_removed(),
            "two_factor_on" => self.flash_two_factor_on(),
            "two_factor_off" => self.flash_two_factor_off(),
            "reset_cancelled" => self.flash_reset_cancelled(),
            "passkey_added" => self.flash_passkey_added(),
            "passkey_renamed" => self.flash_passkey_renamed(),
            "passkey_removed" => self.flash_passkey_removed(),
            "identity_linked" => self.flash_identity_linked(),
            "identity_removed" => self.flash_identity_removed(),
            "account_deleted" => self.flash_account_deleted(),
            _ => return None,
        })
    }
}

/// Returns the roles of an invitation: the one in the organization, and the one in its workspace, if it has one.
pub(super) fn invited_roles(role: &str, workspace: Option<(&str, &str)>) -> String {
    match workspace {
        Some((workspace, workspace_role)) => format!("{role} · {workspace}: {workspace_role}"),
        None => role.to_owned(),
    }
}
