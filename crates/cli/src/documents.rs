//! Examples in documents are held against what they are examples of: commands against the program's own parser,
//! requests against the interface's description, parts of bundles by loading them within a small one. Those that
//! nothing can be held against are marked `unchecked`, and counted.

#[path = "../tests/documents/blocks.rs"]
mod blocks;

use crate::{
    Cli,
    starter::{answers::Answers, files},
};
use blocks::{Block, blocks, commands, pages, words};
use clap::{CommandFactory as _, Parser as _};
use remit_policy::{bundle::Bundle, files::Files};
use remit_responders::{Turn, webhook::read_reply};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};
use toml::Table;

/// Languages of which nothing is checked, as they are other programs' or for people alone.
const OTHERS: [&str; 4] = ["text", "nginx", "caddyfile", "yaml"];
/// Blocks of the other languages that may be marked as unchecked at most.
const UNCHECKED_MOST: usize = 6;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_example_is_an_example_of_what_there_is() {
    let description: Value =
        serde_json::from_str(&fs::read_to_string(root().join("docs/openapi.json")).unwrap()).unwrap();
    let (mut counts, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for block in blocks() {
        let language = block.language().to_owned();
        let of = |what: &str| format!("{language} {what}").trim_end().to_owned();
        let held = match language.as_str() {
            _ if block.is("unchecked") => Ok(of("unchecked")),
            other if OTHERS.contains(&other) => Ok(of("")),
            "sh" => shell(&block, &description).map(|()| of("")),
            "toml" if block.word(0) == Some("remit.toml") => configuration(&block).map(|()| of("remit.toml")),
            "toml" | "cedar" | "cedarschema" | "markdown" | "csv" => part(&block).map(|()| of("")),
            "json" => document(&block, &description).map(|what| of(&what)),
            "" => Err("says no language; write one behind the fence, `text` for what is no code".to_owned()),
            other => Err(format!("is in {other}, which nothing checks; mark it as `unchecked`")),
        };
        match held {
            Ok(what) => *counts.entry(what).or_default() += 1,
            Err(why) => wrong.push(format!("{}: {why}", block.at)),
        }
    }
    for (what, count) in &counts {
        remit_command::shown::note(&format!("{count:>4} {what}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unchecked: usize = counts.iter().filter(|(what, _)| what.ends_with("unchecked")).map(|(_, n)| n).sum();
    assert!(unchecked <= UNCHECKED_MOST, "{unchecked} examples are marked as unchecked");
    for known in ["sh", "toml", "json"] {
        assert!(counts.keys().any(|what| what.starts_with(known)), "no {known} is found in the documents");
    }
}

#[test]
fn no_example_is_outside_fences() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        let (mut fenced, mut before) = (false, "");
        for (line, number) in text.lines().zip(1..) {
            let fence = line.trim_start().starts_with("```");
            if !fenced && !fence && line.starts_with("    ") && before.is_empty() {
                wrong.push(format!("{page}:{number}: write it between fences, with its language: {line}"));
            }
            fenced ^= fence;
            before = line;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_ships_to_run_it_says_what_the_program_takes() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let variables: Vec<String> =
        serve.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned())).collect();
    let image = read("deploy/Dockerfile");
    let named = image.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| w.starts_with("REMIT_"));
    let named: Vec<&str> = named.collect();
    assert!(named.len() >= 4, "{named:?}");
    for name in named {
        assert!(variables.iter().any(|known| known == name), "deploy/Dockerfile: no variable {name}");
    }
    // It is built by the compiler that the workspace asks for, of what lies here and is sent along.
    let workspace = read("Cargo.toml");
    let version = workspace.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(
        image.contains(&format!("FROM rust:{version}-")),
        "deploy/Dockerfile is built by another Rust than {version}"
    );
    let left_out = read("deploy/Dockerfile.dockerignore");
    let copied = image.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    let sources: Vec<&str> = copied.filter_map(|line| line.split(' ').next()).collect();
    assert!(sources.len() >= 2, "{sources:?}");
    for source in sources {
        let is_there = root().join(source).exists() && !left_out.lines().any(|line| source.starts_with(line));
        assert!(is_there, "deploy/Dockerfile copies {source}, which is not there");
    }
    let unit = read("deploy/remit.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    Cli::try_parse_from(words(start)).unwrap();
    // Every flag has a row in the documents, with its variable.
    let documented = read("docs/configuration.md");
    for arg in serve.get_arguments().filter(|arg| arg.get_long().is_some_and(|long| long != "move" && long != "json")) {
        let (Some(long), Some(variable)) = (arg.get_long(), arg.get_env()) else { continue };
        let row = format!("| `--{long}` | `{}`", variable.to_str().unwrap());
        assert!(documented.contains(&row), "docs/configuration.md has no row {row}");
    }
}

/// Commands of ours are understood by the program, and requests are what the interface takes.
fn shell(block: &Block, description: &Value) -> Result<(), String> {
    for command in commands(block) {
        let mut words = words(&command);
        // Variables that are set for one command alone.
        while words.first().is_some_and(|word| word.split_once('=').is_some_and(|(name, _)| is_variable(name))) {
            words.remove(0);
        }
        match words.first().map(String::as_str) {
            Some("remit") => {
                Cli::try_parse_from(&words).map_err(|error| format!("{command}: {error}"))?;
            }
            Some("curl") => request(&words, description).map_err(|why| format!("{command}: {why}"))?,
            _ => {}
        }
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// A request of `curl` to the interface.
fn request(words: &[String], description: &Value) -> Result<(), String> {
    let path = words.iter().find_map(|word| match word.strip_prefix("$REMIT_URL/") {
        Some(path) => Some(path),
        None => word.starts_with("http").then(|| word.splitn(4, '/').nth(3).unwrap_or_default()),
    });
    let path = path.ok_or("no address")?.split('?').next().unwrap_or_default();
    let behind = |flags: &[&str]| {
        words.iter().position(|word| flags.contains(&word.as_str())).and_then(|at| words.get(at + 1)).cloned()
    };
    let data = behind(&["-d", "--data", "--data-binary"]);
    let usual = if data.is_some() { "POST" } else { "GET" };
    let method = behind(&["-X", "--request"]).unwrap_or_else(|| usual.to_owned()).to_lowercase();
    let operation = operation(&format!("/{path}"), &method, description)?;
    match data {
        Some(data) => {
            let body: Value = serde_json::from_str(&data).map_err(|error| format!("{data}: {error}"))?;
            fits(&body, operation.pointer("/requestBody/content/application~1json/schema"), description)
        }
        None => Ok(()),
    }
}

/// The operation at a path of the interface.
fn operation<'a>(path: &str, method: &str, description: &'a Value) -> Result<&'a Value, String> {
    let fits = |template: &str| {
        let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template.iter().zip(&path).all(|(known, part)| known.starts_with('{') || known == part)
    };
    let paths = description.get("paths").and_then(Value::as_object).ok_or("no paths")?;
    let found = paths.iter().filter(|(template, _)| fits(template)).find_map(|(_, methods)| methods.get(method));
    found.ok_or_else(|| format!("the interface has no {method} {path}"))
}

/// Holds a value against a schema of the description.
fn fits(value: &Value, schema: Option<&Value>, description: &Value) -> Result<(), String> {
    let mut schema = schema.ok_or("the interface takes no JSON there")?.clone();
    schema["components"] = description["components"].clone();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

/// JSON: a body of a request (`POST /v1/cases`), of its answer (`… answer`), a turn or a reply of a webhook's AI.
fn document(block: &Block, description: &Value) -> Result<String, String> {
    let value: Value = serde_json::from_str(&block.text).map_err(|error| error.to_string())?;
    match (block.word(0), block.word(1)) {
        (Some("turn"), None) => {
            let turn: Turn = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
            let back = serde_json::to_value(turn).map_err(|error| error.to_string())?;
            if back == value { Ok("turn".to_owned()) } else { Err(format!("a turn is {back}")) }
        }
        (Some("reply"), None) => {
            read_reply(block.text.as_bytes()).map(|_| "reply".to_owned()).map_err(|error| error.to_string())
        }
        (Some(method), Some(path)) if path.starts_with('/') => {
            let operation = operation(path, &method.to_lowercase(), description)?;
            let schema = match block.is("answer") {
                false => operation.pointer("/requestBody/content/application~1json/schema"),
                true => {
                    let answers = operation.get("responses").and_then(Value::as_object);
                    let good = answers.into_iter().flatten().find(|(status, _)| status.starts_with('2'));
                    good.and_then(|(_, answer)| answer.pointer("/content/application~1json/schema"))
                }
            };
            fits(&value, schema, description).map(|()| "of the interface".to_owned())
        }
        _ => Err("says not what it is: `METHOD PATH`, `METHOD PATH answer`, `turn`, `reply` or `unchecked`".to_owned()),
    }
}

/// A file for `remit serve --config`.
fn configuration(block: &Block) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = directory.path().join("remit.toml");
    fs::write(&path, &block.text).map_err(|error| error.to_string())?;
    let given = ["remit", "serve", "--config", &path.display().to_string()].map(Into::into).to_vec();
    let all = crate::configuration::completed(&Cli::command(), given).map_err(|error| format!("{error:#}"))?;
    Cli::try_parse_from(all).map(|_| ()).map_err(|error| error.to_string())
}

/// A part of a bundle, put into a small one, which must be good with it.
fn part(block: &Block) -> Result<(), String> {
    let answers = Answers {
        organisation: "Example".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        desks: crate::starter::answers::desks("support,billing")?,
        ai: true,
        currency: "EUR".to_owned(),
    };
    let made = files::made(&answers, "example").map_err(|error| error.to_string())?;
    let mut bundle: BTreeMap<String, Vec<u8>> =
        made.into_iter().map(|made| (made.path.to_owned(), made.bytes)).collect();
    bundle.retain(|path, _| !["README.md", "traffic.csv"].contains(&path.as_str()));
    let text = |bundle: &BTreeMap<String, Vec<u8>>, path: &str| {
        String::from_utf8(bundle.get(path).cloned().unwrap_or_default()).unwrap_or_default()
    };
    match (block.language(), block.word(0)) {
        ("toml", None | Some("bundle.toml")) => {
            let base: Table = text(&bundle, "bundle.toml").parse().map_err(|error| format!("{error}"))?;
            let base = with_fields(base, block)?;
            let added: Table = block.text.parse().map_err(|error| format!("{error}"))?;
            declare_ai(&added, &mut bundle);
            let merged = toml::to_string(&merged(base, added)).map_err(|error| error.to_string())?;
            bundle.insert("bundle.toml".to_owned(), merged.into_bytes());
        }
        ("cedar", None) => {
            let base: Table = text(&bundle, "bundle.toml").parse().map_err(|error| format!("{error}"))?;
            let base = toml::to_string(&with_fields(base, block)?).map_err(|error| error.to_string())?;
            bundle.insert("bundle.toml".to_owned(), base.into_bytes());
            declare_named(&block.text, &mut bundle)?;
            bundle.insert("policies/example.cedar".to_owned(), block.text.clone().into_bytes());
        }
        ("cedarschema", None) => {
            let schema = text(&bundle, "schema.cedarschema") + &block.text;
            bundle.insert("schema.cedarschema".to_owned(), schema.into_bytes());
        }
        (_, Some(path)) => {
            if path.starts_with("readings/") && path.ends_with(".toml") {
                declare_readings(&block.text, &mut bundle)?;
            }
            if path.starts_with("tests/") {
                with_policies(block, &mut bundle)?;
            }
            bundle.insert(path.to_owned(), block.text.clone().into_bytes());
        }
        _ => return Err("says not which file of a bundle it is".to_owned()),
    }
    let said = |findings: Vec<remit_policy::finding::Finding>| {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let bundle = Bundle::load(Files::new(bundle)).map_err(said)?;
    let tests = block.word(0).is_some_and(|path| path.starts_with("tests/"));
    let report = remit_policy::suite::run(&bundle, &remit_policy::engine::Engine::new(&bundle));
    if tests && !report.failures.is_empty() { Err(said(report.failures)) } else { Ok(()) }
}

/// A manifest with the fields and facts that the same page declares before an example.
fn with_fields(base: Table, example: &Block) -> Result<Table, String> {
    let before = blocks().into_iter().take_while(|block| block.at != example.at);
    let declaring = before
        .filter(|block| block.page == example.page && block.language() == "toml" && block.word(0).is_none())
        .filter(|block| ["[[field]]", "[action.parameters]"].iter().any(|table| block.text.contains(table)));
    declaring
        .map(|block| block.text.parse::<Table>().map_err(|error| format!("{error}")))
        .try_fold(base, |base, declared| Ok(merged(base, declared?)))
}

/// A manifest with what an example says in place of what it said: tables key by key, lists of tables by name.
fn merged(mut base: Table, added: Table) -> Table {
    use toml::Value as Toml;
    for (key, value) in added {
        match (base.get_mut(&key), value) {
            (Some(Toml::Table(old)), Toml::Table(new)) => *old = merged(std::mem::take(old), new),
            (Some(Toml::Array(old)), Toml::Array(new)) if new.iter().all(Toml::is_table) => {
                for one in new {
                    let name = one.get("name").cloned();
                    match old.iter_mut().find(|known| name.is_some() && known.get("name") == name.as_ref()) {
                        Some(Toml::Table(known)) => {
                            let Toml::Table(one) = one else { continue };
                            *known = merged(std::mem::take(known), one);
                        }
                        _ => old.push(one),
                    }
                }
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    base
}

/// Policies without which a new responder would be one that nothing is permitted to.
fn declare_ai(added: &Table, bundle: &mut BTreeMap<String, Vec<u8>>) {
    let mut policies = String::new();
    for (list, kind) in [("responder", "Ai"), ("queue", "Queue")] {
        for one in added.get(list).and_then(toml::Value::as_array).into_iter().flatten() {
            let Some(name) = one.get("name").and_then(toml::Value::as_str) else { continue };
            policies += &format!(
                "@id(\"example.{name}\")\n@owner(\"lead\")\n@reason(\"An example\")\npermit (principal == \
                 {kind}::\"{name}\", action == Action::\"handle\", resource);\n"
            );
        }
    }
    let actions: Vec<&str> = added
        .get("action")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter(|one| one.get("parameters").is_none())
        .filter_map(|one| one.get("name")?.as_str())
        .collect();
    if !actions.is_empty() {
        let schema = bundle.entry("schema.cedarschema".to_owned()).or_default();
        let declared = format!(
            "entity RequestedAction enum {};\naction \"act\" appliesTo {{ principal: Ai, resource: RequestedAction, \
             context: Facts }};\n",
            json!(actions)
        );
        schema.extend(declared.into_bytes());
    }
    if !policies.is_empty() {
        bundle.insert("policies/example.cedar".to_owned(), policies.into_bytes());
    }
}

/// Tests of what the same page declares before them are run under that.
fn with_policies(tests: &Block, bundle: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let manifest = bundle.entry("bundle.toml".to_owned()).or_default();
    let base: Table = String::from_utf8_lossy(manifest).parse().map_err(|error| format!("{error}"))?;
    let declared = with_fields(base.clone(), tests)?;
    if declared == base {
        return Ok(());
    }
    *manifest = toml::to_string(&declared).map_err(|error| error.to_string())?.into_bytes();
    let before = blocks().into_iter().take_while(|block| block.at != tests.at);
    let policies = before.filter(|block| block.page == tests.page && block.language() == "cedar");
    let policies: Vec<String> = policies.map(|block| block.text).collect();
    bundle.insert("policies/example.cedar".to_owned(), policies.join("\n").into_bytes());
    Ok(())
}

/// Responders that an example of policies names and that the small bundle does not have.
fn declare_named(policies: &str, bundle: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let manifest = bundle.entry("bundle.toml".to_owned()).or_default();
    let text = String::from_utf8_lossy(manifest).into_owned();
    let mut base: Table = text.parse().map_err(|error| format!("{error}"))?;
    for (kind, list, like) in [("Ai::\"", "responder", "assistant"), ("Queue::\"", "queue", "billing")] {
        let named = policies.split(kind).skip(1).filter_map(|rest| rest.split('"').next());
        for name in named {
            let Some(toml::Value::Array(all)) = base.get_mut(list) else { continue };
            let is = |one: &toml::Value, name: &str| one.get("name").and_then(toml::Value::as_str) == Some(name);
            if all.iter().any(|one| is(one, name)) {
                continue;
            }
            let Some(mut one) = all.iter().find(|one| is(one, like)).cloned() else { continue };
            if let Some(table) = one.as_table_mut() {
                table.insert("name".to_owned(), name.into());
            }
            all.push(one);
        }
    }
    *manifest = toml::to_string(&base).map_err(|error| error.to_string())?.into_bytes();
    Ok(())
}

/// What an example of readings declares stands in the schema's vocabularies too.
fn declare_readings(text: &str, bundle: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let readings: Table = text.parse().map_err(|error| format!("{error}"))?;
    let schema = bundle.entry("schema.cedarschema".to_owned()).or_default();
    let mut declared = String::from_utf8_lossy(schema).into_owned();
    for (list, key, vocabulary) in [("situation", "name", "Situation"), ("language", "code", "Language")] {
        for one in readings.get(list).and_then(toml::Value::as_array).into_iter().flatten() {
            let Some(value) = one.get(key).and_then(toml::Value::as_str) else { continue };
            declared = declared
                .replace(&format!("entity {vocabulary} enum ["), &format!("entity {vocabulary} enum [\"{value}\", "));
        }
    }
    *schema = declared.into_bytes();
    Ok(())
}
