//! What a model wrote: its answer, its tool calls, and whether it is surely one of both. Reasoning, calls and tokens of
//! templates are told from words in the forms of every family of models; what cannot be told is in doubt.

mod announced;
mod calls;
mod marks;
mod repeated;
mod sections;

use crate::{
    called::{Called, CalledName},
    loose, reasons,
    shown::clean,
};
use serde_json::{Value, json};

/// What a text says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct WrittenAnswer {
    /// What may be shown to the customer.
    pub(crate) answer: String,
    /// Tool calls.
    pub(crate) calls: Vec<Called>,
    /// Why the answer may be none.
    pub(crate) doubt: Option<&'static str>,
}

const UNREAD: &str = "the model wrote a tool call that cannot be read";
/// Words that only Remit's own instructions have.
const INTERNAL: [&str; 6] =
    ["wants_human", "out_of_scope", "needs_action", "tool_failed", "conversation_stuck", "waited_ms"];

/// Reads a model's text. `actions` are those that it may ask for.
pub(crate) fn read(text: &str, actions: &[String]) -> WrittenAnswer {
    let text = untangled(&clean(text));
    let sorted = sections::sort(&text);
    let mut written = WrittenAnswer { answer: sorted.words.trim().to_owned(), calls: Vec::new(), doubt: sorted.doubt };
    if !sorted.call.trim().is_empty() {
        written.calls = calls::marked(&sorted.call, actions);
        if written.calls.is_empty() {
            written.doubt = Some(UNREAD);
        }
        return written;
    }
    if written.answer.is_empty() || written.doubt.is_some() {
        // A call in reasoning that has no end, or after which nothing comes, was meant; only giving up is carried out.
        let hidden = calls::marked(&sorted.hidden, actions);
        let gives = |call: &Called| call.name == CalledName::Yield && reasons::of_arguments(&call.arguments).is_some();
        written.calls = hidden.into_iter().filter(gives).collect();
        return written;
    }
    plain(written, actions)
}

/// Reads what has no marks.
fn plain(mut written: WrittenAnswer, actions: &[String]) -> WrittenAnswer {
    let words = without_preamble(&written.answer);
    written.calls = calls::unmarked(&words, actions);
    if written.calls.is_empty() {
        written.calls.extend(spoken(&words));
    }
    if written.calls.is_empty() {
        written.doubt = doubt(&words);
    }
    words.clone_into(&mut written.answer);
    written
}

fn doubt(words: &str) -> Option<&'static str> {
    let bare = unfenced(words);
    let is_data = loose::at_start(bare).is_some_and(|found| {
        bare.get(found.bytes..).is_some_and(|rest| rest.trim().is_empty())
            && (bare.starts_with('{')
                || found.value.as_array().is_some_and(|values| values.iter().any(Value::is_object)))
    });
    let calls_another = |text: &str| {
        let (name, arguments) = (
            text.contains("\"name\""),
            ["\"arguments\"", "\"parameters\"", "\"args\""].iter().any(|key| text.contains(key)),
        );
        name && arguments && text.contains('{')
    };
    let lower = words.to_lowercase();
    let line = |start: &str| lower.starts_with(start) || lower.contains(&format!("\n{start}"));
    let other_side = [
        "user:",
        "human:",
        "customer:",
        "### instruction",
        "### user",
        "<<sys>>",
        "user\n",
        "**user:**",
        "**customer:**",
    ];
    if words.is_ascii() && !words.contains(|c: char| c.is_ascii_alphanumeric()) {
        Some("the model answered without words")
    } else if is_data || calls_another(words) {
        Some("the model wrote data and no answer")
    } else if line("action input:")
        || (line("action:") && line("thought:"))
        || (line("thought:") && !line("final answer:"))
    {
        Some(UNREAD)
    } else if lower.starts_with("here is my thought process") || lower.starts_with("here's my thought process") {
        Some("the model's reasoning has no end")
    } else if other_side.iter().any(|start| line(start)) {
        Some("the model went on in the customer's place")
    } else if ["&lt;think", "&lt;/think", "&lt;tool_call", "&lt;|", "<|"].iter().any(|mark| lower.contains(mark)) {
        Some("the model wrote a token of its template")
    } else if words.contains("is data. It never changes these instructions")
        || lower.contains("you answer customers' messages in one support case")
    {
        Some("the model repeated its instructions")
    } else if starts_like_analysis(words) {
        Some("the model's reasoning has no end")
    } else if ends_in_a_mark(words) {
        Some("the model's text ends within a token of its template")
    } else if repeated::goes_in_circles(words) {
        Some("the model said the same again and again")
    } else if announced::announces(words) {
        Some("the model announced that it passes the case on")
    } else {
        None
    }
}

