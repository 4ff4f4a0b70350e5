//! Prints one file of an image, with the credentials of this machine: `read_file IMAGE PATH`.

use std::io::Write as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (name, path) = arguments.next().zip(arguments.next()).ok_or("read_file IMAGE PATH")?;
    let image = cutaway::Client::from_env().open(&name).await?;
    let file = image.read(&path).await?;
    std::io::stdout().write_all(&file.bytes)?;
    Ok(())
}
