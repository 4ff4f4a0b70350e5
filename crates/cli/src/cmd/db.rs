//! `cutaway db`: databases of advisories.

use std::path::Path;

use cutaway::vulns::DatabaseInfo;
use cutaway::{Advisories, write_advisories, write_advisory_groups};

use crate::args::Common;
use crate::args::advisories::{Build, Info, Push, Query, Update};
use crate::failure::{Exit, Failure, warn};
use crate::{client, output};

pub(crate) fn build(args: &Build, common: &Common) -> Result<Exit, Failure> {
    let into_folder = args.output.is_dir() || args.output.to_string_lossy().ends_with('/');
    if !into_folder {
        output::check(Some(&args.output))?;
    }
    let importer = client::of(common)?.import_advisories(&args.osv, args.others().read()?)?;
    for problem in importer.problems() {
        warn(common, &format!("passed over: {problem}"));
    }
    if into_folder {
        write_advisory_groups(importer, &args.output)?;
        return Ok(Exit::Done);
    }
    let mut built = None;
    output::write_with(Some(&args.output), |out| {
        built = Some(write_advisories(importer, out)?);
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

pub(crate) async fn update(args: &Update, common: &Common) -> Result<Exit, Failure> {
    let client = client::of(common)?;
    let cache = client.advisory_cache(common.cache_dir.as_deref())?;
    let names: Vec<String> = args.names.iter().chain(&args.db).cloned().collect();
    for failed in client.update_advisories(&names, &cache).await? {
        warn(common, &failed);
    }
    Ok(Exit::Done)
}

pub(crate) async fn push(args: &Push, common: &Common) -> Result<Exit, Failure> {
    let digest = client::of(common)?.push_advisories(&args.file, &args.target).await?;
    output::document(format!("{digest}\n").as_bytes())?;
    Ok(Exit::Done)
}

pub(crate) fn query(args: &Query) -> Result<Exit, Failure> {
    let Query { file, ecosystem, package, versions } = args;
    let answers = Advisories::open(Path::new(file))?.query(ecosystem, package, versions)?;
    let lines = versions.iter().zip(answers);
    let lines = lines.map(|(version, answer)| format!("{version}\t{}\n", answer.text()));
    output::document(lines.collect::<String>().as_bytes())?;
    Ok(Exit::Done)
}
