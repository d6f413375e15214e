//! `vestibule serve`: starts the HTTP server and the background workers, and stops them gracefully.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vestibule_core::service::Service;
use vestibule_core::settings::Transport;
use vestibule_core::{audit, cleanup, mailer, node, webhook};
use vestibule_web::{ConnectionLimits, MetricsServer, Peer, PlatformServer, Server};

use crate::error::AppError;
use crate::listener::{self, BoundSocket, ListenAddress};
use crate::operator::{self, OperatorServer};
use crate::settings::{self, Environment, Flags, LoadedSettings};
use crate::shutdown::Shutdown;
use crate::startup::open_service;
use crate::{output, telemetry};

/// Connections to the metrics. Scrapers keep one open, or open one for each scrape.
const MAX_METRICS_CONNECTIONS: usize = 16;

/// Serves until a signal stops it. Must be called within a Tokio runtime.
pub(crate) async fn run(flags: &Flags) -> Result<(), AppError> {
    let mut loaded = settings::load(flags, &Environment::from_process()).map_err(AppError::Settings)?;
    telemetry::start_for_server(&loaded);
    let shutdown = Shutdown::on_signals().map_err(|error| AppError::System { action: "handle signals", error })?;
    // Binds the port first, so that a second server started by mistake fails before it touches the database.
    let socket = listener::bind(&mut loaded).await?;
    let platform = listener::bind_optional(&mut loaded.platform_listen, loaded.listen_mode).await?;
    let metrics = listener::bind_optional(&mut loaded.metrics_listen, loaded.listen_mode).await?;
    // A signal also stops a server that waits for an unresponsive database.
    let service = tokio::select! {
        opened = open_service(&loaded) => opened?,
        () = shutdown.requested() => return Ok(()),
    };
    let operator = operator::open_socket(&loaded)?;
    announce(&loaded);
    serve(Sockets { frontend: socket, platform, metrics }, operator, service, &shutdown).await
}

/// The sockets of the HTTP servers.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) frontend: BoundSocket,
    /// Of the server-to-server API, if it is on.
    pub(crate) platform: Option<BoundSocket>,
    /// Of the metrics, if they are on.
    pub(crate) metrics: Option<BoundSocket>,
}

/// Runs the HTTP servers, the operator socket, and the workers of the outbox, of webhooks and of the cleanup until shutdown
/// is requested, then waits for work in progress. If one part fails, the others are stopped and the process ends, so that a
/// supervisor restarts it.
pub(crate) async fn serve(
    sockets: Sockets,
    operator: Option<OperatorServer>,
    service: Arc<Service>,
    shutdown: &Shutdown,
) -> Result<(), AppError> {
    let [http, platform, metrics] = spawn_http(sockets, &service, shutdown);
    let (stop, outbox_service) = (shutdown.requested(), Arc::clone(&service));
    let outbox = tokio::spawn(async move { mailer::run_worker(&outbox_service, stop).await });
    let (stop, cleanup_service) = (shutdown.requested(), Arc::clone(&service));
    let cleanup = tokio::spawn(async move { cleanup::run_worker(&cleanup_service, stop).await });
    let (stop, webhook_service) = (shutdown.requested(), Arc::clone(&service));
    let webhooks = tokio::spawn(async move { webhook::run_worker(&webhook_service, stop).await });
    let operator = tokio::spawn(operator::serve(operator, Arc::clone(&service), shutdown.requested()));
    // The last entries are stored by the other parts, so the sealer ends after them.
    let (parts_finished, stop) = oneshot::channel::<()>();
    let sealer_service = Arc::clone(&service);
    let sealer = tokio::spawn(async move {
        let stop = async { drop(stop.await) };
        audit::run_worker(&sealer_service, stop).await;
    });
    // The lease on the node number must be held until the last ID is generated, so it ends after the other parts.
    let (workers_finished, stop) = oneshot::channel::<()>();
    let lease = tokio::spawn(async move {
        let stop = async { drop(stop.await) };
        node::renew_lease_loop(&service, stop).await;
    });
    let served = shutdown.run_until_aborted(async {
        let http = async { http.await.map_err(|_| AppError::Crashed { part: "HTTP server" }) };
        let platform = async { platform.await.map_err(|_| AppError::Crashed { part: "API for backends" }) };
        let metrics = async { metrics.await.map_err(|_| AppError::Crashed { part: "metrics" }) };
        let outbox = async { outbox.await.map_err(|_| AppError::Crashed { part: "outbox worker" }) };
        let cleanup = async { cleanup.await.map_err(|_| AppError::Crashed { part: "cleanup worker" }) };
        let webhooks = async { webhooks.await.map_err(|_| AppError::Crashed { part: "webhook worker" }) };
        let operator = async { operator.await.map_err(|_| AppError::Crashed { part: "operator socket" }) };
        let workers = async {
            let result = tokio::try_join!(http, platform, metrics, operator, outbox, cleanup, webhooks)
                .map(|((), (), (), (), (), (), ())| ());
            drop(parts_finished);
            result
        };
        let sealer = async {
            let result = sealer.await.map_err(|_| AppError::Crashed { part: "sealer of the audit log" });
            drop(workers_finished);
            result
        };
        let lease = async { lease.await.map_err(|_| AppError::Crashed { part: "node lease" }) };
        tokio::try_join!(workers, sealer, lease).map(|((), (), ())| ())
    });
    served.await.ok_or(AppError::ShutdownAborted)?
}

/// Starts the public server, the API for backends and the metrics. What has no socket ends at once.
fn spawn_http(sockets: Sockets, service: &Arc<Service>, shutdown: &Shutdown) -> [JoinHandle<()>; 3] {
    let limits = ConnectionLimits {
        strict_transport_security: service.settings.strict_transport_security(),
        ..ConnectionLimits::new(service.settings.max_connections)
    };
    let frontend = Server::new(Arc::clone(service));
    let platform = sockets.platform.map(|socket| (socket, PlatformServer::new(&frontend)));
    let metrics = sockets.metrics.map(|socket| {
        let server = MetricsServer::new(&frontend, platform.as_ref().map(|(_, server)| server));
        (socket, server)
    });
    let handler = move |request, peer| frontend.clone().handle(request, peer);
    let frontend = tokio::spawn(serve_at(sockets.frontend, handler, limits, shutdown.requested()));
    let stop = shutdown.requested();
    let platform = tokio::spawn(async move {
        if let Some((socket, server)) = platform {
            serve_at(socket, move |request, peer| server.clone().handle(request, peer), limits, stop).await;
        }
    });
    let stop = shutdown.requested();
    let metrics = tokio::spawn(async move {
        if let Some((socket, server)) = metrics {
            let limits = ConnectionLimits { max_connections: MAX_METRICS_CONNECTIONS, ..limits };
            serve_at(socket, move |request, peer| server.clone().handle(request, peer), limits, stop).await;
        }
    });
    [frontend, platform, metrics]
}

/// Serves at a socket until shutdown is requested.
async fn serve_at<F: Future<Output = Response> + Send + 'static>(
    BoundSocket { listener, file }: BoundSocket,
    handler: impl Fn(Request, Peer) -> F + Clone + Send + 'static,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    vestibule_web::serve(listener, handler, limits, stop).await;
    // The file of a Unix socket is removed last.
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
    match &loaded.metrics_listen {
        None => {}
        Some(ListenAddress::Tcp(address)) => output::print_line(format_args!("Metrics: http://{address}/metrics")),
        Some(socket) => output::print_line(format_args!("Metrics: {socket}")),
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
