//! `cutaway cat`: the bytes of one file.

use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use cutaway::Wanted;
use cutaway_files::Thing;
use cutaway_layerfs::Kind;

use crate::args::Common;
use crate::args::view::Cat;
use crate::client;
use crate::failure::{Exit, Failure};
use crate::progress::Stdout;
use cutaway_report::kind_word;

pub(crate) async fn run(args: &Cat, common: &Common) -> Result<Exit, Failure> {
    let path = args.path.as_bytes();
    let wanted = Wanted { path, follow: true, content: true, verify: args.verify };
    let mut out = Stdout;
    let opened = client::open(&args.image, common).await?;
    let (image, finding) = opened.find(&wanted, &mut out).await?;
    out.flush().map_err(|error| Failure::of_write(&error, "standard output"))?;
    let ambiguous = finding.ambiguous.clone();
    let Thing { path, meta, .. } = cutaway::thing(finding, &image, path)?;
    cutaway::unambiguous(ambiguous)?;
    if meta.kind == Kind::File {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Invalid, format!("{path} is no file but a {}", kind_word(meta.kind))))
}
