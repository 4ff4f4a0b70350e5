//! A way to a registry on which every answer takes its time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Result;

/// Listens on a port of loopback and passes all on; what comes back waits so long, piece by piece.
pub(super) fn slow(to: &str, wait: Duration) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (host, to) = (listener.local_addr()?.to_string(), to.to_owned());
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(&to) else { continue };
            let (Ok(near_again), Ok(far_again)) = (near.try_clone(), far.try_clone()) else {
                continue;
            };
            std::thread::spawn(move || pass(near, far, Duration::ZERO));
            std::thread::spawn(move || pass(far_again, near_again, wait));
        }
    });
    Ok(host)
}

fn pass(mut from: TcpStream, mut to: TcpStream, wait: Duration) {
    let mut piece = [0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        std::thread::sleep(wait);
        if to.write_all(piece.get(..length).unwrap_or_default()).is_err() {
            return;
        }
    }
    // Whoever waits for more hears that there is none.
    drop(to.shutdown(std::net::Shutdown::Write));
}
