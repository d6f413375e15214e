//! The texts of the pages in all languages. A phrase without a translation does not compile.

mod account;
mod challenge;
mod errors;
mod invite;
mod layout;
mod organization;
mod reauthentication;
mod sign_in;

use std::fmt::Display;

use vestibule_core::language::Language;

use super::flash::Flash;

/// The phrases in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(pub(super) Language);

/// Defines a method of [`Words`] for each phrase: name, placeholders, English text, German text.
macro_rules! phrases {
    ($($name:ident($($argument:ident),*): $english:literal, $german:literal;)+) => {
        impl Words {$(
            pub(in super::super) fn $name(self $(, $argument: impl Display)*) -> String {
                match self.0 {
                    Language::English => format!($english),
                    Language::German => format!($german),
                }
            }
        )+}
    };
}

use phrases;

impl Words {
    /// Returns the language tag, for the `lang` attribute.
    pub(super) fn tag(self) -> &'static str {
        self.0.tag()
    }

    pub(super) fn members_count(self, count: impl Display) -> String {
        let count = count.to_string();
        match (self.0, count == "1") {
            (Language::English, true) => "1 member".to_owned(),
            (Language::English, false) => format!("{count} members"),
            (Language::German, true) => "1 Mitglied".to_owned(),
            (Language::German, false) => format!("{count} Mitglieder"),
        }
    }

    pub(super) fn open_invitations_warning(self, count: i64) -> String {
        match (self.0, count) {
            (Language::English, 1) => "One open invitation that they sent will be suspended: it cannot be accepted until somebody resends it.".to_owned(),
            (Language::English, _) => format!("{count} open invitations that they sent will be suspended: they cannot be accepted until somebody resends them."),
            (Language::German, 1) => "Eine offene Einladung von dieser Person wird ausgesetzt: Sie kann erst angenommen werden, wenn jemand sie erneut sendet.".to_owned(),
            (Language::German, _) => format!("{count} offene Einladungen von dieser Person werden ausgesetzt: Sie können erst angenommen werden, wenn jemand sie erneut sendet."),
        }
    }

    fn removed_and_suspended(self, count: u32) -> String {
        match (self.0, count) {
            (Language::English, 1) => "Removed. One of their invitations is suspended.".to_owned(),
            (Language::English, _) => format!("Removed. {count} of their invitations are suspended."),
            (Language::German, 1) => "Entfernt. Eine Einladung dieser Person ist ausgesetzt.".to_owned(),
            (Language::German, _) => format!("Entfernt. {count} Einladungen dieser Person sind ausgesetzt."),
        }
    }

    fn removed_and_revoked(self, count: u32) -> String {
        match (self.0, count) {
            (Language::English, 1) => "Removed. One of their invitations was revoked.".to_owned(),
            (Language::English, _) => format!("Removed. {count} of their invitations were revoked."),
            (Language::German, 1) => "Entfernt. Eine Einladung dieser Person wurde widerrufen.".to_owned(),
            (Language::German, _) => format!("Entfernt. {count} Einladungen dieser Person wurden widerrufen."),
        }
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
            "invited" => self.flash_invited(),
            "resent" => self.flash_resent(),
            "discarded" => self.flash_discarded(),
            "removed" => self.flash_removed(),
            "offered" => self.flash_offered(),
            "withdrawn" => self.flash_withdrawn(),
            "taken_over" => self.flash_taken_over(),
            "declined" => self.flash_declined(),
            "approved" => self.flash_approved(),
            "denied" => self.flash_denied(),
            "asked" => self.flash_asked(),
            "left" => self.flash_left(),
            "deleted" => self.flash_deleted(),
            "restored" => self.flash_restored(),
            "verified" => self.flash_verified(),
            "password_set" => self.flash_password_set(),
            "signed_out" => self.flash_signed_out(),
            "sent_again" => self.flash_sent_again(),
            "account_deleted" => self.flash_account_deleted(),
            _ => return None,
        })
    }
}
