//! The command line: arguments in, library calls, text out.

mod args;
mod arguments;
mod clouds;
mod cmd;
mod credential_program;
mod credentials;
mod daemon;
mod failure;
mod files;
mod hosts;
mod image;
mod inventory;
mod limits;
mod locate;
mod log;
mod machine;
mod moved;
mod output;
mod print;
mod progress;
mod proxies;
mod remote;
mod root;
mod run;
mod secrecy;
mod time;
mod units;

fn main() -> std::process::ExitCode {
    run::run(std::env::args_os().collect())
}
