//! From the words of the command line to the parsed arguments, by our rules where clap's differ.
//!
//! Options stand before or after the command, an empty variable is one that is not set, and wrong
//! usage is one line.

use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _, FromArgMatches as _};

use cutaway::ReportForm;
use cutaway_tar::Escaped;

use crate::args::Cli;
use crate::failure::{Exit, Failure};
use crate::variables::variable;

/// Parses the words of the command line, the program's name in front.
///
/// Prints help or the version where that is asked for; then there is nothing to run.
pub(crate) fn parse(words: Vec<OsString>) -> Result<Option<Cli>, Failure> {
    let known = known_formats(Cli::command())?;
    let mut command = without_useless_variables(known);
    command.build();
    let words = options_behind_command(words, &command);
    let parsed = command
        .try_get_matches_from_mut(words.iter())
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => Ok(Some(cli)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                error.print().map_err(|error| Failure::of_write(&error, "standard output"))?;
                Ok(None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                // Help goes to standard error here; the line below it says what is wrong.
                error.print().map_err(|error| Failure::of_write(&error, "standard error"))?;
                Err(Failure::new(Exit::Usage, "no command is given"))
            }
            _ => Err(Failure::usage(explained(&error, &words, &command))),
        },
    }
}

/// Returns what clap says on one line: without its label and its advice to read the help, with what it
/// proposes in brackets.
fn one_line(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        paragraph
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    });
    let mut said = paragraphs.filter(|line| !line.is_empty() && !line.starts_with("For more"));
    let first = said.next().unwrap_or_default();
    let rest = said.map(|line| format!(" ({line})").replace("Usage: ", "usage: "));
    first.strip_prefix("error: ").unwrap_or(&first).to_owned() + &rest.collect::<String>()
}

/// Says which variable has a value that is wrong, where none of the words has it, and how a form is
/// spelled that was asked for as an option of its own.
fn explained(error: &clap::Error, words: &[OsString], command: &Command) -> String {
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (argument, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let form = argument.strip_prefix("--").filter(|form| forms().any(|known| known == *form));
    if let (ErrorKind::UnknownArgument, Some(form)) = (error.kind(), form) {
        return format!("unexpected argument '{argument}' (it is spelled --format {form} here)");
    }
    let line = one_line(&error.to_string());
    let typed = words.iter().any(|word| word.to_string_lossy().contains(value));
    let mut arguments = all_arguments(command).filter(|known| known.to_string() == argument);
    match arguments.find_map(Arg::get_env).filter(|_| !typed && !value.is_empty()) {
        Some(name) => format!("{line} (it stands in {})", name.to_string_lossy()),
        None => line,
    }
}

/// Returns the arguments of a command and of all below it.
fn all_arguments(command: &Command) -> Box<dyn Iterator<Item = &Arg> + '_> {
    Box::new(command.get_arguments().chain(command.get_subcommands().flat_map(all_arguments)))
}

/// Returns the forms that some command prints.
fn forms() -> impl Iterator<Item = &'static str> {
    let of_reports = ReportForm::ALL.iter().map(|(name, ..)| *name);
    of_reports.chain(["tarball", "oci", "oci-archive"])
}

/// Lets `-f` stand for `--format` in every command, and refuses a form in a variable that no command has.
fn known_formats(command: Command) -> Result<Command, Failure> {
    for name in ["CUTAWAY_FORMAT", "CUTAWAY_PULL_FORMAT"] {
        let value = variable(name).filter(|value| !value.is_empty());
        if value.as_ref().is_some_and(|value| !forms().any(|form| form == value)) {
            let value = value.unwrap_or_default();
            let value = Escaped::new(value.as_encoded_bytes());
            return Err(Failure::usage(format!("{name} names no form: {value}")));
        }
    }
    Ok(with_short_format(command))
}

fn with_short_format(command: Command) -> Command {
    command
        .mut_args(|argument| match argument.get_id() == "format" {
            true => argument.short('f'),
            false => argument,
        })
        .mut_subcommands(with_short_format)
}

