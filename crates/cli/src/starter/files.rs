//! The files of a bundle to start from, each with what it is for.

use super::{
    answers::{self, ABOUT_US, ASSISTANT, Answers},
    examples::{self, Topic},
    template::{filled, list, quoted},
};
use remit_domain::text::is_hidden;

/// What an English title ends with.
const DESK: &str = " desk";

/// What a desk that closes says of who chats or calls then.
const NIGHTS: &str = "# Who chats or calls while it is closed is called back once it opens.\n\
                      calls_back = [\"chat\", \"phone\"]\n";

/// One file.
#[derive(Debug)]
pub(crate) struct Made {
    /// Where it lies in the bundle.
    pub(crate) path: &'static str,
    /// What it is for, in a line.
    pub(crate) what: &'static str,
    /// What stands in it.
    pub(crate) bytes: Vec<u8>,
}

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../templates/", $path))
    };
}

/// Everything that a bundle made of `answers` holds; `directory` is where it will lie.
pub(crate) fn made(answers: &Answers, directory: &str) -> anyhow::Result<Vec<Made>> {
    let first = answers.desks.first().map(|desk| desk.name.as_str()).unwrap_or_default();
    let desks = answers.desks.iter().enumerate().map(|(at, desk)| Desk::of(desk, at, answers.in_german()));
    let desks: Vec<Desk<'_>> = desks.collect();
    let written = answers.written();
    let mut topics = vec![examples::about_us(&written)?];
    for desk in desks.iter().filter(|desk| !desk.first && desk.name != ABOUT_US) {
        topics.push(examples::of_desk(desk.name, &desk.about, &written)?);
    }
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let intents: Vec<&str> = topics.iter().flat_map(|topic| topic.intents.iter().map(String::as_str)).collect();
    let parts = Parts { answers, desks: &desks, topics: &topics, first, names: &names, intents: &intents };
    let mut files = vec![
        parts.manifest()?,
        parts.schema()?,
        parts.desk_policies()?,
        text("policies/api.cedar", "who may use which part of the interface", template!("policies/api.cedar")),
        parts.invariants(),
        parts.tests()?,
        Made {
            path: "intents.csv",
            what: "labelled examples, from which it is learnt what messages are about",
            bytes: examples::csv(topics.iter().flat_map(|topic| &topic.learn))?,
        },
    ];
    if answers.ai {
        files.push(text(
            "policies/assistant.cedar",
            "what the AI may keep, and when it must step back",
            template!("policies/assistant.cedar"),
        ));
        files.extend(parts.articles()?);
    }
    if written.contains(&"de") {
        let what = "what customers are told, in German; what is not there is told in English";
        files.push(text("texts/de.toml", what, template!("texts/de.toml")));
    }
    files.push(Made {
        path: "traffic.csv",
        what: "messages to play with `remit demo` and `remit replay`; not part of the bundle",
        bytes: examples::csv(topics.iter().flat_map(|topic| &topic.play))?,
    });
    files.push(parts.readme(&files, directory)?);
    Ok(files)
}

fn text(path: &'static str, what: &'static str, text: &str) -> Made {
    Made { path, what, bytes: text.as_bytes().to_vec() }
}

struct Desk<'a> {
    name: &'a str,
    /// What people read.
    title: String,
    /// What it is about, in the midst of a sentence in German and in English.
    about: [String; 2],
    first: bool,
}

impl<'a> Desk<'a> {
    fn of(desk: &'a answers::Desk, at: usize, in_german: bool) -> Self {
        let about = match desk.title.to_lowercase().strip_suffix(DESK) {
            Some(stem) if !stem.is_empty() => desk.title.get(..stem.len()).unwrap_or(&desk.title),
            _ => desk.title.as_str(),
        };
        let has_it = in_german || desk.title.to_lowercase().ends_with(DESK.trim_start());
        let title = if has_it { desk.title.clone() } else { format!("{}{DESK}", desk.title) };
        Self { name: &desk.name, title, about: [about.to_owned(), about.to_lowercase()], first: at == 0 }
    }
}