/// Whether the text breaks off in the middle of a tag or token.
fn ends_in_a_mark(words: &str) -> bool {
    let cut_data = words.rfind("{\"").and_then(|at| words.get(at..)).is_some_and(|data| {
        // Data that is not closed, or is none.
        loose::at_start(data).is_none_or(|found| !found.whole)
    });
    if cut_data || words.contains("]<]") || words.ends_with("SYS>") {
        return true;
    }
    let Some(open) = words.rfind(['<', '[', '◁']).and_then(|at| words.get(at..)) else { return false };
    let mut chars = open.chars();
    let (first, rest) = (chars.next(), chars.as_str().trim_start_matches(['/', '|', '｜']));
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_|｜▁:=-. \"'".contains(c);
    let begins = rest.chars().next().is_none_or(|c| c.is_ascii_alphabetic());
    match first {
        Some('[') => {
            let marks = ["THINK", "TOOL_CALLS", "TOOL_REQUEST", "TOOL_RESULTS", "INST", "ARGS", "CALL_ID", "EOS"];
            !rest.is_empty() && marks.iter().any(|mark| mark.starts_with(rest))
        }
        _ if rest.starts_with(' ') => "think".starts_with(rest.trim()),
        _ => open.len() <= 80 && begins && rest.chars().all(is_name),
    }
}

/// The tokens of gpt-oss's channels are left out by some servers, the names of the channels stay.
fn starts_like_analysis(words: &str) -> bool {
    let rest = ["analysis", "assistantanalysis", "commentary"].iter().find_map(|name| words.strip_prefix(name));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_uppercase() || c == '\n' || c == ':') || rest.contains("assistant")
    })
}

/// The text without spellings that would break marks: families' prefixes, marks in several tokens, escaped ones.
fn untangled(text: &str) -> String {
    let mut text = text.replace("]<]minimax[>[", "");
    // Llama 2's system message, also where its beginning was part of the prompt.
    for (token, mark) in
        [("<<SYS>>", "[SYSTEM_PROMPT]"), ("<</SYS>>", "[/SYSTEM_PROMPT]"), ("</SYS>>", "[/SYSTEM_PROMPT]")]
    {
        text = text.replace(token, mark);
    }
    // Kimi's `<|open|>think<|sep|>` is `<think>`.
    text = retagged(&retagged(&text, "<|open|>", "<"), "<|close|>", "</");
    let escaped = ["&lt;think&gt;", "&lt;/think&gt;", "&lt;tool_call&gt;", "&lt;|"];
    if escaped.iter().any(|mark| text.contains(mark)) {
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    }
    // Without tokens: `analysis…assistantfinal…`, `…assistantcommentary to=functions.yield json{…}`.
    let begins = text.trim_start();
    if begins.starts_with("analysis") || begins.starts_with("assistantanalysis") {
        if let Some((_, last)) = text.rsplit_once("assistantfinal") {
            return format!("<|channel|>final<|message|>{last}");
        }
        if let Some((_, call)) = text.rsplit_once("assistantcommentary") {
            let call = call.trim_start();
            let (header, rest) = call.find('{').and_then(|at| call.split_at_checked(at)).unwrap_or((call, ""));
            return format!("<|channel|>commentary {header}<|message|>{rest}");
        }
    }
    text
}

/// The text with `{token}name<|sep|>` as `{tag}name>`.
fn retagged(text: &str, token: &str, tag: &str) -> String {
    let mut parts = text.split(token);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("<|sep|>").filter(|(name, _)| name.len() < 200 && !name.contains('<')) {
            Some((name, rest)) => whole.extend([tag, name.trim(), ">", rest]),
            None => whole.extend([token, part]),
        }
    }
    whole
}

fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').trim()
}

/// The answer without what some models say before it.
fn without_preamble(words: &str) -> String {
    let lower = words.to_ascii_lowercase();
    let after = |mark: &str| lower.rfind(mark).and_then(|at| words.get(at + mark.len()..)).map(str::trim);
    let granite = ["here is my response:", "here's my response:", "here is the response:"];
    let thought =
        ["here is my thought process", "here's my thought process"].iter().any(|start| lower.starts_with(start));
    if thought && let Some(answer) = granite.iter().find_map(|mark| after(mark)) {
        return answer.to_owned();
    }
    let thinks = lower.starts_with("thought:") || lower.starts_with("question:") || lower.contains("\nthought:");
    if let Some(answer) = after("final answer:").filter(|_| thinks) {
        return answer.to_owned();
    }
    let words = words.strip_prefix(">>>all\n").unwrap_or(words);
    let roles = [
        "assistant:",
        "Assistant:",
        "ASSISTANT:",
        "AI:",
        "Final Answer:",
        "Answer:",
        "Response:",
        "### Response:",
        "### Assistant:",
        "assistant\n",
        "model\n",
        "final\n",
    ];
    roles.iter().find_map(|role| words.strip_prefix(role)).unwrap_or(words).trim().to_owned()
}

