//! Every word of the pages, in every language: each phrase stands once, with both texts side by side, so that one without
//! the other does not compile.

mod coming_in;
mod house;
mod refusals;

use std::fmt::Display;

use vestibule_core::language::Language;

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(pub(super) Language);

/// Phrases, each with what stands in its braces, in English and in German.
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
    /// The language's tag, for the page.
    pub(super) fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// How many members, in words.
    pub(super) fn members_count(self, count: impl Display) -> String {
        let count = count.to_string();
        match (self.0, count == "1") {
            (Language::English, true) => "1 member".to_owned(),
            (Language::English, false) => format!("{count} members"),
            (Language::German, true) => "1 Mitglied".to_owned(),
            (Language::German, false) => format!("{count} Mitglieder"),
        }
    }

    /// What was just done, by the word in a page's URL. Any other word says nothing.
    pub(super) fn told(self, word: &str) -> Option<String> {
        Some(match word {
            "joined" => self.told_joined(),
            "created" => self.told_created(),
            "saved" => self.told_saved(),
            "invited" => self.told_invited(),
            "resent" => self.told_resent(),
            "discarded" => self.told_discarded(),
            "removed" => self.told_removed(),
            "offered" => self.told_offered(),
            "withdrawn" => self.told_withdrawn(),
            "taken_over" => self.told_taken_over(),
            "declined" => self.told_declined(),
            "approved" => self.told_approved(),
            "denied" => self.told_denied(),
            "asked" => self.told_asked(),
            "left" => self.told_left(),
            "deleted" => self.told_deleted(),
            "restored" => self.told_restored(),
            "verified" => self.told_verified(),
            "password_set" => self.told_password_set(),
            "signed_out" => self.told_signed_out(),
            "sent_again" => self.told_sent_again(),
            "account_deleted" => self.told_account_deleted(),
            _ => return None,
        })
    }
}
