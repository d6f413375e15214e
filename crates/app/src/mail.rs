//! `vestibule mail`: the words of our mails, to look at and to change.

use std::fs;
use std::io;
use std::path::Path;

use vestibule_core::language::Language;
use vestibule_core::mail::{Letter, TemplateError, Templates};

use crate::cli::{Mail, MailTask};
use crate::open::templates;
use crate::say;
use crate::settings::{self, Flags, Surroundings};
use crate::start_error::StartError;

/// Shows the templates, or writes them out.
pub(crate) fn run(mail: &Mail) -> Result<(), StartError> {
    match &mail.task {
        MailTask::List => {
            Templates::files().iter().for_each(|(name, _)| say::line(name));
            Ok(())
        }
        MailTask::Export { folder } => {
            for (name, text) in Templates::files() {
                write(&folder.join(name), text.as_bytes())?;
            }
            say::line(format_args!(
                "Written to {}. Keep the files you change, and set mail.templates to it",
                folder.display()
            ));
            Ok(())
        }
        MailTask::Preview { folder, flags } => preview(flags, folder),
    }
}

/// Every mail as it would come out with these settings.
fn preview(flags: &Flags, folder: &Path) -> Result<(), StartError> {
    let loaded = settings::load(flags, &Surroundings::of_this_process()).map_err(StartError::Settings)?;
    let templates = templates(&loaded)?;
    for letter in Letter::samples() {
        for language in Language::ALL {
            let name = format!("{}.{}", letter.template(), language.tag());
            let wrong = |error: &dyn std::error::Error| {
                StartError::MailTemplate(TemplateError { file: name.clone().into(), reason: error.to_string() })
            };
            let written = templates.render(&letter, language, &loaded.settings.name).map_err(|error| wrong(&error))?;
            let text = format!("Subject: {}\n\n{}\n", written.subject, written.text);
            write(&folder.join(format!("{name}.txt")), text.as_bytes())?;
            write(&folder.join(format!("{name}.html")), written.html.as_bytes())?;
        }
    }
    say::line(format_args!("Written to {}", folder.display()));
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), StartError> {
    let made = || -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, bytes)
    };
    made().map_err(|error| StartError::Found(format!("{} can't be written: {error}", file.display())))
}
