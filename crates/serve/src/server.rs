//! Listening: ports and sockets, connections bounded in number and time, and an end in good order.

use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use cutaway::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;
use crate::config::{Config, Listen, Plain, Tls, Unix, text_of};
use crate::doors::doors;
use crate::error::Error;
use crate::gate::Gate;
use crate::house::House;
use crate::idle::Idle;
use crate::judge::Judging;
use crate::policies::read_policies;

/// How many requests of one connection are answered at once.
const STREAMS: u32 = 250;
/// How long nothing may come on a connection: longer than any answer takes.
const SILENCE: Duration = Duration::from_secs(60);
/// The mode of a socket: its owner and its group.
const SOCKET_MODE: u32 = 0o660;

/// A gate that listens, and does not serve yet.
#[derive(Debug)]
pub struct Server {
    house: Arc<House>,
    places: Vec<Place>,
    addresses: Vec<SocketAddr>,
}

#[derive(Debug)]
struct Place {
    listener: Listener,
    doors: Router,
}

enum Listener {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
    Tls(TcpListener, Arc<Certificate>, TlsAcceptor),
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Server {
    /// Listens at every place of the settings.
    ///
    /// Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be used, or which place cannot be listened on.
    pub async fn bind(gate: Arc<Gate>, config: &Config) -> Result<Self, Error> {
        let token = config.token_file.as_deref().map(text_of).transpose()?;
        let token = token.as_deref().map(str::trim);
        if let (Some(""), Some(path)) = (token, &config.token_file) {
            return Err(Error::of_file(path, "it is empty"));
        }
        let events_of = config.events.as_ref().map(|events| events.registry.clone());
        let house = Arc::new(House::new(gate, events_of, token));
        let (mut places, mut addresses) = (Vec::new(), Vec::new());
        for listen in &config.listen {
            let (listener, is_local) = match listen {
                Listen::Unix(Unix { unix }) => (unix_listener(unix)?, true),
                Listen::Plain(Plain { address }) => (Listener::Tcp(port(*address).await?), false),
                Listen::Tls(tls) => (tls_listener(tls).await?, false),
            };
            if let Listener::Tcp(port) | Listener::Tls(port, ..) = &listener {
                addresses.extend(port.local_addr().ok());
            }
            places.push(Place { listener, doors: doors(&house, is_local) });
        }
        Ok(Self { house, places, addresses })
    }

    /// Returns the ports that it listens on, in the order of the settings.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until `end` is ready. Then it says that it is not ready any more, serves on for a while,
    /// takes no more connections, and lets those that are open come to their end.
    ///
    /// Dropping the future ends it at once. Sockets of this machine are removed at the end.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        let Self { house, places, .. } = self;
        let sockets: Vec<PathBuf> = places.iter().filter_map(Place::socket).collect();
        let (graceful, mut tasks) = (Arc::new(GracefulShutdown::new()), JoinSet::new());
        let limits = house.gate.limits.clone();
        let seats = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
        for place in places {
            if let Listener::Tls(_, certificate, _) = &place.listener {
                tasks.spawn(Arc::clone(certificate).follow(Arc::clone(&house.gate)));
            }
            let connections = Connections::new(&house, &seats, place.doors);
            tasks.spawn(accept(place.listener, connections, Arc::clone(&graceful)));
        }
        if let Some(registry) = house.events_of.clone() {
            let house = Arc::clone(&house);
            tasks.spawn(async move { house.events.work(&house.gate, &registry).await });
        }
        end.await;
        house.is_leaving.store(true, Ordering::Relaxed);
        tokio::time::sleep(limits.leaving).await;
        tasks.shutdown().await;
        // Those who took connections have gone, so nobody else holds it.
        if let Some(graceful) = Arc::into_inner(graceful)
            && tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err()
        {
            tracing::warn!("some answers took longer than drain_ms");
        }
        for socket in sockets {
            // Where it is gone, nothing is left to do.
            let _ = std::fs::remove_file(socket);
        }
    }
}

impl Place {
    fn socket(&self) -> Option<PathBuf> {
        match &self.listener {
            Listener::Unix(_, path) => Some(path.clone()),
            _ => None,
        }
    }
}

/// What every connection of a listener gets.
#[derive(Clone)]
struct Connections {
    builder: Builder<TokioExecutor>,
    doors: Router,
    seats: Arc<Semaphore>,
    /// How long a handshake may take.
    patience: Duration,
}

