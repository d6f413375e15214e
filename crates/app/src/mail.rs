//! `vestibule mail`: lists, previews and exports the mail templates.

use std::path::Path;

use vestibule_core::language::Language;
use vestibule_core::mail::{EmailTemplate, TemplateError, Templates};

use crate::cli::{MailArgs, MailCommand};
use crate::error::AppError;
use crate::output;
use crate::settings::{self, Environment, Flags};
use crate::startup::mail_templates;

pub(crate) fn run(args: &MailArgs) -> Result<(), AppError> {
    match &args.command {
        MailCommand::List => {
            Templates::files().iter().for_each(|(name, _)| output::print_line(name));
            Ok(())
        }
        MailCommand::Export { dir } => {
            for (name, text) in Templates::files() {
                output::write_file(&dir.join(name), text.as_bytes())?;
            }
            output::print_line(format_args!(
                "Templates written to {0}. Edit them, delete those you do not change, and set mail.template_dir to {0}",
                dir.display()
            ));
            Ok(())
        }
        MailCommand::Preview { dir, flags } => preview(flags, dir),
    }
}

/// Renders every mail in every language with the current settings and sample values.
fn preview(flags: &Flags, dir: &Path) -> Result<(), AppError> {
    let loaded = settings::load(flags, &Environment::from_process()).map_err(AppError::Settings)?;
    let templates = mail_templates(&loaded)?;
    for mail in EmailTemplate::samples() {
        for language in Language::ALL {
            let name = format!("{}.{}", mail.name(), language.tag());
            let failed = |error: &dyn std::error::Error| {
                AppError::MailTemplate(TemplateError { file: name.clone().into(), reason: error.to_string() })
            };
            let rendered = templates.render(&mail, language, &loaded.settings.name).map_err(|error| failed(&error))?;
            let text = format!("Subject: {}\n\n{}\n", rendered.subject, rendered.text);
            output::write_file(&dir.join(format!("{name}.txt")), text.as_bytes())?;
            output::write_file(&dir.join(format!("{name}.html")), rendered.html.as_bytes())?;
        }
    }
    output::print_line(format_args!("Previews written to {}", dir.display()));
    Ok(())
}
