//! What an inspection says, for people.

use std::fmt::Write as _;

use super::diagnostics::diagnostics;
use super::style::Style;
use super::table::{Column, Table, escape};
use crate::units::size_text as bytes;
use crate::{BuildStep, InspectedLayer, Inspection};
use cutaway_model::{DiffId, Run};
use cutaway_ref::Digest;

/// Returns the inspection as text: the image, then one row a layer, and one a step without a layer.
pub fn inspection(inspection: &Inspection, style: Style) -> String {
    let mut text = String::new();
    heading(inspection, style, &mut text);
    let short = |digest: Option<&Digest>| {
        digest.map_or_else(
            || "-".to_owned(),
            |digest| digest.encoded().chars().take(12).collect::<String>(),
        )
    };
    let size = |size: Option<u64>| size.map_or_else(|| "-".to_owned(), bytes);
    let mut table = Table::new(&[
        Column::Right("LAYER"),
        Column::Left("DIGEST"),
        Column::Left("DIFFID"),
        Column::Left("CHAINID"),
        Column::Right("STORED"),
        Column::Right("UNPACKED"),
        Column::Left("STATUS"),
        Column::Flexible("CREATED BY"),
    ]);
    let row = |layer: &InspectedLayer| {
        let kind = layer.media_type.as_ref().map(ToString::to_string);
        let made = layer.created_by.clone().or_else(|| layer.title.clone());
        [
            layer.index.to_string(),
            short(layer.digest.as_ref()),
            short(layer.diff_id.as_ref().map(|DiffId(digest)| digest)),
            short(layer.chain_id.as_ref()),
            size(layer.size),
            size(layer.uncompressed_size),
            layer.status.to_owned(),
            made.or(kind.filter(|_| layer.diff_id.is_none())).unwrap_or_else(|| "unknown".into()),
        ]
    };
    let aligned = inspection.history.iter().filter(|step| step.layer.is_some()).count()
        == inspection.layers.len();
    if aligned {
        for BuildStep { step, layer } in &inspection.history {
            match layer.and_then(|index| inspection.layers.get(index)) {
                Some(layer) => table.row(row(layer)),
                None => {
                    let cells = ["-", "-", "-", "-", "-", "-", "empty", &step.created_by];
                    table.row(cells.map(str::to_owned));
                }
            }
        }
    } else {
        inspection.layers.iter().for_each(|layer| table.row(row(layer)));
    }
    text.push('\n');
    if inspection.layers.is_empty() {
        text.push_str("no layers\n");
    } else {
        table.render(style, &mut text);
    }
    for layer in &inspection.layers {
        if let Some(pulled) = &layer.pulled_as {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "layer {} was pulled as {} ({}, {})",
                layer.index,
                pulled.digest,
                bytes(pulled.size),
                pulled.status
            );
        }
    }
    diagnostics(&inspection.diagnostics, style, &mut text);
    text
}

fn heading(inspection: &Inspection, style: Style, text: &mut String) {
    let platform = &inspection.image.platform;
    let platform: Vec<&str> = [&platform.os, &platform.architecture, &platform.variant]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let nothing = Run::default();
    let run = inspection.config.as_ref().unwrap_or(&nothing);
    let command: Vec<&str> = run.entrypoint.iter().chain(&run.cmd).map(String::as_str).collect();
    let or = |digest: Option<&Digest>, none: &str| {
        digest.map_or_else(|| none.to_owned(), ToString::to_string)
    };
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}  {value}", style.dim(&format!("{label:<8}")));
        }
    };
    line("image", &style.bold(&escape(&inspection.image.name)));
    line("digest", &or(inspection.image.digest.as_ref(), "none in this archive"));
    line(
        "id",
        &or(inspection.image.id.as_ref(), "none: this is no image, or of a form without one"),
    );
    line("artifact", &escape(inspection.artifact_type.as_deref().unwrap_or_default()));
    line("platform", &escape(&platform.join("/")));
    line("created", &escape(inspection.created.as_deref().unwrap_or_default()));
    line("author", &escape(inspection.author.as_deref().unwrap_or_default()));
    line("runs", &escape(&command.join(" ")));
    line("in", &escape(&run.working_dir));
    line("user", &escape(&run.user));
    line("ports", &escape(&run.exposed_ports.join(" ")));
    line("volumes", &escape(&run.volumes.join(" ")));
    for variable in &run.env {
        line("env", &escape(variable));
    }
    for (key, value) in &run.labels {
        line("label", &escape(&format!("{key}={value}")));
    }
    for (label, value) in inspection.surroundings.lines() {
        line(label, &escape(&value));
    }
}
