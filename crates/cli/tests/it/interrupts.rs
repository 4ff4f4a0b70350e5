//! Runs that are told to end at any moment: they do within half a second, and leave nothing.

#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};
use serde_json::json as value;
use tempfile::TempDir;

use crate::endings::hole;
use crate::engine::FakeEngine;
use crate::memory;
use crate::support::{OnDisk, cutaway};

/// How long a run may take to end once it was told.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same where the machine has other things to do: one run in twenty may take so long.
const BUSY: Duration = Duration::from_secs(3);

/// The heavy inputs: what is run on each, with places for what is written.
const RUNS: [&[&str]; 10] = [
    &["scan", "ARCHIVE"],
    &["ls", "-R", "ARCHIVE"],
    &["cat", "HOLE", "big"],
    &["export", "ARCHIVE", "OUT/tar"],
    &["validate", "ARCHIVE"],
    &["diff", "ARCHIVE", "HOLE"],
    &["pull", "ARCHIVE", "OUT/archive"],
    &["tags", "--plain-http", "REGISTRY/app"],
    &["inspect", "--verify", "docker:large:1"],
    &["scan", "-"],
];

/// How a run is told to end.
#[derive(Debug, Clone, Copy)]
enum Told {
    Interrupt,
    Terminate,
    OutOfTime,
}

struct Scene {
    place: TempDir,
    archive: PathBuf,
    hole: OnDisk,
    engine: FakeEngine,
    registry: String,
}

impl Scene {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let archive = place.path().join("large.tar");
        let id = memory::write(&archive);
        let layer = LayerBuilder::from_tar(hole("34359738368"), Compression::Plain);
        let hole = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
        let saved = archive.clone();
        let engine = FakeEngine::start(&value!({"Id": id}), move || File::open(&saved).unwrap());
        Self { place, archive, hole, engine, registry: endless() }
    }

    /// Starts a run in a group of processes of its own, with an empty directory to write to.
    fn start(&self, run: &[&str], out: &Path, told: Told, moment: Duration) -> Child {
        let put = |word: &&str| {
            word.replace("ARCHIVE", &format!("docker-archive:{}", self.archive.display()))
                .replace("HOLE", &self.hole.oci())
                .replace("OUT", &out.display().to_string())
                .replace("REGISTRY", &self.registry)
        };
        let words: Vec<String> = run.iter().map(put).collect();
        let mut command = cutaway(&words.iter().map(String::as_str).collect::<Vec<_>>());
        if matches!(told, Told::OutOfTime) {
            command.args(["--timeout", &format!("{}ms", moment.as_millis())]);
        }
        command.env("DOCKER_HOST", self.engine.host()).env("TMPDIR", self.place.path());
        command.stdin(Stdio::from(File::open(&self.archive).unwrap()));
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command.spawn().unwrap()
    }
}

/// Serves a list of tags without end.
fn endless() -> String {
    static PAGES: AtomicU64 = AtomicU64::new(0);
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            std::thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let mut stream = stream;
                for line in lines.map_while(Result::ok) {
                    if !line.is_empty() {
                        continue;
                    }
                    let page = PAGES.fetch_add(1, Ordering::Relaxed);
                    let body = format!("{{\"tags\":[\"{page}\"]}}");
                    let next = format!("</v2/app/tags/list?n=1000&last={page}>; rel=\"next\"");
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLink: {next}\r\nContent-Length: {}\r\n\r\n",
                        body.len()
                    );
                    std::thread::sleep(Duration::from_millis(2));
                    if stream.write_all((head + &body).as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    host
}

/// Interrupts so many runs, each at a moment that a generator of numbers chooses.
fn interrupt(runs: u32) {
    let scene = Scene::new();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let seed = since.as_secs() ^ u64::from(since.subsec_nanos());
    eprintln!("seed {seed}");
    let mut state = seed | 1;
    let mut random = move |below: u64| {
        // xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let (mut late, mut told_in_time) = (Vec::new(), 0);
    for number in 0..runs {
        let run = RUNS[usize::try_from(number).unwrap() % RUNS.len()];
        let told = [Told::Interrupt, Told::Terminate, Told::OutOfTime]
            [usize::try_from(random(3)).unwrap()];
        let moment = Duration::from_millis(1 + random(350));
        let out = tempfile::tempdir().unwrap();
        let started = Instant::now();
        let mut child = scene.start(run, out.path(), told, moment);
        let group = child.id();
        std::thread::sleep(moment);
        if child.try_wait().unwrap().is_none() {
            tell(told, group);
        }
        let told_at =
            if matches!(told, Told::OutOfTime) { started + moment } else { Instant::now() };
        let status = child.wait().unwrap();
        let name = format!("seed {seed}, run {number}: {run:?} {told:?} after {moment:?}");
        if status.success() {
            continue;
        }
        told_in_time += 1;
        let took = told_at.elapsed();
        assert!(took < BUSY, "{name}: {took:?}");
        if took > PATIENCE {
            late.push(format!("{name}: {took:?}"));
        }
        assert!(ended_as_told(status, told), "{name}: {status}");
        let left: Vec<_> = std::fs::read_dir(out.path()).unwrap().flatten().collect();
        assert!(left.is_empty(), "{name} left {left:?}");
        assert_eq!(in_group(group), 0, "{name} left a process");
    }
    let beside = std::fs::read_dir(scene.place.path()).unwrap().count();
    assert_eq!(beside, 1, "nothing but the archive is where temporary files would be");
    assert!(told_in_time * 10 > runs * 7, "only {told_in_time} of {runs} runs were interrupted");
    eprintln!(
        "{told_in_time} of {runs} runs were interrupted, {} took over {PATIENCE:?}",
        late.len()
    );
    assert!(late.len() * 20 <= usize::try_from(runs).unwrap(), "{late:#?}");
}

fn tell(told: Told, process: u32) {
    let signal = match told {
        Told::Interrupt => "-INT",
        Told::Terminate => "-TERM",
        Told::OutOfTime => return,
    };
    let kill = std::process::Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(kill.is_ok());
}

/// Returns whether the status is the one of how the run was told; a run that was not set up yet is ended
/// by the signal itself.
fn ended_as_told(status: ExitStatus, told: Told) -> bool {
    match told {
        Told::Interrupt => status.code() == Some(130) || status.signal() == Some(2),
        Told::Terminate => status.code() == Some(143) || status.signal() == Some(15),
        Told::OutOfTime => status.code() == Some(3),
    }
}

/// Returns how many processes a group has.
fn in_group(group: u32) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|it| std::fs::read_to_string(it.path().join("stat")).ok());
    // After the name: state, parent, group (proc(5)).
    let of = stats.filter_map(|stat| stat.rsplit_once(") ")?.1.split(' ').nth(2)?.parse().ok());
    of.filter(|of: &u32| *of == group).count()
}

#[test]
fn some_runs_end_when_they_are_told() {
    interrupt(40);
}

/// `cargo xtask ci` runs it.
#[test]
#[ignore = "takes two minutes"]
fn two_hundred_runs_end_when_they_are_told() {
    interrupt(200);
}