/// What files are made of.
struct Parts<'a> {
    answers: &'a Answers,
    desks: &'a [Desk<'a>],
    topics: &'a [Topic],
    first: &'a str,
    names: &'a [&'a str],
    intents: &'a [&'a str],
}

impl Parts<'_> {
    fn specialists(&self) -> impl Iterator<Item = &Desk<'_>> {
        self.desks.iter().filter(|desk| !desk.first)
    }

    fn languages(&self) -> String {
        list(self.answers.known())
    }

    fn manifest(&self) -> anyhow::Result<Made> {
        let languages = self.languages();
        let mut topics = String::new();
        for topic in self.topics {
            let intents = list(topic.intents.iter().map(String::as_str));
            let values = [("topic", &*quoted(&topic.name)), ("intents", &*intents)];
            topics += &filled(template!("topic.toml"), &values)?;
        }
        let ai_topics = list([ABOUT_US]);
        let written = list(self.answers.written());
        let title = if self.answers.in_german() { "\"Assistent\"" } else { "\"Assistant\"" };
        let values = [("ai_topics", &*ai_topics), ("languages", &*written), ("title", title)];
        let responders = if self.answers.ai { filled(template!("responder.toml"), &values)? } else { String::new() };
        let mut queues = String::new();
        for desk in self.desks {
            let of_it = if desk.first { list(self.names.iter().copied()) } else { list([desk.name]) };
            let values = [
                ("desk", &*quoted(desk.name)),
                ("title", &*quoted(&desk.title)),
                ("prior", if desk.first { "8500" } else { "9200" }),
                ("calendar", if desk.first { "\"always\"" } else { "\"office\"" }),
                ("nights", if desk.first { "" } else { NIGHTS }),
                ("desk_topics", &*of_it),
                ("languages", &*languages),
            ];
            queues += &filled(template!("queue.toml"), &values)?;
        }
        let (name, zone) = (&self.answers.organisation, quoted(&self.answers.time_zone));
        // A calendar that no queue uses is wrong.
        let office = match self.desks.len() {
            1 => String::new(),
            _ => filled(template!("office.toml"), &[("time_zone", &*zone)])?,
        };
        let values = [
            ("name", &*quoted(name)),
            ("description", &*quoted(&format!("Support of {name}."))),
            ("currency", &*quoted(&self.answers.currency)),
            ("packs", &*languages),
            ("first_intent", &*quoted(self.intents.first().copied().unwrap_or_default())),
            ("first_topic", &*quoted(ABOUT_US)),
            ("time_zone", &*zone),
            ("topics", &*topics),
            ("responders", &*responders),
            ("queues", &*queues),
            ("office", &*office),
        ];
        let manifest = filled(template!("bundle.toml"), &values)?;
        Ok(text("bundle.toml", "who answers for what, desks and AI, hours, promises, what counts as cost", &manifest))
    }

    fn schema(&self) -> anyhow::Result<Made> {
        let languages = self.answers.known().into_iter().chain(["und"]);
        let values = [
            ("topic_names", &*list(self.names.iter().copied())),
            ("intent_names", &*list(self.intents.iter().copied())),
            ("language_names", &*list(languages)),
            ("skill_names", &*list(self.desks.iter().map(|desk| desk.name))),
        ];
        let schema = filled(template!("schema.cedarschema"), &values)?;
        Ok(text("schema.cedarschema", "what policies can speak of, so that misspelled values are found", &schema))
    }

    fn desk_policies(&self) -> anyhow::Result<Made> {
        let mut policies = String::new();
        for desk in self.specialists() {
            let values = [
                ("desk", &*quoted(desk.name)),
                ("desk_id", desk.name),
                ("desk_reason", &*quoted(&format!("{} takes what is about its topic", desk.title))),
            ];
            policies += &filled(template!("policies/desk.cedar"), &values)?;
        }
        let values = [("first_desk", &*quoted(self.first)), ("desk_policies", &*policies)];
        let policies = filled(template!("policies/desks.cedar"), &values)?;
        Ok(text("policies/desks.cedar", "which desk may take what", policies.trim_end_matches('\n')))
    }

    fn invariants(&self) -> Made {
        let of_ai = if self.answers.ai { template!("invariants/assistant.cedar") } else { "" };
        let invariants = format!("{}{of_ai}", template!("invariants/promises.cedar"));
        text("invariants/promises.cedar", "what must never be, whatever the policies allow", &invariants)
    }

    fn tests(&self) -> anyhow::Result<Made> {
        let (first_desk, mut tests) = (quoted(self.first), String::new());
        let first_intent = quoted(self.intents.first().copied().unwrap_or_default());
        let first_language = quoted(self.answers.written().first().copied().unwrap_or_default());
        if self.answers.ai {
            let values =
                [("first_intent", &*first_intent), ("first_desk", &*first_desk), ("first_language", &*first_language)];
            tests += &filled(template!("tests/assistant.toml"), &values)?;
        }
        for desk in self.specialists() {
            let Some(topic) = self.topics.iter().find(|topic| topic.name == desk.name) else { continue };
            let values = [
                ("test_name", &*quoted(&format!("what is about {}", desk.name))),
                ("first_desk", &*first_desk),
                ("desk", &*quoted(desk.name)),
                ("desk_id", desk.name),
                ("intent", &*quoted(topic.intents.first().map(String::as_str).unwrap_or_default())),
            ];
            tests += &filled(template!("tests/desk.toml"), &values)?;
        }
        let values = [("first_desk", &*first_desk), ("tests", &*tests)];
        let tests = filled(template!("tests/verdicts.toml"), &values)?;
        Ok(text("tests/verdicts.toml", "requests with what is expected of the policies", &tests))
    }

    fn articles(&self) -> anyhow::Result<Vec<Made>> {
        let values = [("organisation", self.answers.organisation.as_str()), ("zone", &self.answers.time_zone)];
        let what = "an article that the AI quotes, with the questions that it answers";
        let article = |path: &'static str, template: &str| anyhow::Ok(text(path, what, &filled(template, &values)?));
        let mut articles = Vec::new();
        for language in self.answers.written() {
            articles.extend(match language {
                "de" => [
                    article("knowledge/oeffnungszeiten.md", template!("knowledge/de/oeffnungszeiten.md"))?,
                    article("knowledge/kontakt.md", template!("knowledge/de/kontakt.md"))?,
                    article("knowledge/ihre-daten.md", template!("knowledge/de/ihre-daten.md"))?,
                ],
                _ => [
                    article("knowledge/opening-hours.md", template!("knowledge/opening-hours.md"))?,
                    article("knowledge/contact.md", template!("knowledge/contact.md"))?,
                    article("knowledge/your-details.md", template!("knowledge/your-details.md"))?,
                ],
            });
        }
        Ok(articles)
    }

    fn readme(&self, files: &[Made], directory: &str) -> anyhow::Result<Made> {
        let rows: Vec<String> = files.iter().map(|made| format!("| `{}` | {} |", made.path, made.what)).collect();
        let articles = format!("- write articles for what is asked often, and `{ASSISTANT}` answers it;\n");
        let hint = if self.answers.ai { articles.as_str() } else { "" };
        // The name is an organisation's; what would be Markdown in it is shown as it is.
        let plain = |c: char| if is_hidden(c) || "`*_[]<>|\\".contains(c) { ' ' } else { c };
        let name: String = self.answers.organisation.chars().map(plain).collect();
        let values = [
            ("organisation", &*name),
            ("explained", &*rows.join("\n")),
            ("articles_hint", hint),
            ("directory", directory),
        ];
        Ok(text("README.md", "what each file is for, and what to do next", &filled(template!("README.md"), &values)?))
    }
}