/// Returns the variables that begin as ours do and mean nothing, such as one with a letter too few. What a
/// cluster sets for a service of our name is not among them.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
pub(crate) fn unknown_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_ours = |name: &String| {
        let Some(rest) = name.strip_prefix("CUTAWAY_") else { return false };
        let of_others = ["SERVICE_", "PORT"].iter().any(|start| rest.starts_with(start));
        !of_others && !["PASSWORD", "PULL_SECRETS"].contains(&rest)
    };
    let mut unknown: Vec<String> = names.filter(is_ours).collect();
    // Most runs have none, and need not know all commands for it.
    if !unknown.is_empty() {
        let command = Cli::command();
        let known: Vec<&OsStr> = all_arguments(&command).filter_map(Arg::get_env).collect();
        unknown.retain(|name| !known.contains(&OsStr::new(name)));
    }
    unknown
}

/// Forgets the variables that are empty, and those of `--format` whose value another command knows.
fn without_useless_variables(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let value = argument.get_env().and_then(variable);
            let useless = match value {
                None => false,
                Some(value) if value.is_empty() => true,
                Some(value) => argument.get_id() == "format" && !takes(&argument, &value),
            };
            if useless { argument.env(Resettable::Reset) } else { argument }
        })
        .mut_subcommands(without_useless_variables)
}

/// Returns whether an argument with a list of values has this one in it.
fn takes(argument: &Arg, value: &OsStr) -> bool {
    let values = argument.get_possible_values();
    values.is_empty()
        || value
            .to_str()
            .is_some_and(|value| values.iter().any(|known| known.matches(value, false)))
}

/// Moves options that stand before the command behind it, where clap knows those that are its own.
fn options_behind_command(words: Vec<OsString>, root: &Command) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut moved: Vec<OsString> = words.next().into_iter().collect();
    let mut options: Vec<OsString> = Vec::new();
    let mut path = root;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        if text == "--"
            || (!text.starts_with('-') && path.find_subcommand(&text).is_none())
            || text == "-"
        {
            // Not an option and no command: what follows is the command's own affair.
            moved.append(&mut options);
            moved.push(word);
            break;
        }
        if let Some(command) = path.find_subcommand(&text).filter(|_| !text.starts_with('-')) {
            moved.push(word);
            path = command;
            if !path.has_subcommands() {
                break;
            }
            continue;
        }
        let wants_value = wants_value(root, &text);
        options.push(word);
        if wants_value {
            options.extend(words.next());
        }
    }
    moved.append(&mut options);
    moved.extend(words);
    moved
}

/// Returns whether the next word is the value of an option, as any command has it.
fn wants_value(command: &Command, option: &str) -> bool {
    let takes_value = |argument: &Arg| {
        !matches!(
            argument.get_action(),
            ArgAction::SetTrue
                | ArgAction::SetFalse
                | ArgAction::Count
                | ArgAction::Help
                | ArgAction::Version
        )
    };
    let is_meant = |argument: &&Arg| match (option.strip_prefix("--"), option.strip_prefix('-')) {
        (Some(long), _) => argument.get_long() == Some(long),
        (None, Some(short)) => argument.get_short().is_some_and(|known| short.chars().eq([known])),
        (None, None) => false,
    };
    command.get_arguments().find(is_meant).map(takes_value).unwrap_or_else(|| {
        command.get_subcommands().any(|subcommand| wants_value(subcommand, option))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(line: &str) -> String {
        let mut command = Cli::command();
        command.build();
        let words = line.split(' ').map(OsString::from).collect();
        let moved = options_behind_command(words, &command);
        moved.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn options_move_behind_the_command() {
        for (line, expected) in [
            ("cutaway scan a", "cutaway scan a"),
            ("cutaway -vv scan a", "cutaway scan -vv a"),
            ("cutaway --format json scan a", "cutaway scan --format json a"),
            ("cutaway --format=json -o f scan a", "cutaway scan --format=json -o f a"),
            ("cutaway --username scan inspect a", "cutaway inspect --username scan a"),
            ("cutaway --strict ref parse a", "cutaway ref parse --strict a"),
            ("cutaway ref --strict parse a", "cutaway ref parse --strict a"),
            ("cutaway -q nonsense a", "cutaway -q nonsense a"),
            ("cutaway --version", "cutaway --version"),
            ("cutaway", "cutaway"),
        ] {
            assert_eq!(moved(line), expected, "{line}");
        }
    }

    #[test]
    fn usage_errors_are_one_line() {
        let failure =
            parse(["cutaway", "scan", "a", "--format", "yaml"].map(OsString::from).to_vec())
                .unwrap_err();
        assert!(failure.to_string().starts_with("error: invalid value 'yaml'"), "{failure}");
        assert!(!failure.to_string().contains("For more information"));
    }
}
