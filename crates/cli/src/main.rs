//! The command line: arguments in, library calls, text out.

mod args;
mod arguments;
mod client;
mod cmd;
mod ending;
mod failure;
mod log;
mod output;
mod print;
mod progress;
mod run;
mod secrecy;
mod variables;

fn main() -> std::process::ExitCode {
    run::run(std::env::args_os().collect())
}
