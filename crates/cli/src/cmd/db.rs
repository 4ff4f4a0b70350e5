//! `cutaway db`: databases of advisories.

use std::path::Path;

use cutaway::vulns::{Answer, DatabaseInfo};
use cutaway::{Advisories, read_enrichment, write_advisories};

use crate::args::Common;
use crate::args::advisories::{Build, Info, Query};
use crate::failure::{Exit, Failure, warn};
use crate::{client, output};

pub(crate) fn build(args: &Build, common: &Common) -> Result<Exit, Failure> {
    output::check(Some(&args.output))?;
    let known = read_enrichment(&args.kev, &args.epss)?;
    let importer = client::of(common)?.import_advisories(&args.osv)?;
    for problem in importer.problems() {
        warn(common, &format!("passed over: {problem}"));
    }
    let mut built = None;
    output::write_with(Some(&args.output), |out| {
        built = Some(write_advisories(importer, known, out)?);
        Ok(())
    })?;
    if let Some(built) = built.filter(|it| it.unread > 0) {
        warn(common, &format!("{} records could not be read", built.unread));
    }
    Ok(Exit::Done)
}

pub(crate) fn info(args: &Info) -> Result<Exit, Failure> {
    let mut advisories = Advisories::open(&args.file)?;
    if args.verify {
        advisories.verify()?;
    }
    let info = advisories.database().info();
    output::answer(args.format, &info, DatabaseInfo::text)?;
    Ok(Exit::Done)
}

pub(crate) fn query(args: &Query) -> Result<Exit, Failure> {
    let Query { file, ecosystem, package, versions } = args;
    let answers = Advisories::open(Path::new(file))?.query(ecosystem, package, versions)?;
    let lines = versions.iter().zip(answers).map(|(version, answer)| match answer {
        Answer::Records(ids) if ids.is_empty() => format!("{version}\t-\n"),
        Answer::Records(ids) => format!("{version}\t{}\n", ids.join(",")),
        Answer::Unreadable => format!("{version}\t!\n"),
    });
    output::document(lines.collect::<String>().as_bytes())?;
    Ok(Exit::Done)
}
