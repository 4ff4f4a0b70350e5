//! Runs an analyzer of one's own over all layers of an image: `own_analyzer IMAGE`.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

mod users;

use cutaway::Analyzers;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("own_analyzer IMAGE")?;
    let image = cutaway::Client::from_env().open(&name).await?;
    let analyzers = Analyzers::builder().artifact(users::Users).build()?;
    for user in image.scan(&analyzers).await?.packages {
        println!("{} {} (layer {})", user.name, user.version, user.layer);
    }
    Ok(())
}
