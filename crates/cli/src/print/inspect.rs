//! What an inspection says, for programs and for people.

use std::fmt::Write as _;

use cutaway_model::{DiffId, History, Image, MediaType, Run};
use cutaway_ref::Digest;
use cutaway_scan::{Measured, SourceKind, Subject};
use serde::Serialize;

use super::surroundings::Surroundings;
use super::table::escape;
use super::{Column, Style, Table};
use crate::units::bytes;

/// The form `cutaway.inspect/1`.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection<'a> {
    schema: &'static str,
    name: &'a str,
    source: SourceKind,
    digest: Option<&'a Digest>,
    id: &'a Digest,
    media_type: Option<&'a MediaType>,
    platform: Platform<'a>,
    created: Option<&'a str>,
    author: Option<&'a str>,
    config: &'a Run,
    layers: Vec<Layer<'a>>,
    history: &'a [History],
    #[serde(flatten)]
    surroundings: &'a Surroundings,
}

#[derive(Debug, Serialize)]
struct Platform<'a> {
    os: Option<&'a str>,
    architecture: Option<&'a str>,
    variant: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Layer<'a> {
    index: usize,
    digest: Option<&'a Digest>,
    diff_id: &'a DiffId,
    chain_id: &'a Digest,
    media_type: Option<&'a MediaType>,
    size: Option<u64>,
    uncompressed_size: Option<u64>,
    created_by: Option<&'a str>,
    /// `verified` where the bytes were read, `claimed` where only the documents were.
    status: &'static str,
}

impl<'a> Inspection<'a> {
    /// Takes what the documents claim and, where layers were read, what they were found to be.
    pub(crate) fn new(
        image: &'a Image,
        subject: &'a Subject,
        measured: &'a [Measured],
        surroundings: &'a Surroundings,
    ) -> Self {
        let config = image.config();
        let known = |word: &'a str| Some(word).filter(|word| !word.is_empty());
        let layers = image.layers().iter().map(|layer| {
            let measured = measured.get(layer.index());
            Layer {
                index: layer.index(),
                digest: measured.map(|measured| &measured.stored.digest).or(layer.digest()),
                diff_id: layer.diff_id(),
                chain_id: layer.chain_id(),
                media_type: layer.media_type(),
                size: measured.map(|measured| measured.stored.size).or(layer.size()),
                uncompressed_size: measured.map(|measured| measured.unpacked.size),
                created_by: layer.history().map(|step| step.created_by.as_str()),
                status: if measured.is_some() { "verified" } else { "claimed" },
            }
        });
        Self {
            schema: "cutaway.inspect/1",
            name: &subject.name,
            source: subject.source,
            digest: image.digest(),
            id: image.id(),
            media_type: image.media_type(),
            platform: Platform {
                os: known(&config.platform.os),
                architecture: known(&config.platform.architecture),
                variant: config.platform.variant.as_deref(),
            },
            created: config.created.as_deref(),
            author: config.author.as_deref(),
            config: &config.run,
            layers: layers.collect(),
            history: &config.history,
            surroundings,
        }
    }
}

/// Returns the inspection as text: the image, then one row a layer.
pub(crate) fn table(inspection: &Inspection<'_>, style: Style) -> String {
    let mut text = String::new();
    let platform = &inspection.platform;
    let platform: Vec<&str> =
        [platform.os, platform.architecture, platform.variant].into_iter().flatten().collect();
    let run = inspection.config;
    let command: Vec<&str> = run.entrypoint.iter().chain(&run.cmd).map(String::as_str).collect();
    for (label, value) in [
        ("image", style.bold(&escape(inspection.name))),
        (
            "digest",
            inspection.digest.map_or_else(|| "none in this archive".into(), ToString::to_string),
        ),
        ("id", inspection.id.to_string()),
        ("platform", escape(&platform.join("/"))),
        ("created", escape(inspection.created.unwrap_or_default())),
        ("runs", escape(&command.join(" "))),
        ("user", escape(&run.user)),
        ("ports", escape(&run.exposed_ports.join(" "))),
    ] {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}  {value}", style.dim(&format!("{label:<8}")));
        }
    }
    for (label, value) in inspection.surroundings.lines() {
        let _ = writeln!(text, "{}  {}", style.dim(&format!("{label:<8}")), escape(&value));
    }
    let short = |encoded: &str| encoded.chars().take(12).collect::<String>();
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
    for layer in &inspection.layers {
        table.row([
            layer.index.to_string(),
            layer.digest.map_or_else(|| "-".into(), |digest| short(digest.encoded())),
            short(layer.diff_id.0.encoded()),
            short(layer.chain_id.encoded()),
            size(layer.size),
            size(layer.uncompressed_size),
            layer.status.to_owned(),
            layer.created_by.unwrap_or("unknown").to_owned(),
        ]);
    }
    text.push('\n');
    if inspection.layers.is_empty() {
        text.push_str("no layers\n");
    } else {
        table.render(style, &mut text);
    }
    text
}
