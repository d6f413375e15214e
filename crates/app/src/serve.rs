//! `vestibule serve`: starts the HTTP server and the background workers, and stops them gracefully.

use std::sync::Arc;

use tokio::sync::oneshot;
use vestibule_core::service::Service;
use vestibule_core::settings::Transport;
use vestibule_core::{cleanup, mailer, node};

use crate::error::AppError;
use crate::listener::{self, BoundSocket, ListenAddress};
use crate::operator::{self, OperatorServer};
use crate::settings::{self, Environment, Flags, LoadedSettings};
use crate::shutdown::Shutdown;
use crate::startup::open_service;
use crate::{output, telemetry};

/// Serves until a signal stops it. Must be called within a Tokio runtime.
pub(crate) async fn run(flags: &Flags) -> Result<(), AppError> {
    let mut loaded = settings::load(flags, &Environment::from_process()).map_err(AppError::Settings)?;
    telemetry::start_for_server(&loaded);
    let shutdown = Shutdown::on_signals().map_err(|error| AppError::System { action: "handle signals", error })?;
    // Binds the port first, so that a second server started by mistake fails before it touches the database.
    let socket = listener::bind(&mut loaded).await?;
    let platform = listener::bind_platform(&mut loaded).await?;
    // A signal also stops a server that waits for an unresponsive database.
    let service = tokio::select! {
        opened = open_service(&loaded) => opened?,
        () = shutdown.requested() => return Ok(()),
    };
    let operator = operator::open_socket(&loaded)?;
    announce(&loaded);
    serve(socket, platform, operator, service, &shutdown).await
}

/// Runs the HTTP server, the operator socket, the outbox worker and the cleanup worker until shutdown is requested,
/// then waits for work in progress. If one part fails, the others are stopped and the process ends, so that a
/// supervisor restarts it.
pub(crate) async fn serve(
    BoundSocket { listener, file }: BoundSocket,
    platform: Option<BoundSocket>,
    operator: Option<OperatorServer>,
    service: Arc<Service>,
    shutdown: &Shutdown,
) -> Result<(), AppError> {
    let server = vestibule_web::Server::new(Arc::clone(&service));
    let platform = platform.map(|socket| (socket, vestibule_web::PlatformServer::new(&server)));
    let handler = move |request, peer| server.clone().handle(request, peer);
    let limits = vestibule_web::ConnectionLimits {
        strict_transport_security: service.settings.strict_transport_security(),
        ..vestibule_web::ConnectionLimits::new(service.settings.max_connections)
    };
    let requested = shutdown.requested();
    let http = tokio::spawn(async move {
        vestibule_web::serve(listener, handler, limits, requested).await;
        drop(file);
    });
    let platform = tokio::spawn(serve_platform(platform, limits, shutdown.requested()));
    let (stop, outbox_service) = (shutdown.requested(), Arc::clone(&service));
    let outbox = tokio::spawn(async move { mailer::run_worker(&outbox_service, stop).await });
    let (stop, cleanup_service) = (shutdown.requested(), Arc::clone(&service));
    let cleanup = tokio::spawn(async move { cleanup::run_worker(&cleanup_service, stop).await });
    let operator = tokio::spawn(operator::serve(operator, Arc::clone(&service), shutdown.requested()));
    // The lease on the node number must be held until the last ID is generated, so it ends after the other parts.
    let (workers_finished, stop) = oneshot::channel::<()>();
    let lease = tokio::spawn(async move {
        let stop = async { drop(stop.await) };
        node::renew_lease_loop(&service, stop).await;
    });
    let served = shutdown.run_until_aborted(async {
        let http = async { http.await.map_err(|_| AppError::Crashed { part: "HTTP server" }) };
        let platform = async { platform.await.map_err(|_| AppError::Crashed { part: "API for backends" }) };
        let outbox = async { outbox.await.map_err(|_| AppError::Crashed { part: "outbox worker" }) };
        let cleanup = async { cleanup.await.map_err(|_| AppError::Crashed { part: "cleanup worker" }) };
        let operator = async { operator.await.map_err(|_| AppError::Crashed { part: "operator socket" }) };
        let workers = async {
            let result = tokio::try_join!(http, platform, operator, outbox, cleanup).map(|((), (), (), (), ())| ());
            drop(workers_finished);
            result
        };
        let lease = async { lease.await.map_err(|_| AppError::Crashed { part: "node lease" }) };
        tokio::try_join!(workers, lease).map(|((), ())| ())
    });
    served.await.ok_or(AppError::ShutdownAborted)?
}

/// Runs the API for backends, if it has a listener.
async fn serve_platform(
    platform: Option<(BoundSocket, vestibule_web::PlatformServer)>,
    limits: vestibule_web::ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let Some((BoundSocket { listener, file }, server)) = platform else { return };
    let handler = move |request, peer| server.clone().handle(request, peer);
    vestibule_web::serve(listener, handler, limits, stop).await;
    drop(file);
}

fn announce(loaded: &LoadedSettings) {
    let database = match loaded.database.file() {
        Some(file) => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string(),
        None => loaded.database.to_string(),
    };
    match &loaded.listen {
        ListenAddress::Tcp(address) => output::print_line(format_args!("Listening on http://{address}")),
        socket @ ListenAddress::Unix(_) => output::print_line(format_args!("Listening on {socket}")),
    }
    match &loaded.platform_listen {
        None => {}
        Some(ListenAddress::Tcp(address)) => {
            output::print_line(format_args!("API for backends: http://{address}"));
        }
        Some(socket) => output::print_line(format_args!("API for backends: {socket}")),
    }
    output::print_line(format_args!("Public URL: {}", loaded.settings.public_url.as_str()));
    output::print_line(format_args!("Database: {database}"));
    match &loaded.settings.mail.transport {
        Transport::File(dir) => {
            let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
            output::print_line(format_args!("Mail: written to files in {}", dir.display()));
        }
        Transport::Smtp(smtp) => output::print_line(format_args!("Mail: sent through {}:{}", smtp.host, smtp.port)),
        Transport::None => output::print_line(
            "Mail: disabled; only users with a verified address can accept an invitation, and new users cannot verify one",
        ),
    }
}
