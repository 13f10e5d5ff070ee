//! What `remit serve` is told by a file: `remit.toml` holds what its flags say, under the same names. A flag counts
//! before the environment, and that before the file.

use anyhow::Context as _;
use clap::{ArgAction, ArgMatches, Command, parser::ValueSource};
use std::{ffi::OsString, fs, path::Path};
use toml::{Table, Value};

/// The subcommand that a file configures.
const SERVE: &str = "serve";
/// The flag that names the file.
const CONFIG: &str = "config";
/// What is said once, at a start, and never kept.
const ONCE: [&str; 4] = ["move", "help", "version", CONFIG];
/// Largest file, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// The arguments with those that the file says beside them: what neither a flag nor the environment says.
///
/// # Errors
/// When the file cannot be read, or says what no flag says.
pub(crate) fn completed(command: &Command, given: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    // What is wrong with the arguments is told when they are read whole.
    let Ok(matches) = command.clone().try_get_matches_from(&given) else { return Ok(given) };
    let (Some(serve), Some(of_serve)) = (matches.subcommand_matches(SERVE), command.find_subcommand(SERVE)) else {
        return Ok(given);
    };
    let Some(path) = serve.get_one::<std::path::PathBuf>(CONFIG) else { return Ok(given) };
    let said = read(path)?;
    let mut arguments = given;
    for (key, value) in &said {
        let added = argument(of_serve, serve, key, value).with_context(|| format!("{}: {key}", path.display()))?;
        arguments.extend(added);
    }
    Ok(arguments)
}

fn read(path: &Path) -> anyhow::Result<Table> {
    let named = || format!("{} cannot be read", path.display());
    let length = fs::metadata(path).with_context(named)?.len();
    anyhow::ensure!(length <= FILE_MAX, "{} has more than {FILE_MAX} bytes", path.display());
    let text = fs::read_to_string(path).with_context(named)?;
    text.parse().with_context(|| format!("{} is no TOML", path.display()))
}

/// The arguments that say what a key says; none where it is said otherwise already.
fn argument(of_serve: &Command, serve: &ArgMatches, key: &str, value: &Value) -> anyhow::Result<Vec<OsString>> {
    let flag = key.replace('_', "-");
    let flags = || of_serve.get_arguments().filter(|arg| arg.get_long().is_some_and(|long| !ONCE.contains(&long)));
    let Some(arg) = flags().find(|arg| arg.get_long() == Some(flag.as_str())) else {
        let known: Vec<String> = flags().filter_map(|arg| Some(arg.get_long()?.replace('-', "_"))).collect();
        anyhow::bail!("no such key; a file says what the flags of `remit serve` say: {}", known.join(", "));
    };
    let told = [ValueSource::CommandLine, ValueSource::EnvVariable].map(Some);
    if told.contains(&serve.value_source(arg.get_id().as_str())) {
        return Ok(Vec::new());
    }
    let values = match value {
        Value::Array(values) if matches!(arg.get_action(), ArgAction::Append) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut arguments = Vec::new();
    for value in values {
        match (value, arg.get_action()) {
            (Value::Boolean(true), ArgAction::SetTrue) => arguments.push(format!("--{flag}").into()),
            (Value::Boolean(false), ArgAction::SetTrue) => {}
            (_, ArgAction::SetTrue) => anyhow::bail!("write true or false"),
            (Value::String(text), _) => arguments.push(format!("--{flag}={text}").into()),
            (Value::Integer(number), _) => arguments.push(format!("--{flag}={number}").into()),
            _ => anyhow::bail!("write a text or a whole number, as the flag --{flag} takes it"),
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::CommandFactory as _;

    fn completed_by(file: &str, given: &[&str]) -> anyhow::Result<Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("remit.toml");
        fs::write(&path, file).unwrap();
        let mut all: Vec<OsString> = ["remit", "serve", "--config"].map(Into::into).to_vec();
        all.push(path.into());
        all.extend(given.iter().map(Into::into));
        let done = completed(&Cli::command(), all)?;
        Ok(done.into_iter().skip(4).map(|one| one.into_string().unwrap()).collect())
    }

    #[test]
    fn a_file_says_what_no_flag_says() {
        let file = "data = \"/var/lib/remit\"\nlisten = \"127.0.0.1:0\"\nwebhooks_in_the_clear = true\nproxy = \
                    [\"10.0.0.1\", \"10.0.0.2\"]\nstreams = 9\n";
        let done = completed_by(file, &["--listen", "127.0.0.1:7"]).unwrap();
        let added = ["--data=/var/lib/remit", "--proxy=10.0.0.1", "--proxy=10.0.0.2", "--streams=9"];
        assert_eq!(done, [&["--listen", "127.0.0.1:7"], &added[..], &["--webhooks-in-the-clear"]].concat());
    }

    #[test]
    fn what_no_flag_says_is_refused_with_its_key() {
        for (file, says) in [
            ("listn = \"127.0.0.1:0\"", "listn"),
            ("move = [\"a=b\"]", "move"),
            ("[limits]\nstreams = 9", "limits"),
            ("streams = [1, 2]", "streams"),
            ("webhooks_in_the_clear = \"yes\"", "true or false"),
            ("data = 1.5", "data"),
            ("data = ", "no TOML"),
        ] {
            let error = completed_by(file, &[]).unwrap_err();
            assert!(format!("{error:#}").contains(says), "{file}: {error:#}");
        }
    }
}
