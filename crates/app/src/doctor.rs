//! `vestibule doctor`: checks settings, database and mail before a server is started, one line for each check.

use vestibule_core::email_address::EmailAddress;
use vestibule_core::mail::Message;
use vestibule_core::settings::Transport;
use vestibule_core::time::{Clock, SystemClock};
use vestibule_db::{Db, OpenError};

use crate::cli::DoctorArgs;
use crate::error::AppError;
use crate::master_key;
use crate::operator::{self, PingAnswer};
use crate::output;
use crate::settings::{self, Environment, LoadedSettings};
use crate::startup::{
    check_breached_passwords, check_secret_files, database_location, mail_templates, mail_transport, smtp_transport,
};

/// Runs the checks. Creates and changes nothing, except that it sends the test message if one is requested.
pub(crate) async fn run(args: &DoctorArgs) -> Result<(), AppError> {
    let loaded = settings::load(&args.flags, &Environment::from_process()).map_err(AppError::Settings)?;
    output::print_line("settings: valid");
    for warning in &loaded.warnings {
        output::print_line(format_args!("settings: warning: {warning}"));
    }
    check_secret_files(&loaded)?;
    if master_key::check(&loaded.key_file)? {
        output::print_line(format_args!("key: {} contains a master key", loaded.key_file.display()));
    }
    check_database(&loaded).await?;
    check_breached_passwords(&loaded)?;
    if let Some(file) = &loaded.settings.breached_passwords_file {
        output::print_line(format_args!("passwords: {} can be searched", file.display()));
    }
    mail_templates(&loaded)?;
    output::print_line("mail: all templates are valid");
    check_mail(&loaded).await?;
    if let Some(address) = &args.mail_to {
        send_test_message(&loaded, address).await?;
    }
    Ok(())
}

async fn check_database(loaded: &LoadedSettings) -> Result<(), AppError> {
    let location = database_location(loaded)?;
    let failed = |error| AppError::database(&location, error);
    if location.is_new().await.map_err(failed)? {
        output::print_line(format_args!(
            "database: {location} does not exist yet; the server creates it when it starts"
        ));
        return Ok(());
    }
    let pending = location.pending_migrations().await.map_err(failed)?.len();
    if pending > 0 {
        output::print_line(format_args!(
            "database: {location} is usable; pending migrations, which the server applies when it starts: {pending}"
        ));
        return Ok(());
    }
    let note = match Db::open(&location, loaded.postgres, SystemClock.now()).await {
        Ok(_) => "",
        // The server that has locked the file can write to it.
        Err(OpenError::InUse) => {
            Db::open_read_only(&location, loaded.postgres, SystemClock.now()).await.map_err(failed)?;
            " by the running server"
        }
        Err(error) => return Err(failed(error)),
    };
    output::print_line(format_args!("database: {location} is usable{note}, and its schema is up to date"));
    if !note.is_empty() {
        check_server(loaded).await?;
    }
    Ok(())
}

/// Checks that operator commands reach the server that has locked the database.
async fn check_server(loaded: &LoadedSettings) -> Result<(), AppError> {
    match operator::ping(loaded).await? {
        Some(PingAnswer { version, process }) => output::print_line(format_args!(
            "server: process {process} runs version {version} and accepts operator commands"
        )),
        None => output::print_line(
            "server: warning: the running server accepts no operator commands, because it does not listen at \
             operator_socket; see its log",
        ),
    }
    Ok(())
}

async fn check_mail(loaded: &LoadedSettings) -> Result<(), AppError> {
    match &loaded.settings.mail.transport {
        Transport::None => {
            output::print_line("mail: disabled (mail.transport is none); new users cannot verify their address");
        }
        Transport::File(dir) => output::print_line(format_args!("mail: written to files in {}", dir.display())),
        Transport::Smtp(smtp) => {
            let transport = smtp_transport(loaded, smtp)?;
            let failed = |error| AppError::MailServer { host: smtp.host.clone(), error };
            transport.check().await.map_err(failed)?;
            output::print_line(format_args!("mail: connected to {}:{}", smtp.host, smtp.port));
        }
    }
    Ok(())
}

async fn send_test_message(loaded: &LoadedSettings, address: &str) -> Result<(), AppError> {
    let failed = |message: String| AppError::CommandFailed(message);
    let to = EmailAddress::parse(address).map_err(|_| {
        failed(format!(
            "--mail-to is {address:?}, but must be an email address; for example: --mail-to you@example.com"
        ))
    })?;
    let transport = mail_transport(loaded)?.ok_or_else(|| {
        failed("--mail-to needs a mail transport, but mail.transport is none; set it to smtp or file".to_owned())
    })?;
    let now = SystemClock.now();
    let name = &loaded.settings.name;
    let text = format!("`vestibule doctor` sent this message to check that mail from {name} is delivered.");
    let message = Message {
        to,
        from: loaded.settings.mail.from.clone(),
        reply_to: None,
        subject: format!("Test message from {name}"),
        html: format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;")),
        text,
        message_id: format!("doctor-{}@{}", now.as_microseconds(), loaded.settings.public_url.mail_domain()),
        date: now,
        unsubscribe_url: None,
    };
    match transport.send(&message).await {
        Ok(()) => {
            output::print_line("mail: test message sent; check that it arrives, and not in the spam folder");
            Ok(())
        }
        Err(error) => Err(failed(format!("the test message was not accepted: {error}"))),
    }
}
