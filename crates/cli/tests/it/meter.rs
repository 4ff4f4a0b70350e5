//! What a run costs, as the kernel counts it (proc(5)).

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The most memory that reading an image of any size may take, in KiB.
pub(crate) const MAX_PEAK: u64 = 96 << 10;
/// Bytes that a run writes beside its output: what wakes its threads, not an image.
const MAX_WRITTEN: u64 = 1 << 20;

/// A run that has ended.
pub(crate) struct Metered {
    pub(crate) output: Output,
    /// The most memory that was resident, in KiB.
    peak: u64,
    /// All bytes that went through write calls.
    written: u64,
    /// The regular files that were open to be written.
    files: Vec<PathBuf>,
}

impl Metered {
    /// Runs a command to its end.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let read = |mut from: Box<dyn std::io::Read + Send>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).unwrap();
                bytes
            })
        };
        let (stdout, stderr) = (read(Box::new(stdout)), read(Box::new(stderr)));
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let (mut peak, mut files) = (0, Vec::new());
        // A process that has ended keeps its counters until it is waited for.
        while is_running(&process) {
            peak = peak.max(number(&process.join("status"), "VmHWM:"));
            files.extend(open_to_be_written(&process));
            std::thread::sleep(Duration::from_millis(5));
        }
        let written = number(&process.join("io"), "wchar:");
        let status = child.wait().unwrap();
        let output =
            Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
        Self { output, peak, written, files }
    }

    /// Returns the most memory that was resident, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.saturating_mul(1024)
    }

    /// Fails where the run took much memory or wrote anything but its output; `name` is for the message.
    pub(crate) fn was_frugal(&self, name: &str) {
        self.took_little(name);
        assert_eq!(self.files, Vec::<PathBuf>::new(), "{name}");
        let output = self.output.stdout.len().saturating_add(self.output.stderr.len());
        let beside = self.written.saturating_sub(u64::try_from(output).unwrap());
        assert!(beside <= MAX_WRITTEN, "{name}: {beside} bytes");
        eprintln!("{name}: {} KiB, {beside} bytes written beside the output", self.peak);
    }
}

impl Metered {
    /// Fails where the run took much memory; `name` is for the message.
    pub(crate) fn took_little(&self, name: &str) {
        assert!((1..=MAX_PEAK).contains(&self.peak), "{name}: {} KiB", self.peak);
    }
}

fn is_running(process: &Path) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, Some('Z' | 'X'))
}

/// Returns the number behind `key` in a file; 0 where it has none any more.
pub(crate) fn number(file: &Path, key: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn open_to_be_written(process: &Path) -> Vec<PathBuf> {
    let open = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    open.filter(|entry| {
        let info = process.join("fdinfo").join(entry.file_name());
        let flags = std::fs::read_to_string(info).unwrap_or_default();
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        // O_ACCMODE is the lowest two bits, and O_RDONLY is zero.
        flags.is_some_and(|flags| flags & 3 != 0)
    })
    .filter_map(|entry| entry.path().read_link().ok())
    .filter(|path| path.is_absolute() && path.is_file())
    .filter(|path| !["/dev", "/proc", "/sys"].iter().any(|top| path.starts_with(top)))
    .collect()
}
