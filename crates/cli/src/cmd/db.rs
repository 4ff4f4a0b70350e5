//! `cutaway db`: databases of advisories.

use std::path::Path;

use cutaway::vulns::DatabaseInfo;
use cutaway::{Advisories, write_advisories};

use crate::args::Common;
use crate::args::advisories::{Build, Info, Push, Query, Update};
use crate::failure::{Exit, Failure, warn};
use crate::{client, output};

pub(crate) fn build(args: &Build, common: &Common) -> Result<Exit, Failure> {
    let importer = client::of(common)?.import_advisories(&args.osv, args.others().read()?)?;
    importer.remarks().iter().for_each(|remark| warn(common, remark));
    write_advisories(importer, &args.output)?;
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
    let names: Vec<String> = args.names.iter().chain(&args.db).cloned().collect();
    for failed in client::of(common)?.update_advisories(&names).await? {
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
