//! `vestibule serve`: from settings to a server that listens, and to its orderly end.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vestibule_core::service::Service;
use vestibule_core::settings::Transport;
use vestibule_core::{housekeeping, node, outbox};

use crate::lifecycle::Shutdown;
use crate::open::open;
use crate::settings::{self, Flags, Loaded, Surroundings};
use crate::start_error::StartError;
use crate::{say, telemetry};

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
    // A database that does not answer keeps nobody from ending the server.
    let service = tokio::select! {
        opened = open(&loaded) => opened?,
        () = shutdown.asked_for() => return Ok(()),
    };
    announce(&loaded);
    serve(listener, service, &shutdown).await
}

/// Takes the address of the settings, and notes the port that it came to.
pub(crate) async fn listen(loaded: &mut Loaded) -> Result<TcpListener, StartError> {
    let cannot = |error| StartError::CannotListen { address: loaded.listen, error };
    let listener = TcpListener::bind(loaded.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    loaded.bound_to(address);
    Ok(listener)
}

/// Answers requests and works on the outbox until the shutdown is asked for, then finishes what is under way.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>, shutdown: &Shutdown) -> Result<(), StartError> {
    let server = vestibule_web::Server::new(Arc::clone(&service));
    let answer = move |request, peer| server.clone().handle(request, peer);
    let room = vestibule_web::ConnectionLimits::new(service.settings.connections);
    let http = tokio::spawn(vestibule_web::serve(listener, answer, room, shutdown.asked_for()));
    let (stop, worked) = (shutdown.asked_for(), Arc::clone(&service));
    let worker = tokio::spawn(async move { outbox::work(&worked, stop).await });
    let (stop, kept) = (shutdown.asked_for(), Arc::clone(&service));
    let housekeeping = tokio::spawn(async move { housekeeping::work(&kept, stop).await });
    // Until the last id is made, the number they are made under is held.
    let (finished, stop) = oneshot::channel::<()>();
    let number = tokio::spawn(async move {
        let stop = async { drop(stop.await) };
        node::hold(&service, stop).await;
    });
    let served = shutdown.unless_over(async {
        let http = async { http.await.map_err(|_| StartError::Crashed { part: "the HTTP server" }) };
        let worker = async { worker.await.map_err(|_| StartError::Crashed { part: "the outbox's worker" }) };
        let housekeeping = async { housekeeping.await.map_err(|_| StartError::Crashed { part: "the housekeeping" }) };
        let work = async {
            let done = tokio::try_join!(http, worker, housekeeping).map(|((), (), ())| ());
            drop(finished);
            done
        };
        // Whichever fails first ends the others: a server whose mails stay behind is worse than one that is restarted.
        let number =
            async { number.await.map_err(|_| StartError::Crashed { part: "the keeper of this process's number" }) };
        tokio::try_join!(work, number).map(|((), ())| ())
    });
    served.await.ok_or(StartError::CutShort)?
}

fn announce(loaded: &Loaded) {
    let database = match loaded.database.file() {
        Some(file) => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string(),
        None => loaded.database.to_string(),
    };
    say::line(format_args!("Vestibule listens on http://{}", loaded.listen));
    say::line(format_args!("Its public URL is {}", loaded.settings.public_url.as_str()));
    say::line(format_args!("Its database is {database}"));
    match &loaded.settings.mail.transport {
        Transport::File(folder) => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            say::line(format_args!("Mails go to files in {}", folder.display()));
        }
        Transport::Smtp(smtp) => say::line(format_args!("Mails go to {}:{}", smtp.host, smtp.port)),
        Transport::None => say::line("No mail is sent: only who has proved an address before can accept an invitation"),
    }
}
