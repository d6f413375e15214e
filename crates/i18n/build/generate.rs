//! The generated code.

use std::fmt::Write;

use super::Language;
use super::phrase::Phrase;

/// The enum of languages, with their tags and files.
pub(crate) fn language(languages: &[Language]) -> String {
    let mut code = String::from(
        "/// A language of pages and mails: a folder of `i18n/`. The first one is the fallback.\n\
         #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]\npub enum Language {\n    #[default]\n",
    );
    for language in languages {
        _ = writeln!(code, "    {},", language.variant);
    }
    _ = writeln!(code, "}}\n\nimpl Language {{\n    pub const ALL: [Self; {}] = [", languages.len());
    for language in languages {
        _ = writeln!(code, "        Self::{},", language.variant);
    }
    code.push_str(
        "    ];\n\n    /// The language tag (RFC 5646), used in the database and on the wire.\n    \
         pub const fn tag(self) -> &'static str {\n        match self {\n",
    );
    for language in languages {
        _ = writeln!(code, "            Self::{} => {:?},", language.variant, language.tag);
    }
    code.push_str("        }\n    }\n\n    /// The name of the language in the language itself.\n    pub const fn name(self) -> &'static str {\n        match self {\n");
    for language in languages {
        _ = writeln!(code, "            Self::{} => {:?},", language.variant, language.name);
    }
    code.push_str("        }\n    }\n\n    /// The texts of its Fluent files.\n    const fn files(self) -> &'static [&'static str] {\n        match self {\n");
    for language in languages {
        _ = writeln!(code, "            Self::{} => &[", language.variant);
        for file in &language.files {
            _ = writeln!(code, "                include_str!({:?}),", file.display().to_string());
        }
        code.push_str("            ],\n");
    }
    code.push_str("        }\n    }\n}\n");
    code
}

/// The mail templates of all languages.
pub(crate) fn mail_templates(languages: &[Language]) -> String {
    let mut code = String::from(
        "/// The mail templates of all languages: names, such as `de/invitation.txt`, and contents.\n\
         pub const MAIL_TEMPLATES: &[(&str, &str)] = &[\n",
    );
    for Language { tag, mails, .. } in languages {
        for (name, path) in mails {
            let (name, path) = (format!("{tag}/{name}"), path.display().to_string());
            _ = writeln!(code, "    ({name:?}, include_str!({path:?})),");
        }
    }
    code.push_str("];\n");
    code
}

/// A method for each phrase, with a parameter for each of its variables.
pub(crate) fn phrases<'a>(phrases: impl Iterator<Item = &'a Phrase>) -> String {
    let mut code = String::from("impl Phrases {\n");
    let mut ids = Vec::new();
    for Phrase { id, variables, .. } in phrases {
        let method = id.replace('-', "_");
        _ = write!(code, "    pub fn {method}(self");
        for variable in variables {
            _ = write!(code, ", {}: impl PhraseArgument", variable.replace('-', "_"));
        }
        code.push_str(") -> String {\n");
        if variables.is_empty() {
            _ = writeln!(code, "        self.format({id:?}, None)\n    }}\n");
        } else {
            code.push_str("        let mut arguments = FluentArgs::new();\n");
            for variable in variables {
                _ = writeln!(code, "        arguments.set({variable:?}, {}.to_value());", variable.replace('-', "_"));
            }
            _ = writeln!(code, "        self.format({id:?}, Some(&arguments))\n    }}\n");
        }
        ids.push(id);
    }
    _ = writeln!(
        code,
        "    /// The ids of all phrases, sorted.\n    pub const IDS: &'static [&'static str] = &IDS;\n}}\n\nstatic IDS: [&str; {}] = {ids:?};",
        ids.len()
    );
    code
}
