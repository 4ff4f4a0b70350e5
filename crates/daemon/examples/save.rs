//! Saves an image of the Docker daemon to standard output: `save unix:///var/run/docker.sock alpine > alpine.tar`.

use cutaway_daemon::{Address, Config, Engine};
use tokio::io::AsyncWriteExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err("usage: save ADDRESS IMAGE".into());
    };
    let address: Address = address.parse()?;
    let engine = Engine::connect("Docker", &[address], Config::default()).await?;
    let mut archive = engine.save(&engine.find(&name).await?).await?;
    let mut stdout = tokio::io::stdout();
    tokio::io::copy(&mut archive, &mut stdout).await?;
    stdout.flush().await?;
    Ok(())
}
