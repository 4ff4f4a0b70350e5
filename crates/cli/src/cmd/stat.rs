//! `cutaway stat`: all that is known of one path.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use cutaway::{FileVersion, Wanted, versions};
use cutaway_files::Story;
use cutaway_layerfs::{EntryPath, Meta};
use cutaway_model::Image;
use cutaway_report::{FileEntry, ImageReport, hex, kind_word, mode_text, utc};
use serde::Serialize;

use crate::args::view::Stat;
use crate::args::{Common, TextFormat};
use crate::failure::{Exit, Failure};
use crate::print::view::Output;
use crate::print::view_story::fate;
use crate::print::{self, escape};
use crate::{client, output};

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    image: ImageReport,
    /// What is there; null where nothing is any more.
    entry: Option<FileEntry>,
    created_by: Option<String>,
    /// Whether every layer that the answer rests upon was read to its end and verified.
    verified: bool,
    /// Every version, where they were asked for.
    versions: Option<Vec<FileVersion>>,
}

pub(crate) async fn run(args: &Stat, common: &Common) -> Result<Exit, Failure> {
    if args.all_versions {
        return all_versions(args, common).await;
    }
    let path = args.path.as_bytes();
    let wanted = Wanted { path, follow: false, content: false, verify: args.verify };
    let opened = client::open(&args.image, common).await?;
    let (image, finding) = opened.find(&wanted, &mut std::io::sink()).await?;
    let (verified, form, ambiguous) = (finding.verified, finding.form, finding.ambiguous.clone());
    let thing = cutaway::thing(finding, &image, path)?;
    let report = opened.report(&image, form);
    let there = Some((&thing.path, &thing.meta, thing.layer));
    let exit = print(args, common, (&image, report), there, verified, None)?;
    cutaway::unambiguous(ambiguous)?;
    Ok(exit)
}

async fn all_versions(args: &Stat, common: &Common) -> Result<Exit, Failure> {
    let (image, view, report) = client::view(&args.image, common).await?;
    let (path, visible) = match view.lookup(args.path.as_bytes(), false)? {
        Ok(node) => (view.tree().path(node), Some(view.tree().node(node))),
        Err(absent) if view.story(&absent.path).is_some() => (absent.path, None),
        Err(absent) => return Err(cutaway::absence(&absent, &image, args.path.as_bytes()).into()),
    };
    let visible = visible.map(|node| {
        (view.meta(node.inode()), usize::try_from(node.placed_by()).unwrap_or(usize::MAX))
    });
    let there = visible.as_ref().map(|(meta, layer)| (&path, meta, *layer));
    let story =
        view.story(&path).unwrap_or_else(|| Story { path: path.clone(), spans: Vec::new() });
    let told = (versions(&view, &story), &story);
    print(args, common, (&image, report), there, true, Some(told))
}

fn print(
    args: &Stat,
    common: &Common,
    (image, report): (&Image, ImageReport),
    there: Option<(&EntryPath, &Meta, usize)>,
    verified: bool,
    versions: Option<(Vec<FileVersion>, &Story)>,
) -> Result<Exit, Failure> {
    let step = |layer: usize| {
        let step = image.layers().get(layer).and_then(|layer| layer.history());
        step.map(|step| step.created_by.clone())
    };
    let created_by = there.and_then(|(_, _, layer)| step(layer));
    if args.format == TextFormat::Json {
        let answer = Answer {
            schema: "cutaway.stat/1",
            image: report,
            entry: there.map(|(path, meta, layer)| FileEntry::new(path, meta, layer)),
            created_by,
            verified,
            versions: versions.map(|(versions, _)| versions),
        };
        output::document(&print::json(&answer)?)?;
        return Ok(Exit::Done);
    }
    let mut out = Output::new(common);
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some((path, meta, layer)) = there {
        out.text(&out.style.dim("path      "))?;
        out.path(path)?;
        out.text("\n")?;
        lines.push(("type", kind_word(meta.kind).to_owned()));
        lines.push(("mode", format!("{:04o} ({})", meta.mode, mode_text(meta))));
        let names = [&meta.uname, &meta.gname].map(|name| escape(&String::from_utf8_lossy(name)));
        let names = match &names {
            [user, group] if user.is_empty() && group.is_empty() => String::new(),
            [user, group] => format!(" ({user}:{group})"),
        };
        lines.push(("owner", format!("{}:{}{names}", meta.uid, meta.gid)));
        lines.push(("size", meta.size.to_string()));
        let nanos =
            if meta.mtime_nanos == 0 { String::new() } else { format!(".{:09}", meta.mtime_nanos) };
        lines.push(("modified", format!("{}{nanos} UTC", utc(meta.mtime))));
        if let Some(link) = &meta.link {
            lines.push(("link", escape(&String::from_utf8_lossy(link))));
        }
        if let Some((major, minor)) = meta.device {
            lines.push(("device", format!("{major},{minor}")));
        }
        for xattr in &meta.xattrs {
            let name = escape(&String::from_utf8_lossy(&xattr.name));
            lines.push(("xattr", format!("{name}=0x{}", hex(&xattr.value))));
        }
        let by = created_by.map_or_else(String::new, |by| format!(" ({})", escape(&by)));
        lines.push(("layer", format!("{layer}{by}")));
        let said = if verified { "yes" } else { "no: the layer was not read to its end" };
        lines.push(("verified", said.to_owned()));
    }
    let mut text = String::new();
    for (label, value) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {value}", out.style.dim(&format!("{label:<8}")));
    }
    if let Some((_, story)) = versions {
        let _ = writeln!(text, "{}", out.style.bold("versions"));
        for span in &story.spans {
            let (version, fate) = (&span.version, fate(span));
            let _ = writeln!(text, "  {fate}: {}, {} bytes", kind_word(version.kind), version.size);
        }
    }
    out.text(&text)?;
    out.finish()?;
    Ok(Exit::Done)
}
