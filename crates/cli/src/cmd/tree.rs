//! `cutaway tree`: the files of an image as a drawing, merged or layer by layer.

use std::collections::BTreeMap;

use cutaway::LayerTree;
use cutaway_files::{Deed, View};
use cutaway_layerfs::EntryPath;
use cutaway_model::Image;
use cutaway_report::{FileEntry, ImageReport};

use crate::args::view::{Tree, bytes_of};
use crate::args::{Common, TextFormat};
use crate::client;
use crate::failure::{Exit, Failure};
use crate::print::view::{List, Output};
use crate::print::{escape, view_tree};

pub(crate) async fn run(args: &Tree, common: &Common) -> Result<Exit, Failure> {
    let (image, view, report) = client::view(&args.image, common).await?;
    if args.by_layer || args.layer.is_some() {
        return by_layer(args, (&image, &view, report), common);
    }
    let root = cutaway::node(&view, &image, bytes_of(args.path.as_deref()))?;
    let depth = args.depth.unwrap_or(usize::MAX);
    if args.format == TextFormat::Json {
        let mut list = List::new(common, args.format, "cutaway.tree/1", Some(&report))?;
        let above = view.tree().path(root).components().count();
        for id in view.descend(root).skip(1) {
            let (path, node) = (view.tree().path(id), view.tree().node(id));
            if path.components().count().saturating_sub(above) > depth {
                continue;
            }
            let layer = usize::try_from(node.placed_by()).unwrap_or(usize::MAX);
            list.json(&FileEntry::new(&path, &view.meta(node.inode()), layer))?;
        }
        list.finish()?;
        return Ok(Exit::Done);
    }
    let mut out = Output::new(common);
    view_tree::merged(&mut out, &view, root, depth)?;
    out.finish()?;
    Ok(Exit::Done)
}

fn by_layer(
    args: &Tree,
    (image, view, report): (&Image, &View, ImageReport),
    common: &Common,
) -> Result<Exit, Failure> {
    let count = image.layers().len();
    if let Some(layer) = args.layer.filter(|layer| *layer >= count) {
        let rule = format!("there is no layer {layer}: the image has {count}, from 0 on");
        return Err(Failure::new(Exit::Invalid, rule));
    }
    let wanted = |layer: usize| args.layer.is_none_or(|wanted| wanted == layer);
    if args.format == TextFormat::Json {
        let answer = LayerTree::new((image, report), view, wanted);
        let mut out = Output::new(common);
        out.json(&answer)?;
        out.finish()?;
        return Ok(Exit::Done);
    }
    let under = EntryPath::clean(bytes_of(args.path.as_deref()))
        .map_err(|reason| Failure::usage(reason.to_string()))?;
    let mut by_layer: BTreeMap<usize, Vec<(EntryPath, Deed)>> = BTreeMap::new();
    for story in view.stories().filter(|story| under.is_above(&story.path)) {
        for event in view.events(&story).into_iter().filter(|event| wanted(event.layer)) {
            by_layer.entry(event.layer).or_default().push((story.path.clone(), event.deed));
        }
    }
    let mut out = Output::new(common);
    for layer in image.layers().iter().filter(|layer| wanted(layer.index())) {
        let step = layer.history().map(|step| escape(&step.created_by)).unwrap_or_default();
        out.text(&out.style.bold(&format!("layer {}", layer.index())))?;
        out.text(&format!("  {step}\n"))?;
        let deeds = by_layer.remove(&layer.index()).unwrap_or_default();
        view_tree::of_layer(&mut out, deeds, args.depth.unwrap_or(usize::MAX))?;
    }
    out.finish()?;
    Ok(Exit::Done)
}
