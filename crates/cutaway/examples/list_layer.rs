//! Lists what one layer of an image holds, by its diffID: `list_layer IMAGE sha256:…`.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use cutaway::model::DiffId;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (name, diff_id) =
        arguments.next().zip(arguments.next()).ok_or("list_layer IMAGE DIFFID")?;
    let image = cutaway::Client::from_env().open(&name).await?;
    let layer = image.layer_by_diff_id(&DiffId(diff_id.parse()?)).await?;
    for entry in layer.listing.iter() {
        println!("{}", entry.path());
    }
    Ok(())
}
