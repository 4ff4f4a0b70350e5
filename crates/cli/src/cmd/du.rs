//! `cutaway du`: how many bytes files take, by directory and layer, and how many are wasted.

use cutaway::UsageReport;
use cutaway_layerfs::Kind;

use crate::args::view::{Du, bytes_of};
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::print::view::Output;
use crate::print::{self, Column, Table};
use crate::{client, output};
use cutaway_report::size_text as bytes;

pub(crate) async fn run(args: &Du, common: &Common) -> Result<Exit, Failure> {
    let (image, view, report) = client::view(&args.image, common).await?;
    let root = cutaway::node(&view, &image, bytes_of(args.path.as_deref()))?;
    let under = view.tree().path(root);
    if view.tree().node(root).kind() != Kind::Directory {
        return Err(Failure::new(Exit::Invalid, format!("{under} is no directory")));
    }
    let answer = UsageReport::new((&image, report), &view, &under, (args.depth, args.top));
    if args.format == TextFormat::Json {
        output::document(&print::json(&answer)?)?;
    } else {
        let mut out = Output::new(common);
        let text = table(&answer, &out);
        out.text(&text)?;
        out.finish()?;
    }
    Ok(Exit::Done)
}

fn table(answer: &UsageReport, out: &Output) -> String {
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
            layer.created_by.clone().unwrap_or_else(|| "unknown".to_owned()),
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
