//! `cutaway ls`: what lies in a directory of an image, or in a layer.

use cutaway::versions;
use cutaway_files::{Story, View, is_listed};
use cutaway_layerfs::{EntryPath, Kind};
use cutaway_report::{FileEntry, ImageReport};
use cutaway_tar::Escaped;

use crate::args::Common;
use crate::args::view::{Ls, bytes_of};
use crate::client;
use crate::failure::{Exit, Failure};
use crate::print::view::{List, long};
use crate::print::view_story::fate;

const SCHEMA: &str = "cutaway.ls/1";

pub(crate) async fn run(args: &Ls, common: &Common) -> Result<Exit, Failure> {
    if let Some(layer) = args.layer {
        return of_layer(args, layer, common).await;
    }
    let (image, view, report) = client::claimed_view(&args.image, common).await?;
    if args.all_versions {
        return all_versions(args, &view, &report, common);
    }
    let root = cutaway::node(&view, &image, bytes_of(args.path.as_deref()))?;
    let mut list = List::new(common, args.format, SCHEMA, Some(&report))?;
    let tree = view.tree();
    let mut show = |node| {
        let (path, node) = (tree.path(node), tree.node(node));
        let layer = usize::try_from(node.placed_by()).unwrap_or(usize::MAX);
        if list.is_json() || args.long {
            let meta = view.meta(node.inode());
            return if list.is_json() {
                list.json(&FileEntry::new(&path, &meta, layer))
            } else {
                long(&mut list.output, &path, &meta, layer)
            };
        }
        list.output.path(&path)?;
        list.output.text("\n")
    };
    if tree.node(root).kind() != Kind::Directory {
        show(root)?;
    } else if args.recursive {
        view.descend(root).skip(1).try_for_each(&mut show)?;
    } else {
        tree.children(root).into_iter().try_for_each(&mut show)?;
    }
    list.finish()?;
    Ok(Exit::Done)
}

/// Lists what one layer holds, and opens no other where layers can be opened one by one.
async fn of_layer(args: &Ls, layer: usize, common: &Common) -> Result<Exit, Failure> {
    let image = client::open(&args.image, common).await?;
    let files = image.layer(layer).await?;
    let report = image.opened().map(|documents| image.report(documents, None));
    let path = bytes_of(args.path.as_deref());
    let under = EntryPath::clean(path)
        .map_err(|reason| Failure::usage(format!("{}: {reason}", Escaped::new(path))))?;
    let mut list = List::new(common, args.format, SCHEMA, report.as_ref())?;
    for (path, entry) in files.listed(&under, args.recursive) {
        if !list.is_json() && !args.long {
            list.output.path(&path)?;
            list.output.text("\n")?;
            continue;
        }
        let Some(entry) = files.listing.get(entry) else { continue };
        if list.is_json() {
            list.json(&FileEntry::new(&path, entry.meta(), layer))?;
        } else {
            long(&mut list.output, &path, entry.meta(), layer)?;
        }
    }
    list.finish()?;
    Ok(Exit::Done)
}

/// Lists every version of every path.
fn all_versions(
    args: &Ls,
    view: &View,
    report: &ImageReport,
    common: &Common,
) -> Result<Exit, Failure> {
    let under = match view.lookup(bytes_of(args.path.as_deref()), true)? {
        Ok(node) => view.tree().path(node),
        Err(absent) => absent.path,
    };
    let mut list = List::new(common, args.format, SCHEMA, Some(report))?;
    let mut any = under.is_root();
    let is_directory =
        |story: &Story| story.spans.iter().any(|span| span.version.kind == Kind::Directory);
    for story in view.stories() {
        any |= under.is_above(&story.path);
        if !is_listed(&story.path, &under, args.recursive, is_directory(&story)) {
            continue;
        }
        if list.is_json() {
            for version in versions(view, &story) {
                list.json(&version)?;
            }
            continue;
        }
        for span in &story.spans {
            list.output.path(&story.path)?;
            let size = view.meta(span.version.inode).size;
            let size = if args.long { format!("\t{size}") } else { String::new() };
            list.output.text(&format!("{size}\t{}\n", fate(span)))?;
        }
    }
    if !any {
        let path = Escaped::new(bytes_of(args.path.as_deref()));
        return Err(Failure::new(
            Exit::Invalid,
            format!("{path} is not in the image: no layer has it"),
        ));
    }
    list.finish()?;
    Ok(Exit::Done)
}
