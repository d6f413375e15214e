//! `vestibule serve`: from settings to a server that listens, and to its orderly end.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use crate::lifecycle::Shutdown;
use crate::settings::{self, Flags, Loaded, Surroundings};
use crate::start_error::StartError;
use crate::{say, telemetry};

/// What answers requests, and what works besides.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Every route.
    pub(crate) router: Router,
}

/// Serves until a signal ends it. Must be called within a runtime.
pub(crate) async fn run(flags: &Flags) -> Result<(), StartError> {
    let mut loaded = settings::load(flags, &Surroundings::of_this_process()).map_err(StartError::Settings)?;
    telemetry::start(&loaded);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let shutdown = Shutdown::on_signals().map_err(|error| StartError::System { what: "handling signals", error })?;
    // First the port: who starts the server twice by mistake shall learn that before anything touches the database.
    let listener = listen(&mut loaded).await?;
    let opened = open(&loaded).await?;
    announce(&loaded);
    serve(listener, opened, &shutdown).await
}

/// Takes the address of the settings, and notes the port that it came to.
pub(crate) async fn listen(loaded: &mut Loaded) -> Result<TcpListener, StartError> {
    let cannot = |error| StartError::CannotListen { address: loaded.listen, error };
    let listener = TcpListener::bind(loaded.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    loaded.bound_to(address);
    Ok(listener)
}

/// Opens the database and everything that stands on it.
#[expect(clippy::unused_async, reason = "the service that is to be opened here opens asynchronously")]
pub(crate) async fn open(_loaded: &Loaded) -> Result<Opened, StartError> {
    Ok(Opened { router: Router::new() })
}

/// Answers requests until the shutdown is asked for, then finishes those under way.
pub(crate) async fn serve(listener: TcpListener, opened: Opened, shutdown: &Shutdown) -> Result<(), StartError> {
    let service = opened.router.into_make_service_with_connect_info::<SocketAddr>();
    let http = axum::serve(listener, service).with_graceful_shutdown(shutdown.asked_for());
    let served = shutdown.unless_over(async { http.await }).await;
    let crashed = |error| StartError::System { what: "serving", error };
    served.ok_or(StartError::CutShort)?.map_err(crashed)
}

fn announce(loaded: &Loaded) {
    let database = std::path::absolute(&loaded.database).unwrap_or_else(|_| loaded.database.clone());
    say::line(format_args!("Vestibule listens on http://{}", loaded.listen));
    say::line(format_args!("Its public URL is {}", loaded.settings.public_url.as_str()));
    say::line(format_args!("Its database is {}", database.display()));
}
