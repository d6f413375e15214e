//! The mail templates: those of `i18n/` in every language, which an operator can override.
//!
//! A template is Jinja text: a line `Subject: …`, an empty line, and paragraphs. `{{ button("…") }}` and `{{ code }}`
//! are paragraphs of their own. The layout renders the same paragraphs as HTML. Every template is rendered with sample
//! data when it is loaded, so that a mistake is found at start-up.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};
use vestibule_i18n::MAIL_TEMPLATES;

use super::email_template::EmailTemplate;
use super::{html_escape, markup, sanitize_name};
use crate::language::Language;
use crate::settings::Settings;

const LAYOUT: &str = "layout.html";
const LAYOUT_TEXT: &str = include_str!("../../templates/mail/layout.html");
/// In characters.
const MAX_SUBJECT_LENGTH: usize = 250;

/// The loaded templates.
pub struct Templates(Environment<'static>);

/// The content of a [`Message`](super::Message).
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A template that cannot be loaded.
#[derive(Debug)]
pub struct TemplateError {
    pub file: PathBuf,
    /// With the line number, if it is known.
    pub reason: String,
}

impl Templates {
    /// Loads the built-in templates.
    ///
    /// # Errors
    /// None: the unit tests load them.
    pub fn built_in() -> Result<Self, TemplateError> {
        Self::load(None)
    }

    /// Loads the templates of a folder, such as `de/invitation.txt` and `layout.html`, and the built-in ones for
    /// missing files.
    ///
    /// # Errors
    /// The folder cannot be read; a file has no template's name; a template cannot be rendered.
    pub fn from_folder(folder: &Path) -> Result<Self, TemplateError> {
        reject_unknown_files(folder)?;
        Self::load(Some(folder))
    }

    /// The names and built-in contents of all files that a folder can override.
    pub fn files() -> Vec<(&'static str, &'static str)> {
        MAIL_TEMPLATES.iter().copied().chain([(LAYOUT, LAYOUT_TEXT)]).collect()
    }

    fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let escape = |name: &str| if name == LAYOUT { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(escape);
        environment.set_formatter(format_value);
        for filter in ["escape", "e"] {
            environment.add_filter(filter, |text: Value| html_escape::to_safe_value(&text));
        }
        environment.add_function("button", |label: String| markup::button(&label));
        for (name, text) in Self::files() {
            let text = match folder.map(|folder| folder.join(name)) {
                Some(file) => read(&file)?.unwrap_or_else(|| text.to_owned()),
                None => text.to_owned(),
            };
            environment.add_template_owned(name, text).map_err(|error| template_error(folder, name, &error))?;
        }
        let templates = Self(environment).with_branding(&Settings::default());
        for sample in &EmailTemplate::samples() {
            for language in Language::ALL {
                let name = file_name(sample, language);
                let rendered = templates.render(sample, language, "Vestibule");
                rendered.map_err(|error| template_error(folder, &name, &error))?;
            }
        }
        Ok(templates)
    }

    /// Renders mail in the look of the brand.
    #[must_use]
    pub fn with_branding(mut self, settings: &Settings) -> Self {
        let branding = &settings.branding;
        let support = settings.app.support_page_url.as_ref().map(|url| url.as_str().to_owned());
        let support = support.or_else(|| Some(format!("mailto:{}", branding.support_email.as_ref()?)));
        let variables = [
            ("accent_color", Value::from(branding.accent_color.to_string())),
            ("accent_text_color", Value::from(branding.accent_color.text().to_string())),
            ("corner_radius", Value::from(branding.corner_radius.min(6))),
            ("logo_url", Value::from(settings.mail_logo_url().unwrap_or_default())),
            ("support_url", Value::from(support.unwrap_or_default())),
        ];
        for (name, value) in variables {
            self.0.add_global(name, value);
        }
        self
    }

    /// Renders a mail. `app` is the name of the service.
    ///
    /// # Errors
    /// None in practice: the samples were rendered when the templates were loaded.
    pub fn render(
        &self,
        template: &EmailTemplate<'_>,
        language: Language,
        app: &str,
    ) -> Result<RenderedEmail, minijinja::Error> {
        let app = sanitize_name(app);
        let mut variables = template.variables(language);
        variables.push(("app", Value::from(app.clone())));
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let output = self.0.get_template(&file_name(template, language))?.render(Value::from(variables))?;
        let output = output.replace("\r\n", "\n");
        let (subject, body) = output
            .strip_prefix("Subject: ")
            .and_then(|rest| rest.split_once("\n\n"))
            .ok_or_else(|| invalid("a template begins with a line `Subject: …` and an empty line"))?;
        if subject.trim().is_empty() || subject.contains(|c: char| c.is_control() || markup::is_mark(c)) {
            return Err(invalid("the subject must be one line of plain text"));
        }
        let subject: String = subject.trim().chars().take(MAX_SUBJECT_LENGTH).collect();
        let target = template.link();
        if target.is_some() && !body.contains(markup::BUTTON) {
            return Err(invalid("it has no {{ button(\"…\") }}, so the recipient could not open the link"));
        }
        Ok(RenderedEmail {
            text: markup::text(body, target, &app),
            html: markup::html(&self.0, body, target, template.picture(), (language, &app, &subject))?,
            subject,
        })
    }
}

/// Writes a value of a template. The default of the library also escapes `/`, so that some mail programs show or open
/// `https:&#x2f;&#x2f;…`.
fn format_value(output: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    if is_html && !value.is_safe() && !value.is_undefined() && !value.is_none() {
        let text = value.to_string();
        return output.write_str(&html_escape::escape(&text)).map_err(minijinja::Error::from);
    }
    minijinja::escape_formatter(output, state, value)
}

fn file_name(template: &EmailTemplate<'_>, language: Language) -> String {
    format!("{}/{}.txt", language.tag(), template.name())
}

fn invalid(reason: &'static str) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason)
}

fn template_error(folder: Option<&Path>, name: &str, error: &minijinja::Error) -> TemplateError {
    // The error names the layout if that is the cause.
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

/// A file with a misspelled name would be ignored silently.
fn reject_unknown_files(folder: &Path) -> Result<(), TemplateError> {
    let failed = |error: io::Error| TemplateError { file: folder.to_owned(), reason: error.to_string() };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let files: Vec<String> = if Language::ALL.iter().any(|language| language.tag() == name) {
            let entries = fs::read_dir(entry.path()).map_err(failed)?;
            let names = entries.map(|file| file.map(|file| format!("{name}/{}", file.file_name().to_string_lossy())));
            names.collect::<Result<_, _>>().map_err(failed)?
        } else {
            vec![name]
        };
        let is_template = |file: &String| file == LAYOUT || MAIL_TEMPLATES.iter().any(|(name, _)| name == file);
        if let Some(unknown) = files.into_iter().find(|file| !is_template(file)) {
            let reason = "no template has this name; `vestibule mail list` shows them all".to_owned();
            return Err(TemplateError { file: folder.join(unknown), reason });
        }
    }
    Ok(())
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Templates(…)")
    }
}

// The links and codes are secrets.
impl fmt::Debug for RenderedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedEmail").finish_non_exhaustive()
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod tests;
