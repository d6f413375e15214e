//! The words of every letter, in every language: built in, and those an operator has put in their place.
//!
//! A template is text in Jinja's manner: a line `Subject: …`, an empty line, paragraphs. `{{ button("…") }}` and
//! `{{ code }}` stand in paragraphs of their own. Its HTML is made by the layout from the same words. Every template is
//! written once with made-up values before any is used, so that a slip is found at the start and not by an invitee.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::email_template::EmailTemplate;
use super::{markup, plain};
use crate::language::Language;

const LAYOUT: &str = "layout.html";
const LAYOUT_TEXT: &str = include_str!("../../templates/mail/layout.html");
/// The longest line of a subject, in characters.
const LONGEST_SUBJECT: usize = 250;

macro_rules! built_in {
    ($($name:literal)+) => {
        [$(
            (concat!("en/", $name, ".txt"), include_str!(concat!("../../templates/mail/en/", $name, ".txt"))),
            (concat!("de/", $name, ".txt"), include_str!(concat!("../../templates/mail/de/", $name, ".txt"))),
        )+]
    };
}

/// File names and texts.
const BUILT_IN: [(&str, &str); 20] = built_in! {
    "invitation" "workspace_invitation" "reminder" "address_code" "sign_in_code" "sign_in_link" "password_reset"
    "account_exists" "member_removed" "handover"
};

/// The words of every letter.
pub struct Templates(Environment<'static>);

/// A mail's words, ready for a [`Message`](super::Message).
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For programs that show HTML.
    pub html: String,
}

/// A template that cannot be used.
#[derive(Debug)]
pub struct TemplateError {
    /// Which file.
    pub file: PathBuf,
    /// What is wrong with it, and in which line.
    pub reason: String,
}

impl Templates {
    /// The built-in ones.
    ///
    /// Error: none that the suite has not seen.
    pub fn built_in() -> Result<Self, TemplateError> {
        Self::with(None)
    }

    /// Those of a folder, such as `de/invitation.txt` and `layout.html`, and for what is not there the built-in ones.
    ///
    /// Errors: the folder cannot be read; it has a file that is no template's; one that does not come out right.
    pub fn in_folder(folder: &Path) -> Result<Self, TemplateError> {
        refuse_strangers(folder)?;
        Self::with(Some(folder))
    }

    /// Every file that can be put in a folder, with what it holds until then.
    pub fn files() -> Vec<(&'static str, &'static str)> {
        BUILT_IN.into_iter().chain([(LAYOUT, LAYOUT_TEXT)]).collect()
    }

    fn with(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let escape = |name: &str| if name == LAYOUT { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(escape);
        environment.add_function("button", |label: String| markup::button(&label));
        for (name, text) in Self::files() {
            let text = match folder.map(|folder| folder.join(name)) {
                Some(file) => read(&file)?.unwrap_or_else(|| text.to_owned()),
                None => text.to_owned(),
            };
            environment.add_template_owned(name, text).map_err(|error| wrong(folder, name, &error))?;
        }
        let templates = Self(environment);
        for (letter, language) in
            EmailTemplate::samples().iter().flat_map(|letter| Language::ALL.map(|language| (letter, language)))
        {
            let name = file_name(letter, language);
            templates.render(letter, language, "Vestibule").map_err(|error| wrong(folder, &name, &error))?;
        }
        Ok(templates)
    }

    /// Writes a letter.
    ///
    /// Errors: none that the samples do not have.
    pub fn render(
        &self,
        letter: &EmailTemplate<'_>,
        language: Language,
        app: &str,
    ) -> Result<Rendered, minijinja::Error> {
        let app = plain(app);
        let mut values = letter.values(language);
        values.push(("app", Value::from(app.clone())));
        let values: BTreeMap<_, _> = values.into_iter().collect();
        let written =
            self.0.get_template(&file_name(letter, language))?.render(Value::from(values))?.replace("\r\n", "\n");
        let (subject, body) = written
            .strip_prefix("Subject: ")
            .and_then(|rest| rest.split_once("\n\n"))
            .ok_or_else(|| invalid("it begins with a line `Subject: …` and an empty one"))?;
        if subject.trim().is_empty() || subject.contains(|c: char| c.is_control() || markup::is_mark(c)) {
            return Err(invalid("its subject is one line of plain text"));
        }
        let subject: String = subject.trim().chars().take(LONGEST_SUBJECT).collect();
        let target = letter.link();
        if target.is_some() && !body.contains(markup::BUTTON) {
            return Err(invalid("it has no {{ button(\"…\") }}, so nobody could open what it is about"));
        }
        Ok(Rendered {
            text: markup::text(body, target, &app),
            html: markup::html(&self.0, body, target, (language, &app, &subject))?,
            subject,
        })
    }
}

fn file_name(letter: &EmailTemplate<'_>, language: Language) -> String {
    format!("{}/{}.txt", language.tag(), letter.template())
}

fn invalid(what: &'static str) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, what)
}

fn wrong(folder: Option<&Path>, name: &str, error: &minijinja::Error) -> TemplateError {
    // The layout is what is wrong when it says so itself.
    let name = error.name().unwrap_or(name);
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let reason = format!("{line}{}", error.detail().map_or_else(|| error.kind().to_string(), str::to_owned));
    TemplateError { file: folder.unwrap_or(Path::new("")).join(name), reason }
}

fn read(file: &Path) -> Result<Option<String>, TemplateError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TemplateError { file: file.to_owned(), reason: error.to_string() }),
    }
}

/// A file whose name is misspelled would never be used, and nobody would know.
fn refuse_strangers(folder: &Path) -> Result<(), TemplateError> {
    let cannot = |error: io::Error| TemplateError { file: folder.to_owned(), reason: error.to_string() };
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known: Vec<String> = if Language::ALL.iter().any(|language| language.tag() == name) {
            let files = fs::read_dir(entry.path()).map_err(cannot)?;
            let names = files.map(|file| file.map(|file| format!("{name}/{}", file.file_name().to_string_lossy())));
            names.collect::<Result<_, _>>().map_err(cannot)?
        } else {
            vec![name]
        };
        let stranger = known.into_iter().find(|name| name != LAYOUT && BUILT_IN.iter().all(|(known, _)| known != name));
        if let Some(stranger) = stranger {
            let reason = "no template has this name; `vestibule mail list` names them all".to_owned();
            return Err(TemplateError { file: folder.join(stranger), reason });
        }
    }
    Ok(())
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Templates(…)")
    }
}

// It holds links and codes.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests;
