//! The admission plugins of the API server: allowed, denied, pinned, out of time, and with the gate gone.

use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Scene, ask, relay};
use crate::process::{self, root};

pub(super) fn run(scene: &Scene, caller: &Path) -> Result<()> {
    let keys = root().join("crates/fetch/tests/it/keys");
    let key = |name: &str| keys.join(name).display().to_string();
    let address = process::free_address()?;
    let (certificate, private) = (key("server.pem"), key("server.key"));
    let listen = format!("{{address: \"{address}\", certificate: {certificate}, key: {private}}}");
    let gate = scene.gate(&listen, || TcpStream::connect(&address).is_ok())?;
    let (url, authority) = (format!("https://{address}"), key("ca.pem"));
    let admit = |seconds: &str, door: &str, images: &[&str]| {
        ask(caller, &[&[&url, authority.as_str(), seconds, door], images].concat())
    };
    let expect = |(status, said): (i32, String), wanted: i32, words: &[&str]| {
        let has = words.iter().all(|word| said.contains(word));
        ensure!(status == wanted && has, "expected {wanted} and {words:?}, not {status}: {said}");
        Ok(())
    };
    let name = |tag: &str| format!("{}/team/app:{tag}", scene.registry.host());
    let (good, bad) = (scene.digest("1")?, scene.digest("old")?);

    expect(admit("10", "validate", &[&name("1")])?, 0, &["allowed"])?;
    let denied = admit("10", "validate", &[&name("1"), &name("old")])?;
    expect(denied, 1, &["denied 403", "block", "p/old", &bad])?;
    let pinned = format!("{}@{good}", name("1"));
    expect(admit("10", "mutate", &[&name("1")])?, 0, &[&format!("allowed {pinned}")])?;
    expect(admit("10", "mutate", &[&pinned])?, 0, &[&format!("allowed {pinned}")])?;
    expect(admit("10", "validate", &[&pinned])?, 0, &["allowed"])?;

    let slow = relay::slow(scene.registry.host(), Duration::from_millis(900))?;
    let slow = format!("{slow}/team/app@{good}");
    expect(admit("2", "validate", &[&slow])?, 1, &["denied 429", "analysis in progress, retry"])?;
    std::thread::sleep(Duration::from_secs(6));
    expect(admit("2", "validate", &[&slow])?, 0, &["allowed"])?;

    let other = key("own.pem");
    let stranger = ask(caller, &[&url, &other, "2", "validate", &name("1")])?;
    expect(stranger, 1, &["denied 500", "certificate"])?;
    drop(gate);
    expect(admit("2", "validate", &[&name("1")])?, 1, &["denied 500", "failed calling webhook"])
}
