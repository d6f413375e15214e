//! `vestibule demo`: a server on a made-up company, in a folder of its own.
//!
//! The company is made with the same commands that the API runs, by people who act in the past; then the server opens its
//! database like any other.

mod company;
mod folder;
mod story;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use vestibule_core::settings::Transport;

use crate::cli::Demo;
use crate::lifecycle::Shutdown;
use crate::open::open;
use crate::settings::{self, Flags, Loaded, Surroundings};
use crate::start_error::StartError;
use crate::{say, serve, telemetry};

use company::Company;

/// Makes the company and serves it until a signal ends it.
pub(crate) async fn run(demo: &Demo) -> Result<(), StartError> {
    let mut loaded = load(demo)?;
    telemetry::start(&loaded);
    let shutdown = Shutdown::on_signals().map_err(|error| StartError::System { what: "handling signals", error })?;
    let listener = serve::listen(&mut loaded).await?;
    folder::empty(&demo.dir, &loaded)?;
    let company = company::make(&loaded).await?;
    let service = open(&loaded).await?;
    announce(&loaded, &company);
    serve::serve(listener, Arc::clone(&service), &shutdown).await
}

/// The demo's settings. The environment does not count: a demo must not come near a database it did not make.
fn load(demo: &Demo) -> Result<Loaded, StartError> {
    let database = Path::new(&demo.dir).join(folder::DATABASE).to_str().map(str::to_owned);
    let flags = Flags { listen: Some(demo.listen.clone()), database, ..Flags::default() };
    let surroundings = Surroundings { environment: BTreeMap::new(), ..Surroundings::of_this_process() };
    let mut loaded = settings::load(&flags, &surroundings).map_err(StartError::Settings)?;
    "warn".clone_into(&mut loaded.log);
    "Vestibule demo".clone_into(&mut loaded.settings.name);
    loaded.settings.mail.transport = Transport::File(loaded.mail_folder.clone());
    Ok(loaded)
}

fn announce(loaded: &Loaded, company: &Company) {
    let folder = loaded.database.file().and_then(Path::parent).unwrap_or(Path::new(""));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let base = format!("http://{}", loaded.listen);
    let list = format!("{base}/organizations/{}/invitations", company.organization);
    say::line(format_args!("Vestibule listens on {base}"));
    say::line(format_args!("Everything it stores is in {}, mails in its folder mail.\n", folder.display()));
    say::line("Who is invited to Lindgren Tea? Its owner may see it (200), a plain member may not (403), and nobody");
    say::line("else either (401):\n");
    say::line(format_args!("curl -i --cookie session_id={} {list}", company.owner_session));
    say::line(format_args!("curl -i --cookie session_id={} {list}", company.member_session));
    say::line(format_args!("curl -i {list}\n"));
    say::line(format_args!("The people. Everybody's password is {}\n", company::PASSWORD));
    for person in company::PEOPLE {
        say::line(format_args!("  {:<32} {} {}, {}", person.email, person.first_name, person.last_name, person.role));
    }
    say::line(format_args!("\nEvery call there is: {base}/docs/    To end: Ctrl-C"));
}
