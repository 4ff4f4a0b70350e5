//! One run of the program: the command, bounded in time, ended by signals, and its exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::advisories::Db;
use crate::args::policy::{Policy, Verifier};
use crate::args::sbom::Sbom;
use crate::args::{Auth, Cli, Command, Common, Ref, Version};
use crate::failure::{Exit, Failure, warn};
use crate::log;
use crate::{arguments, cmd, ending, output, progress, secrecy};

/// Runs what the words of the command line say and returns the exit status of the process. An error
/// is the last line on standard error.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    let veil = secrecy::veil();
    words.iter().filter_map(|word| word.to_str()).for_each(|word| veil.hide_password_in(word));
    let ended = match cutaway_serve::is_called_verifier(&words) {
        true => cmd::serve::verify(&words),
        false => arguments::parse(words).and_then(|cli| cli.map_or(Ok(Exit::Done), start)),
    };
    if !ending::begin() {
        // Whoever listens was faster, and ends the process.
        loop {
            std::thread::park();
        }
    }
    // A file may be in the making on another thread that nobody waits for.
    output::abandon();
    ended.map_or_else(|failure| failure.tell().into(), ExitCode::from)
}

fn start(cli: Cli) -> Result<Exit, Failure> {
    log::start(&cli.common);
    // What goes into other programs has nothing beside it.
    if !matches!(cli.command, Command::Cat(_)) {
        for name in arguments::unknown_variables() {
            warn(&cli.common, &format!("{name} is no variable that is known here"));
        }
        progress::begin(&cli.common);
    }
    if let Some(directory) = cli.common.cache_dir.as_ref().filter(|_| !cli.common.no_cache) {
        cutaway::cache_directory(directory)?;
    }
    dispatch(cli)
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let common = cli.common;
    match cli.command {
        Command::Scan(args) => block_on(&common, cmd::scan::run(&args, &common)),
        Command::Inspect(args) => block_on(&common, cmd::inspect::run(&args, &common)),
        Command::Digest(args) => block_on(&common, cmd::digest::run(&args, &common)),
        Command::Manifest(args) => block_on(&common, cmd::manifest::run(&args, &common)),
        Command::Config(args) => block_on(&common, cmd::config::run(&args, &common)),
        Command::Tags(args) => block_on(&common, cmd::tags::run(&args, &common)),
        Command::Catalog(args) => block_on(&common, cmd::catalog::run(&args, &common)),
        Command::Blob(args) => block_on(&common, cmd::blob::run(&args, &common)),
        Command::Pull(args) => block_on(&common, cmd::pull::run(&args, &common)),
        Command::Export(args) => block_on(&common, cmd::export::run(&args, &common)),
        Command::Validate(args) => block_on(&common, cmd::validate::run(&args, &common)),
        Command::Referrers(args) => block_on(&common, cmd::referrers::run(&args, &common)),
        Command::Ls(args) => block_on(&common, cmd::ls::run(&args, &common)),
        Command::Cat(args) => block_on(&common, cmd::cat::run(&args, &common)),
        Command::Find(args) => block_on(&common, cmd::find::run(&args, &common)),
        Command::Stat(args) => block_on(&common, cmd::stat::run(&args, &common)),
        Command::Tree(args) => block_on(&common, cmd::tree::run(&args, &common)),
        Command::Du(args) => block_on(&common, cmd::du::run(&args, &common)),
        Command::Diff(args) => block_on(&common, cmd::diff::run(&args, &common)),
        Command::History(args) => block_on(&common, cmd::history::run(&args, &common)),
        Command::Ref(Ref::Parse(args)) => cmd::reference::run(&args),
        Command::Auth(Auth::Explain(args)) => block_on(&common, cmd::auth::explain(&args, &common)),
        Command::Match(args) => block_on(&common, cmd::matching::run(&args, &common)),
        Command::Db(Db::Build(args)) => cmd::db::build(&args, &common),
        Command::Db(Db::Info(args)) => cmd::db::info(&args),
        Command::Db(Db::Update(args)) => block_on(&common, cmd::db::update(&args, &common)),
        Command::Db(Db::Push(args)) => block_on(&common, cmd::db::push(&args, &common)),
        Command::Db(Db::Query(args)) => cmd::db::query(&args),
        Command::Sbom(Sbom::Check(args)) => cmd::sbom::check(&args, &common),
        Command::Check(args) => block_on(&common, cmd::check::run(&args, &common)),
        Command::Policy(Policy::Check(args)) => cmd::policy::check(&args),
        Command::Policy(Policy::Explain(args)) => cmd::policy::explain(&args),
        Command::Serve { config } => cmd::serve::run(&config, &common),
        Command::Verifier(Verifier::Doctor { containerd, settings }) => {
            cmd::serve::doctor(&containerd, &settings)
        }
        Command::Version(Version::Compare(args)) => cmd::version::run(&args),
        Command::Cache(args) => block_on(&common, cmd::cache::run(&args, &common)),
        Command::Limits(args) => cmd::limits::run(&args, &common),
        Command::Schema(args) => cmd::schema::run(&args),
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Fetch, format!("cannot start: {error}")))
}

/// Drives a command to its end, or until it is told to end.
fn block_on(
    common: &Common,
    command: impl Future<Output = Result<Exit, Failure>>,
) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    let told = ending::listen(common.timeout)?;
    let result = runtime.block_on(async {
        tokio::select! {
            result = command => result,
            // The other end lives in a thread that outlives the run.
            Ok(failure) = told => Err(failure),
            never = progress::show() => match never {},
        }
    });
    progress::end();
    // What still runs waits for nobody: a read of standard input may never return.
    runtime.shutdown_background();
    result
}
