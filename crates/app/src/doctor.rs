//! `vestibule doctor`: a look at everything the server needs, one line each, before anybody depends on it.

use vestibule_core::db::Db;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::mail::Message;
use vestibule_core::settings::Transport;
use vestibule_core::time::{Clock, SystemClock};

use crate::cli::Doctor;
use crate::open::{carrier, place, smtp_carrier, templates};
use crate::say;
use crate::settings::{self, Loaded, Surroundings};
use crate::start_error::StartError;

/// Looks, and says what it found. Nothing is made or changed, but for the mail that is asked for.
pub(crate) async fn run(task: &Doctor) -> Result<(), StartError> {
    let loaded = settings::load(&task.flags, &Surroundings::of_this_process()).map_err(StartError::Settings)?;
    say::line("settings: every one can be read");
    for warning in &loaded.warnings {
        say::line(format_args!("settings: warning: {warning}"));
    }
    database(&loaded).await?;
    templates(&loaded)?;
    say::line("mail: every template can be written");
    mail(&loaded).await?;
    if let Some(address) = &task.mail_to {
        send(&loaded, address).await?;
    }
    Ok(())
}

async fn database(loaded: &Loaded) -> Result<(), StartError> {
    let place = place(loaded)?;
    let failed = |error| StartError::database(&place, error);
    if place.is_new().await.map_err(failed)? {
        say::line(format_args!("database: {place} is not there yet; the server makes it"));
        return Ok(());
    }
    let pending = place.pending_migrations().await.map_err(failed)?.len();
    if pending > 0 {
        say::line(format_args!("database: {place} lacks {pending} steps of the schema; the server takes them"));
        return Ok(());
    }
    Db::open(&place, loaded.postgres, SystemClock.now()).await.map_err(failed)?;
    say::line(format_args!("database: {place} can be used, and has the newest schema"));
    Ok(())
}

async fn mail(loaded: &Loaded) -> Result<(), StartError> {
    match &loaded.settings.mail.transport {
        Transport::None => say::line("mail: none is sent (mail.transport is none), so nobody new can prove an address"),
        Transport::File(folder) => say::line(format_args!("mail: goes to files in {}", folder.display())),
        Transport::Smtp(smtp) => {
            let carrier = smtp_carrier(loaded, smtp)?;
            let failed = |error| StartError::MailServer { host: smtp.host.clone(), error };
            carrier.check().await.map_err(failed)?;
            say::line(format_args!("mail: {}:{} takes us in", smtp.host, smtp.port));
        }
    }
    Ok(())
}

async fn send(loaded: &Loaded, address: &str) -> Result<(), StartError> {
    let found = |what: String| StartError::Found(what);
    let to = EmailAddress::parse(address).map_err(|_| {
        found(format!("--mail-to is {address:?}, which is no e-mail address; write one such as you@example.com"))
    })?;
    let carrier = carrier(loaded)?;
    let carrier =
        carrier.ok_or_else(|| found("mail.transport is none, so no mail can be sent; set it to smtp".to_owned()))?;
    let now = SystemClock.now();
    let name = &loaded.settings.name;
    let words = format!("This mail was sent by `vestibule doctor`, to see whether mail of {name} arrives. It does.");
    let message = Message {
        to,
        from: loaded.settings.mail.from.clone(),
        subject: format!("A mail of {name}, to try"),
        html: format!("<p>{}</p>", words.replace('&', "&amp;").replace('<', "&lt;")),
        text: words,
        message_id: format!("doctor-{}@{}", now.as_microseconds(), loaded.settings.public_url.host_in_names()),
        date: now,
        stop: None,
    };
    match carrier.send(&message).await {
        Ok(()) => {
            say::line("mail: sent; now look whether it arrives, and where");
            Ok(())
        }
        Err(undelivered) => Err(found(format!("the mail was not taken: {undelivered}"))),
    }
}
