//! Connections that are made, and those that are not.

use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;
use crate::clock::Clock;

/// A name that leads to these addresses.
struct Names(Vec<IpAddr>);

impl Resolve for Names {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses: Vec<_> = self.0.iter().map(|address| SocketAddr::new(*address, 0)).collect();
        let addresses: reqwest::dns::Addrs = Box::new(addresses.into_iter());
        Box::pin(async { Ok(addresses) })
    }
}

/// Listens on `address` with a full queue, so that nobody is connected; what is returned holds it full.
async fn black_hole(address: SocketAddr) -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut held = Vec::new();
    let wait = Duration::from_millis(200);
    while let Ok(Ok(stream)) = tokio::time::timeout(wait, TcpStream::connect(address)).await {
        held.push(stream);
        assert!(held.len() < 100, "the queue is never full");
    }
    (listener, held)
}

/// Of several addresses the next one is tried where one is dead, within the time for connecting.
#[tokio::test]
async fn dead_addresses_are_passed_over() {
    let registry = cutaway_fixtures::registry::FakeRegistry::start().await;
    let manifest = cutaway_model::MediaType::OCI_MANIFEST;
    registry.manifest("1", manifest, b"{}".to_vec());
    let dead: SocketAddr = format!("127.0.0.2:{}", registry.port()).parse().unwrap();
    let _held = black_hole(dead).await;
    let (alive, refused): (IpAddr, IpAddr) =
        ("127.0.0.1".parse().unwrap(), "127.0.0.3".parse().unwrap());
    let v6 = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
    for (addresses, answers) in [
        (vec![alive], true),
        (vec![refused, alive], true),
        (vec![dead.ip(), alive], true),
        (vec![v6, dead.ip(), alive], true),
        (vec![refused, v6], false),
        (vec![dead.ip()], false),
    ] {
        let name = format!("{addresses:?}");
        let mut config = Config { plain_http: true, ..Config::default() };
        config.times.connect = Duration::from_secs(1);
        let host = format!("registry.example:{}", registry.port());
        let names = Arc::new(Names(addresses));
        let transport = Transport::with_names(&host, config, Some(names)).unwrap();
        let clock = Clock::new(Duration::from_secs(10));
        let path = "a/manifests/1";
        let ask = Ask::new(path, "*/*", &clock);
        let started = Instant::now();
        let answer = transport.ask(ask, None, &mut Slot::default()).await;
        assert_eq!(answer.is_ok(), answers, "{name}: {answer:?}");
        assert!(started.elapsed() < Duration::from_millis(1500), "{name}");
        if let Err(failure) = answer {
            let text = failure.kind.to_string();
            let late = text == "cannot connect: it took too long (connect_ms)";
            assert!(late || text.contains("refused"), "{name}: {text}");
        }
    }
}
