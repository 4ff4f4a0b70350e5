//! `cutaway du`: how many bytes files take, by directory and layer, and how many are wasted.

use cutaway_files::Usage;
use cutaway_layerfs::Kind;
use cutaway_model::Image;
use cutaway_report::ImageReport;
use serde::Serialize;

use crate::args::view::Du;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::print::view::Output;
use crate::print::{self, Column, Table};
use crate::units::bytes;
use crate::{client, output};

#[derive(Debug, Serialize)]
struct Answer<'a> {
    schema: &'static str,
    image: ImageReport,
    /// Bytes of all files in all layers, of those that are visible, and the rest.
    bytes: u64,
    visible: u64,
    wasted: u64,
    layers: Vec<Layer<'a>>,
    directories: Vec<Directory>,
    hidden: Vec<Hidden>,
}

#[derive(Debug, Serialize)]
struct Layer<'a> {
    layer: usize,
    created_by: Option<&'a str>,
    size: u64,
    entries: u64,
    bytes: u64,
    visible: u64,
    wasted: u64,
}

#[derive(Debug, Serialize)]
struct Directory {
    path: String,
    bytes: u64,
    names: u64,
    by_layer: Vec<u64>,
    wasted: u64,
}

#[derive(Debug, Serialize)]
struct Hidden {
    path: String,
    bytes: u64,
    layer: usize,
    hidden_by: usize,
}

pub(crate) async fn run(args: &Du, common: &Common) -> Result<Exit, Failure> {
    let (image, view, report) = client::view(&args.image, common).await?;
    let root = cutaway::node(&view, &image, args.path.as_deref())?;
    let under = view.tree().path(root);
    if view.tree().node(root).kind() != Kind::Directory {
        return Err(Failure::new(Exit::Invalid, format!("{under} is no directory")));
    }
    let usage = view.usage(&under, args.depth);
    let stored: Vec<u64> = view.layers().iter().map(|layer| layer.measured.stored.size).collect();
    let answer = answer(&image, report, usage, &stored, args.top);
    if args.format == TextFormat::Json {
        output::write(&print::json(&answer)?, None)?;
    } else {
        let mut out = Output::new(common);
        let text = table(&answer, &out);
        out.text(&text)?;
        out.finish()?;
    }
    Ok(Exit::Done)
}

fn answer<'a>(
    image: &'a Image,
    report: ImageReport,
    usage: Usage,
    stored: &[u64],
    top: usize,
) -> Answer<'a> {
    let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.fold(0, u64::saturating_add);
    let layers = image.layers().iter().zip(&usage.layers).zip(stored);
    let layers = layers.map(|((layer, of_layer), stored)| Layer {
        layer: layer.index(),
        created_by: layer.history().map(|step| step.created_by.as_str()),
        size: *stored,
        entries: of_layer.entries,
        bytes: of_layer.bytes,
        visible: of_layer.visible,
        wasted: of_layer.wasted(),
    });
    let directories = usage.directories.iter().map(|(path, of_directory)| Directory {
        path: path.to_string_lossy().into_owned(),
        bytes: of_directory.bytes,
        names: of_directory.names,
        by_layer: of_directory.by_layer.clone(),
        wasted: of_directory.wasted,
    });
    let hidden = usage.hidden.iter().take(top).map(|copy| Hidden {
        path: copy.path.to_string_lossy().into_owned(),
        bytes: copy.bytes,
        layer: copy.layer,
        hidden_by: copy.ended_by,
    });
    Answer {
        schema: "cutaway.du/1",
        image: report,
        bytes: sum(&mut usage.layers.iter().map(|layer| layer.bytes)),
        visible: sum(&mut usage.layers.iter().map(|layer| layer.visible)),
        wasted: sum(&mut usage.layers.iter().map(|layer| layer.wasted())),
        layers: layers.collect(),
        directories: directories.collect(),
        hidden: hidden.collect(),
    }
}

fn table(answer: &Answer<'_>, out: &Output) -> String {
    let mut text = String::new();
    let mut layers = Table::new(&[
        Column::Right("LAYER"),
        Column::Right("STORED"),
        Column::Right("FILES"),
        Column::Right("VISIBLE"),
        Column::Right("WASTED"),
        Column::Flexible("CREATED BY"),
    ]);
    for layer in &answer.layers {
        layers.row([
            layer.layer.to_string(),
            bytes(layer.size),
            bytes(layer.bytes),
            bytes(layer.visible),
            bytes(layer.wasted),
            layer.created_by.unwrap_or("unknown").to_owned(),
        ]);
    }
    layers.render(out.style, &mut text);
    text.push('\n');
    let mut directories = Table::new(&[
        Column::Right("BYTES"),
        Column::Right("NAMES"),
        Column::Right("WASTED"),
        Column::Flexible("DIRECTORY"),
    ]);
    for directory in &answer.directories {
        directories.row([
            bytes(directory.bytes),
            directory.names.to_string(),
            bytes(directory.wasted),
            format!("/{}", directory.path),
        ]);
    }
    directories.render(out.style, &mut text);
    if !answer.hidden.is_empty() {
        text.push('\n');
        let mut hidden = Table::new(&[
            Column::Right("BYTES"),
            Column::Right("LAYER"),
            Column::Right("ENDED BY"),
            Column::Flexible("HIDDEN COPY"),
        ]);
        for copy in &answer.hidden {
            hidden.row([
                bytes(copy.bytes),
                copy.layer.to_string(),
                copy.hidden_by.to_string(),
                copy.path.clone(),
            ]);
        }
        hidden.render(out.style, &mut text);
    }
    text
}
