//! The languages of pages and mails.

pub use vestibule_i18n::{Language, UnknownLanguage};
