//! `cutaway find`: the files of an image that meet conditions.

use cutaway_files::{Filter, Owner, Patterns};
use cutaway_layerfs::Kind;
use cutaway_report::FileEntry;

use crate::args::Common;
use crate::args::view::{FileType, Find};
use crate::failure::{Exit, Failure};
use crate::print::view::{List, long};
use crate::{client, time};

pub(crate) async fn run(args: &Find, common: &Common) -> Result<Exit, Failure> {
    let filter = filter(args)?;
    let (image, view, report) = client::view(&args.image, common).await?;
    let root = cutaway::node(&view, &image, args.path.as_deref())?;
    let mut list = List::new(common, args.format, "cutaway.find/1", Some(&report))?;
    for id in view.descend(root) {
        let (path, node) = (view.tree().path(id), view.tree().node(id));
        // Names are cheaper than the rest, and most files fail by them.
        if path.is_root() || filter.names.as_ref().is_some_and(|names| !names.matches(&path)) {
            continue;
        }
        let meta = view.meta(node.inode());
        let layer = usize::try_from(node.placed_by()).unwrap_or(usize::MAX);
        if !filter.matches(&path, &meta, layer) {
            continue;
        }
        if list.is_json() {
            list.json(&FileEntry::new(&path, &meta, layer))?;
        } else if args.long {
            long(&mut list.output, &path, &meta, layer)?;
        } else {
            list.output.path(&path)?;
            list.output.text("\n")?;
        }
    }
    list.finish()?;
    Ok(Exit::Done)
}

/// Reads the conditions.
fn filter(args: &Find) -> Result<Filter, Failure> {
    let mut filter = Filter { layer: args.layer, ..Filter::default() };
    if !args.name.is_empty() {
        filter.names = Some(Patterns::new(&args.name).map_err(Failure::usage)?);
    }
    filter.kinds = args.kind.iter().map(|kind| kind_of(*kind)).collect();
    for size in &args.size {
        let wrong = |rule: &str| Failure::usage(format!("--size {size}: {rule}"));
        let (sign, number) = match size.split_at_checked(1) {
            Some((sign @ ("+" | "-"), number)) => (sign, number),
            _ => ("", size.as_str()),
        };
        let bytes = cutaway::parse_size(number).map_err(wrong)?;
        if sign != "-" {
            filter.min_size = Some(filter.min_size.map_or(bytes, |min| min.max(bytes)));
        }
        if sign != "+" {
            filter.max_size = Some(filter.max_size.map_or(bytes, |max| max.min(bytes)));
        }
    }
    let owner = |name: &String| match name.parse() {
        Ok(id) => Owner::Id(id),
        Err(_) => Owner::Name(name.as_bytes().to_vec()),
    };
    filter.user = args.owner.as_ref().map(owner);
    filter.group = args.group.as_ref().map(owner);
    if args.setuid {
        filter.any_mode = Some(0o6000);
    }
    if let Some(perm) = &args.perm {
        let (sign, octal) = perm.split_at_checked(1).unwrap_or_default();
        let bits = u32::from_str_radix(octal, 8).ok().filter(|bits| *bits <= 0o7777);
        match (sign, bits) {
            ("-", Some(bits)) => filter.all_mode = Some(bits),
            ("/", Some(bits)) => filter.any_mode = Some(bits),
            _ => {
                let rule = "mode bits are -BITS or /BITS in octal, such as -4000";
                return Err(Failure::usage(format!("--perm {perm}: {rule}")));
            }
        }
    }
    let newer = args.newer.as_deref().map(time::seconds).transpose();
    filter.newer = newer.map_err(|rule| Failure::usage(format!("--newer: {rule}")))?;
    Ok(filter)
}

fn kind_of(kind: FileType) -> Kind {
    match kind {
        FileType::F => Kind::File,
        FileType::D => Kind::Directory,
        FileType::L => Kind::Symlink,
        FileType::C => Kind::CharDevice,
        FileType::B => Kind::BlockDevice,
        FileType::P => Kind::Fifo,
    }
}