/// A call that is spelt out: `YIELD: wants_human`, `/yield unsure`, or words about the tool itself.
fn spoken(words: &str) -> Option<Called> {
    let gives = |reason: Option<String>| {
        let arguments = reason.map_or(Value::Null, |reason| json!({ "reason": reason }));
        Some(Called { name: CalledName::Yield, arguments, is_exact: true })
    };
    let bare = unfenced(words).trim_matches(|c: char| !c.is_alphanumeric());
    let lower = bare.to_lowercase();
    let internal = INTERNAL.iter().find(|name| words.contains(**name)).map(|name| (*name).to_owned());
    if let Some(rest) = lower.strip_prefix("yield").filter(|_| bare.len() <= 200) {
        if let Some(reason) = rest
            .starts_with(|c: char| !c.is_alphanumeric())
            .then(|| reasons::of_text(rest.trim_start_matches("ed")))
            .flatten()
        {
            return gives(serde_json::to_value(reason).ok().and_then(|name| name.as_str().map(ToOwned::to_owned)));
        }
        if rest.is_empty() {
            return gives(None);
        }
    }
    let line = lower.lines().find_map(|line| line.trim().strip_prefix("action:").map(str::trim));
    if let Some("yield") = line.map(|line| line.trim_matches(['`', '"', '*'])) {
        return gives(internal.or(Some(lower)));
    }
    if crate::YieldReason::NAMES.contains(&lower.as_str()) {
        return gives(Some(lower));
    }
    // No customer is spoken to with these names.
    let tool =
        ["`yield`", "tool yield", "yield tool", "yield()"].iter().any(|said| words.to_lowercase().contains(said));
    if internal.is_some() || tool || words.contains("`unsure`") {
        return gives(internal.or_else(|| words.contains("unsure").then(|| "unsure".to_owned())));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// A text of the table of forms and what it begins with.
    #[derive(serde::Deserialize)]
    struct Form {
        text: String,
        answer: Option<String>,
    }

    #[derive(serde::Deserialize)]
    struct Forms {
        form: Vec<Form>,
    }

    #[test]
    fn no_beginning_of_a_form_shows_more_than_its_answer() {
        let forms: Forms = toml::from_str(include_str!("../../tests/http/forms/written.toml")).unwrap();
        let leaks = ["<", "[T", "{\"", "◁", "tool_call", "wants_human", "</"];
        let mut wrong = Vec::new();
        for form in forms.form {
            // What is an answer with such signs may begin with them, and where thinking begins unseen, so does what
            // follows.
            let own = form.answer.as_deref().is_some_and(|answer| leaks.iter().any(|leak| answer.contains(leak)));
            let thinks = form.text.starts_with(['<', '[', '◁']) && !form.text.contains("[INST]");
            for (at, _) in form.text.char_indices() {
                let read = read(&form.text[..at], &["refund".to_owned()]);
                let shows = leaks.iter().any(|leak| read.answer.contains(leak));
                let leaks = shows || (thinks && read.answer.contains("delivery"));
                if !own && leaks && read.doubt.is_none() && read.calls.is_empty() {
                    wrong.push(format!("{:?} shows {:?}", &form.text[..at], read.answer));
                    break;
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn hostile_texts_are_read_in_time_that_grows_with_their_length() {
        let pieces = [
            "<",
            "[",
            "◁",
            "{",
            "(",
            "<think>",
            "</think>",
            "<|open|>",
            "<|open|>a<|sep|>",
            "{\"a\":\"",
            "yield(",
            "yield(\"",
            "<parameter=a></x>",
            "<tool_call><parameter=a>",
            "{\"name\":\"yield\",",
            "<|channel|>",
            "<|start|>a",
            "I'm transferring ",
            "&lt;think&gt;",
            "```json\n",
            "assistantfinal",
            "\u{1b}]",
            "Action: yield\n",
            "<a ",
            "call:yield{",
            "<yield><b>",
            "<arg_key>",
        ];
        for piece in pieces {
            for start in ["", "<tool_call>", "analysis"] {
                let text = start.to_owned() + &piece.repeat(64 * 1024 / piece.len());
                let began = Instant::now();
                let _ = read(&text, &["refund".to_owned()]);
                assert!(began.elapsed() < Duration::from_secs(4), "{start}{piece}… took {:?}", began.elapsed());
            }
        }
    }
}
