//! `cutaway find`: the files of an image that meet conditions.

use cutaway::Conditions;
use cutaway_layerfs::Kind;
use cutaway_report::FileEntry;

use crate::args::Common;
use crate::args::view::{FileType, Find, bytes_of};
use crate::client;
use crate::failure::{Exit, Failure};
use crate::print::view::{List, long};

pub(crate) async fn run(args: &Find, common: &Common) -> Result<Exit, Failure> {
    let conditions = Conditions {
        names: &args.name,
        kinds: args.kind.iter().map(|kind| kind_of(*kind)).collect(),
        sizes: &args.size,
        owner: args.owner.as_deref(),
        group: args.group.as_deref(),
        perm: if args.setuid { Some("/6000") } else { args.perm.as_deref() },
        newer: args.newer.as_deref(),
        layer: args.layer,
    };
    let filter = conditions.filter()?;
    let (image, view, report) = client::claimed_view(&args.image, common).await?;
    let root = cutaway::node(&view, &image, bytes_of(args.path.as_deref()))?;
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