impl Connections {
    fn new(house: &House, seats: &Arc<Semaphore>, doors: Router) -> Self {
        let limits = &house.gate.limits;
        let head = limits.request_header_bytes.max(8 << 10);
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.request)
            .max_buf_size(usize::try_from(head).unwrap_or(usize::MAX));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(head)
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(Some(Duration::from_secs(30)))
            .keep_alive_timeout(limits.request);
        let (seats, patience) = (Arc::clone(seats), limits.request);
        Self { builder, doors, seats, patience }
    }

    async fn serve<S>(self, stream: S, is_http2: bool, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(self.doors);
        // Not told by the first bytes: who sends none would be waited for.
        let builder = match is_http2 {
            true => self.builder.http2_only(),
            false => self.builder.http1_only(),
        };
        let stream = TokioIo::new(Idle::new(stream, SILENCE));
        let connection = builder.serve_connection(stream, service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(error, "a connection broke off");
        }
    }
}

/// Takes connections for ever; who comes when all seats are taken waits in the queue of the system.
async fn accept(listener: Listener, connections: Connections, graceful: Arc<GracefulShutdown>) {
    loop {
        let Ok(seat) = Arc::clone(&connections.seats).acquire_owned().await else { return };
        let (connections, watcher) = (connections.clone(), graceful.watcher());
        match &listener {
            Listener::Unix(listener, _) => {
                let Some(stream) = took(listener.accept().await.map(|(it, _)| it)).await else {
                    continue;
                };
                tokio::spawn(async move {
                    connections.serve(stream, false, watcher).await;
                    drop(seat);
                });
            }
            Listener::Tcp(listener) => {
                let Some(stream) = took(listener.accept().await.map(|(it, _)| it)).await else {
                    continue;
                };
                tokio::spawn(async move {
                    connections.serve(stream, false, watcher).await;
                    drop(seat);
                });
            }
            Listener::Tls(listener, _, acceptor) => {
                let Some(stream) = took(listener.accept().await.map(|(it, _)| it)).await else {
                    continue;
                };
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let handshake =
                        tokio::time::timeout(connections.patience, acceptor.accept(stream));
                    if let Ok(Ok(stream)) = handshake.await {
                        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                        connections.serve(stream, is_http2, watcher).await;
                    }
                    drop(seat);
                });
            }
        }
    }
}

/// Returns a connection; waits a little where the system has no more to give.
async fn took<T>(accepted: std::io::Result<T>) -> Option<T> {
    match accepted {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::warn!(%error, "cannot take a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn port(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::Listen { place: address.to_string(), reason: error.to_string() })
}

async fn tls_listener(tls: &Tls) -> Result<Listener, Error> {
    let certificate = Certificate::read(tls)?;
    let acceptor = TlsAcceptor::from(Arc::new(certificate.settings(tls)?));
    Ok(Listener::Tls(port(tls.address).await?, certificate, acceptor))
}

/// Listens on a socket of this machine. One that nobody listens on any more is taken over; what is no
/// socket is not.
fn unix_listener(path: &Path) -> Result<Listener, Error> {
    let wrong = |reason: String| Error::Listen { place: path.display().to_string(), reason };
    if let Ok(there) = path.symlink_metadata() {
        if !there.file_type().is_socket() {
            return Err(wrong("it is there and no socket".to_owned()));
        }
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(wrong("somebody listens there".to_owned()));
        }
        std::fs::remove_file(path).map_err(|error| wrong(error.to_string()))?;
    }
    let listener = UnixListener::bind(path).map_err(|error| wrong(error.to_string()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))
        .map_err(|error| wrong(error.to_string()))?;
    Ok(Listener::Unix(listener, path.to_owned()))
}

/// Serves the gate that a file of settings describes, until the system says that the process should end:
/// `SIGTERM` or `SIGINT`.
///
/// Needs a tokio runtime with its I/O and time drivers.
///
/// # Errors
///
/// Returns which file is wrong, and how, or what cannot be listened to.
pub async fn serve(settings: &Path, client: Client) -> Result<(), Error> {
    let config = Config::read(settings)?;
    let policies = read_policies(&config.policies)?;
    let limits = client.limits().serving.clone();
    let gate = Gate::new(Judging::new(client, policies), config.platforms.clone(), &limits);
    let signals = |error: std::io::Error| Error::Listen {
        place: "signals".to_owned(),
        reason: error.to_string(),
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(signals)?;
    let server = Server::bind(gate, &config).await?;
    for address in server.addresses() {
        tracing::info!(%address, "listening");
    }
    let told = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    server.serve(told).await;
    Ok(())
}
