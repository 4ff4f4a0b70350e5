//! `cutaway inspect`: an image's documents and its layers by position.

use std::sync::Arc;

use cutaway_model::Image;
use cutaway_model::source::Form;
use cutaway_scan::{Measured, Options, Silent, SourceKind, Subject, verify, verify_stream};

use crate::args::{Common, Inspect, TextFormat};
use crate::failure::{Exit, Failure};
use crate::image::{self, Opened};
use crate::print::inspect::Inspection;
use crate::{limits, log, output, print};

pub(crate) async fn run(args: &Inspect, common: &Common) -> Result<Exit, Failure> {
    let options = Options {
        analyzers: &[],
        limits: limits::limits(&common.limit)?,
        skip: Vec::new(),
        platform: image::platform(common),
        observer: Arc::new(Silent),
    };
    let (image, subject, measured) = read(args, common, &options).await?;
    let inspection = Inspection::new(&image, &subject, &measured);
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
) -> Result<(Image, Subject, Vec<Measured>), Failure> {
    Ok(match image::open(&args.image, common, &options.limits).await? {
        Opened::Image(image, subject) => {
            let measured = if args.verify { verify(&image, options).await? } else { Vec::new() };
            (*image, subject, measured)
        }
        Opened::Stream(passing) => {
            let (image, form, measured) = verify_stream(
                passing.stream,
                &passing.place,
                passing.form,
                &passing.selector,
                options,
            )
            .await?;
            let source = match form {
                Form::Oci => SourceKind::OciArchive,
                Form::Docker => SourceKind::DockerArchive,
            };
            (image, Subject { name: passing.name, source }, measured)
        }
    })
}
