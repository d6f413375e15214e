//! Formatting phrases.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::Language;
use crate::dates::Formatters;
use crate::numbers;

/// The phrases of a language: a method for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrases(Language);

include!(concat!(env!("OUT_DIR"), "/phrases.rs"));

impl Phrases {
    /// Returns the name of a role. Those of built-in roles are translated.
    pub fn role_name(self, name: &str, is_built_in: bool) -> String {
        match name {
            "Member" if is_built_in => self.built_in_member(),
            "Admin" if is_built_in => self.built_in_admin(),
            _ => name.to_owned(),
        }
    }
}

/// A value that a phrase contains.
pub trait PhraseArgument {
    fn to_value(&self) -> FluentValue<'_>;
}

impl<T: PhraseArgument + ?Sized> PhraseArgument for &T {
    fn to_value(&self) -> FluentValue<'_> {
        (**self).to_value()
    }
}

impl PhraseArgument for str {
    fn to_value(&self) -> FluentValue<'_> {
        FluentValue::String(Cow::Borrowed(self))
    }
}

impl PhraseArgument for String {
    fn to_value(&self) -> FluentValue<'_> {
        self.as_str().to_value()
    }
}

impl PhraseArgument for Cow<'_, str> {
    fn to_value(&self) -> FluentValue<'_> {
        (**self).to_value()
    }
}

/// A number chooses the plural form, and is written with the separators of the language.
macro_rules! numbers {
    ($($type:ty)+) => {$(
        impl PhraseArgument for $type {
            fn to_value(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        }
    )+};
}

numbers! { u8 u16 u32 u64 usize i32 i64 }

pub(crate) struct Catalog {
    bundle: FluentBundle<FluentResource>,
    pub(crate) formatters: Formatters,
}

static CATALOGS: LazyLock<[Catalog; Language::ALL.len()]> = LazyLock::new(|| Language::ALL.map(Catalog::load));

impl Catalog {
    /// The build script has parsed the files, so they have no errors.
    fn load(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Marks around arguments would be copied along with names and addresses. Templates have `<bdi>`.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(numbers::format));
        for text in language.texts() {
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        let mut locale = None;
        if let Some(pattern) = bundle.get_message("language-locale").and_then(|message| message.value()) {
            locale = Some(bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned());
        }
        let formatters = Formatters::new(locale.as_deref().unwrap_or(language.tag()));
        Self { bundle, formatters }
    }
}

impl Phrases {
    pub const fn new(language: Language) -> Self {
        Self(language)
    }

    pub const fn language(self) -> Language {
        self.0
    }

    /// Returns the phrase with this id, or `None` if there is none. For ids that are made from the names of error codes.
    pub fn find(self, id: &str) -> Option<String> {
        let bundle = &self.catalog().bundle;
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }

    /// The build script has checked that the phrase exists and has these variables.
    fn format(self, id: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let catalog = self.catalog();
        let Some(pattern) = catalog.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        catalog.bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    pub(crate) fn catalog(self) -> &'static Catalog {
        let index = Language::ALL.iter().position(|language| *language == self.0).unwrap_or(0);
        &CATALOGS[index]
    }
}
