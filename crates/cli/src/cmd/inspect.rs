//! `cutaway inspect`: an image's documents and its layers by position.

use cutaway_model::Image;
use cutaway_scan::{Measured, Options, SourceKind, Subject, verify, verify_stream};

use crate::args::{Common, Inspect, TextFormat};
use crate::cmd::referrers::entries;
use crate::failure::{Exit, Failure};
use crate::image::Passing;
use crate::print::inspect::Inspection;
use crate::print::surroundings::Surroundings;
use crate::root::{self, Root, Start};
use crate::{limits, log, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let limits = limits::limits(&common.limit)?;
    let options = root::options(common, &limits);
    let (image, subject, measured, surroundings) = read(args, common, &options).await?;
    let inspection = Inspection::new(&image, &subject, &measured, &surroundings);
    let bytes = match args.format {
        TextFormat::Json => print::json(&inspection)?,
        TextFormat::Table => {
            let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
            let style = print::Style::new(log::colors(common, terminal), terminal);
            print::inspect::table(&inspection, style).into_bytes()
        }
    };
    output::write(&bytes, None)?;
    Ok(Exit::Done)
}

/// Opens the image; its layers are read where that was asked for, or where they pass anyway.
async fn read(
    args: &Inspect,
    common: &Common,
    options: &Options,
) -> Result<(Image, Subject, Vec<Measured>, Surroundings), Failure> {
    let (image, subject, surroundings) =
        match root::open(&args.image, common, &options.limits).await? {
            Start::Root(root) => {
                let image = root.image(common, &options.limits).await?;
                let surroundings = around(&root, &image, args, options).await?;
                (image, root.subject, surroundings)
            }
            Start::Image(image, subject) => {
                let surroundings = Surroundings::of_image(&image);
                (*image, subject, surroundings)
            }
            Start::Stream(passing) => return passed(passing, options).await,
        };
    let measured = if args.verify { verify(&image, options).await? } else { Vec::new() };
    Ok((image, subject, measured, surroundings))
}

/// Takes what the index around the image says, and what its registry knows to refer to it.
async fn around(
    root: &Root,
    image: &Image,
    args: &Inspect,
    options: &Options,
) -> Result<Surroundings, Failure> {
    let mut surroundings = Surroundings::new(&root.descriptor, &root.raw, image, &options.limits)?;
    if let (true, Some((repository, _)), Some(digest)) =
        (args.referrers, &root.remote, image.digest())
    {
        let mut pages = repository.referrers(digest).await?;
        if *digest != root.descriptor.digest {
            pages.extend(repository.referrers(&root.descriptor.digest).await?);
        }
        surroundings.referred_by(entries(&pages)?);
    }
    Ok(surroundings)
}

async fn passed(
    passing: Passing,
    options: &Options,
) -> Result<(Image, Subject, Vec<Measured>, Surroundings), Failure> {
    let Passing { stream, place, form, selector, name, source } = passing;
    let (image, form, measured) = verify_stream(stream, &place, form, &selector, options).await?;
    let source = source.unwrap_or(SourceKind::of_archive(form));
    let surroundings = Surroundings::of_image(&image);
    Ok((image, Subject { name, source }, measured, surroundings))
}
