//! `vestibule demo`: a server with sample data in its own directory.
//!
//! The sample data is created by the commands that the API runs, with a clock in the past. Then the server opens the
//! database like any other.

mod directory;
pub(crate) mod seed;
mod seeder;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use vestibule_core::settings::Transport;

use crate::cli::DemoArgs;
use crate::error::AppError;
use crate::listener::ListenAddress;
use crate::serve::Sockets;
use crate::settings::{self, Environment, Flags, LoadedSettings};
use crate::shutdown::Shutdown;
use crate::startup::open_service;
use crate::{listener, operator, output, serve, telemetry};

use seed::SeededData;

/// Creates the sample data and serves it until a signal stops the server.
pub(crate) async fn run(args: &DemoArgs) -> Result<(), AppError> {
    let mut loaded = load_settings(args)?;
    telemetry::start_for_server(&loaded);
    let shutdown = Shutdown::on_signals().map_err(|error| AppError::System { action: "handle signals", error })?;
    let listener = listener::bind(&mut loaded).await?;
    directory::reset(&args.dir, &loaded)?;
    let data = seed::create(&loaded).await?;
    let service = open_service(&loaded).await?;
    let operator = operator::open_socket(&loaded)?;
    announce(&loaded, &data);
    let sockets = Sockets { frontend: listener, platform: None, metrics: None };
    serve::serve(sockets, operator, Arc::clone(&service), &shutdown).await
}

/// Returns the demo's settings. Ignores environment variables, so that a demo never opens a database it did not create.
fn load_settings(args: &DemoArgs) -> Result<LoadedSettings, AppError> {
    let database = Path::new(&args.dir).join(directory::DATABASE).to_str().map(str::to_owned);
    let (listen, app_url) = (Some(args.listen.clone()), args.app_url.clone());
    let flags = Flags { database, listen, app_url, ..Flags::default() };
    let environment = Environment { variables: BTreeMap::new(), ..Environment::from_process() };
    let mut loaded = settings::load(&flags, &environment).map_err(AppError::Settings)?;
    if let ListenAddress::Unix(path) = loaded.listen {
        return Err(AppError::DemoAtUnixSocket { path });
    }
    "warn".clone_into(&mut loaded.log);
    "Vestibule demo".clone_into(&mut loaded.settings.name);
    loaded.settings.mail.transport = Transport::File(loaded.mail_file_dir.clone());
    Ok(loaded)
}

fn announce(loaded: &LoadedSettings, data: &SeededData) {
    let dir = loaded.database.file().and_then(Path::parent).unwrap_or(Path::new(""));
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let base = format!("http://{}", loaded.listen);
    let list = format!("{base}/organizations/{}/invitations", data.organization);
    output::print_line(format_args!("Listening on {base}"));
    output::print_line(format_args!("Database and mail are in {}\n", dir.display()));
    output::print_line(
        "List the invitations of Lindgren Tea as its owner (200), as a member without the permission (403),",
    );
    output::print_line("and without a session (401):\n");
    output::print_line(format_args!("curl -i --cookie session_id={} {list}", data.owner_session));
    output::print_line(format_args!("curl -i --cookie session_id={} {list}", data.member_session));
    output::print_line(format_args!("curl -i {list}\n"));
    output::print_line(format_args!("Sample users; the password of each is {}\n", seed::PASSWORD));
    for user in seed::USERS {
        output::print_line(format_args!("  {:<32} {} {}, {}", user.email, user.first_name, user.last_name, user.role));
    }
    if let Some(url) = &loaded.settings.app.url {
        output::print_line(format_args!("\nYour application: {}", url.as_str()));
    }
    output::print_line(format_args!("\nAPI reference: {base}/docs/    Stop the server with Ctrl-C"));
}
