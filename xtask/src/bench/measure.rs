//! One run of one command: time, memory, bytes, as the kernel counts them (proc(5)).
//!
//! The child is watched until it is a zombie, whose counters can still be read, and reaped then.
//! Its peak memory is the high-water mark last seen while it lived, at most a few milliseconds old.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::contestants::Contestant;
use crate::process::{self, target};

/// What one run cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// From start to end.
    pub(crate) seconds: f64,
    /// User and system time of the process.
    pub(crate) cpu_seconds: f64,
    /// The most memory that was resident at once, in bytes.
    pub(crate) peak: u64,
    /// Bytes read from files, or sent by the registry.
    pub(crate) read: u64,
    /// Bytes that went to a disk.
    pub(crate) written: u64,
    /// Files in `TMPDIR` and the scratch folder, the most that were seen at once.
    pub(crate) temporary_files: usize,
}

/// How often a child is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// Runs a contestant to its end; `registry` is the process that counts what it sends.
pub(crate) fn run(contestant: &Contestant, registry: u32) -> Result<Sample> {
    let scratch = target("bench-scratch");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(scratch.join("tmp"))?;
    let own = scratch.join("own");
    let arguments: Vec<String> = contestant
        .arguments
        .iter()
        .map(|text| text.replace("{scratch}", &own.display().to_string()))
        .collect();
    let mut command = process::command(&contestant.program, &arguments);
    command
        .env("TMPDIR", scratch.join("tmp"))
        .envs(contestant.environment.iter().map(|(name, value)| (*name, value)));
    let complaints = std::fs::File::create(scratch.join("stderr"))?;
    command.stdout(Stdio::null()).stderr(complaints);

    let sent_before = counter(registry, "io", "wchar:");
    let mut sample = Sample::default();
    let mut glances: u32 = 0;
    let start = Instant::now();
    let mut child = command.spawn()?;
    let process = child.id();
    while is_running(process) {
        sample.peak = sample.peak.max(counter(process, "status", "VmHWM:").saturating_mul(1024));
        // A walk over the folders costs more than a look at the counters.
        if glances.is_multiple_of(16) {
            let files = files_below(&scratch.join("tmp")).saturating_add(files_below(&own));
            sample.temporary_files = sample.temporary_files.max(files);
        }
        glances = glances.wrapping_add(1);
        std::thread::sleep(GLANCE);
    }
    sample.seconds = start.elapsed().as_secs_f64();
    sample.cpu_seconds = cpu_seconds(process);
    sample.written = counter(process, "io", "write_bytes:");
    sample.read = if contestant.reads_registry() {
        counter(registry, "io", "wchar:").saturating_sub(sent_before)
    } else {
        counter(process, "io", "rchar:")
    };
    let files = files_below(&scratch.join("tmp")).saturating_add(files_below(&own));
    sample.temporary_files = sample.temporary_files.max(files);
    let status = child.wait()?;
    let said = std::fs::read_to_string(scratch.join("stderr")).unwrap_or_default();
    ensure!(status.success(), "{status}: {}", said.trim_end());
    Ok(sample)
}

/// The time from start to end of a command that does nothing but start: the median of many.
pub(crate) fn start_up(program: &Path) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..51 {
        let program = program.display().to_string();
        let mut command = process::command(&program, &["--version"]);
        let start = Instant::now();
        let status = command.stdout(Stdio::null()).status()?;
        times.push(start.elapsed());
        ensure!(status.success(), "{program} --version: {status}");
    }
    times.sort();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// The number behind `key` in a file of the process; 0 where it is gone.
fn counter(process: u32, file: &str, key: &str) -> u64 {
    std::fs::read_to_string(format!("/proc/{process}/{file}"))
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse().ok()
        })
        .unwrap_or(0)
}

/// The fields of `/proc/PID/stat` behind the name, which may itself hold blanks.
fn stat(process: u32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().map(str::to_owned).collect()
}

fn is_running(process: u32) -> bool {
    stat(process).first().is_some_and(|state| state != "Z" && state != "X")
}

fn cpu_seconds(process: u32) -> f64 {
    // Fields 14 and 15 of the file are 11 and 12 behind the name; Linux counts in hundredths here.
    let ticks = |field: usize| {
        stat(process).get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn files_below(folder: &Path) -> usize {
    let mut count: usize = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) => count = count.saturating_add(1),
                Err(_) => {}
            }
        }
    }
    count
}
