//! The languages of pages and mails. A language is a folder of `i18n/` with Fluent files (`*.ftl`) and mail templates
//! (`mail/*.txt`), which translators edit; see `i18n/README.md`. A language that lacks a phrase or a template does not
//! compile.

mod dates;
mod language;
mod numbers;
mod phrases;

pub use language::{Language, UnknownLanguage};
pub use phrases::{PhraseArgument, Phrases};

include!(concat!(env!("OUT_DIR"), "/mail_templates.rs"));
