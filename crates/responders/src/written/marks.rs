//! The marks that models' templates put into text: tags, tokens and brackets, and what each is for.
//!
//! The names are those of the chat templates and output parsers of llama.cpp, vLLM, SGLang, Ollama, TGI and LM Studio.
//! Families spell the same few ideas in their own ways, so a mark is read in parts: what begins or ends, and of what.

/// The most bytes of a mark.
const BYTES_MAX: usize = 300;

/// A mark in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    /// Where it begins and ends, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The name in lower case, without what a family or namespace adds.
    pub(super) name: String,
    pub(super) side: Side,
    /// Whether it is a token of a template (`<|…|>`), which nobody writes by hand.
    pub(super) token: bool,
    /// What stands after the name.
    pub(super) attributes: &'a str,
}

/// Whether a mark begins or ends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Open,
    Close,
}

/// What a mark is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Around what the model thinks.
    Reasoning,
    /// Around what it says.
    Answer,
    /// Around a tool call, or a part of one.
    Call,
    /// Around what a tool is said to have returned.
    Result,
    /// Ends a message.
    End,
    /// Begins the line that says whose message follows.
    Header,
    /// Ends that line.
    HeaderEnd,
    /// Names the channel of the message.
    Channel,
    /// Begins a message of the model.
    Assistant,
    /// Begins a message of somebody else.
    Other,
    /// Says nothing.
    Noise,
    /// A token whose meaning is not known.
    Unknown,
}

/// The first mark at or after a place that has a meaning.
pub(super) fn next(text: &str, from: usize) -> Option<(Mark<'_>, Class)> {
    let mut at = from;
    loop {
        let mark = any(text, at)?;
        at = mark.start + 1;
        let line_starts = text
            .get(..mark.start)
            .is_none_or(|before| before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim().is_empty());
        if let Some(class) = class(&mark, line_starts) {
            return Some((mark, class));
        }
    }
}

/// The first tag, token or bracket at or after a place, whatever its name.
pub(super) fn any(text: &str, from: usize) -> Option<Mark<'_>> {
    let rest = text.get(from..)?;
    rest.char_indices().find_map(|(at, c)| match c {
        '<' => angle(text, from + at),
        '[' => bracket(text, from + at),
        '◁' => triangle(text, from + at),
        _ => None,
    })
}

fn inner<'a>(text: &'a str, start: usize, open: &str, close: char) -> Option<(&'a str, usize)> {
    let after = text.get(start + open.len()..)?;
    let near = after.get(..after.floor_char_boundary(BYTES_MAX))?;
    let end = near.find(close)?;
    Some((after.get(..end)?, start + open.len() + end + close.len_utf8()))
}

fn angle(text: &str, start: usize) -> Option<Mark<'_>> {
    let (raw, end) = inner(text, start, "<", '>')?;
    if raw.contains(['<', '\n']) {
        return None;
    }
    // DeepSeek and others write wide bars and a low block for spaces.
    let bar = |c: char| c == '|' || c == '｜';
    let trimmed = raw.trim();
    let (mut side, mut token) = (Side::Open, false);
    let mut body = trimmed;
    if let Some(rest) = body.strip_prefix('/') {
        (side, body) = (Side::Close, rest.trim_start());
    }
    let (before, after) = (body.starts_with(bar), body.ends_with(bar));
    match (before, after) {
        (true, true) => token = true,
        // `<|tool_call>` and `<tool_call|>` are a pair of Gemma's.
        (false, true) => (side, token) = (Side::Close, true),
        (true, false) => token = true,
        (false, false) => {}
    }
    body = body.trim_matches(bar).trim();
    // `<｜DSML｜invoke name="x">`, `<ifm|think>`: a family's name before the bar.
    let head = body.find([' ', '=', '\t']).and_then(|at| body.get(..at)).unwrap_or(body);
    if let Some((family, _)) = head.rsplit_once(bar) {
        let at = family.len() + head.get(family.len()..)?.chars().next()?.len_utf8();
        (body, token) = (body.get(at..)?.trim_start(), false);
    }
    if let Some(rest) = body.strip_prefix('/') {
        (side, body) = (Side::Close, rest);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_:.-▁".contains(c) || (c == ' ' && token);
    let named = body.find(|c| !is_name(c)).and_then(|at| body.split_at_checked(at));
    let (name, attributes) = named.unwrap_or((body, ""));
    let (name, sided) = plain(&name.replace(['▁', ' '], "_"), token);
    if name.is_empty() || name == "escape" {
        return None;
    }
    Some(Mark { start, end, name, side: sided.unwrap_or(side), token, attributes: attributes.trim_end_matches('/') })
}

fn bracket(text: &str, start: usize) -> Option<Mark<'_>> {
    let (raw, end) = inner(text, start, "[", ']')?;
    let (side, body) = raw.strip_prefix('/').map_or((Side::Open, raw), |rest| (Side::Close, rest));
    let (side, body) = body.strip_prefix("END_").map_or((side, body), |rest| (Side::Close, rest));
    let known = [
        "THINK",
        "TOOL_CALLS",
        "TOOL_CALL",
        "TOOL_REQUEST",
        "FUNCTION_CALL",
        "ARGS",
        "CALL_ID",
        "TOOL_RESULTS",
        "TOOL_RESULT",
        "TOOL_CONTENT",
        "INST",
        "SYSTEM_PROMPT",
        "AVAILABLE_TOOLS",
        "gMASK",
        "BOS",
        "EOS",
        "PAD",
        "UNK",
        "SEP",
        "CLS",
        "MASK",
        "OF_TEXT",
        "BEGIN_OF_TEXT",
        "REASONING",
    ];
    let name = known.contains(&body).then(|| body.to_ascii_lowercase())?;
    let name = if name == "of_text" { "end_of_text".to_owned() } else { name };
    Some(Mark { start, end, name, side, token: true, attributes: "" })
}

fn triangle(text: &str, start: usize) -> Option<Mark<'_>> {
    let (raw, end) = inner(text, start, "◁", '▷')?;
    let (side, body) = raw.strip_prefix('/').map_or((Side::Open, raw), |rest| (Side::Close, rest));
    (body.len() < 40 && body.is_ascii()).then(|| Mark {
        start,
        end,
        name: body.to_ascii_lowercase(),
        side,
        token: true,
        attributes: "",
    })
}

/// The name without namespace, suffix and words of beginning and ending, and which of the two was among them.
fn plain(name: &str, token: bool) -> (String, Option<Side>) {
    let mut name = name.to_ascii_lowercase();
    if name.contains(':') {
        let known = |part: &&str| !part.is_empty() && stem_class(affixes(part).0, true).is_some();
        let part = name.split(':').find(known).or_else(|| name.rsplit(':').find(|part| !part.is_empty()));
        name = part.unwrap_or_default().to_owned();
    }
    let name = name.replace('-', "_");
    // Cohere's text and MedGemma's thoughts.
    if let "end_text" | "unused95" = name.as_str() {
        return (name, Some(Side::Close));
    }
    if exact_class(&name).is_some()
        || !(token || name.starts_with("start_function") || name.starts_with("end_function"))
    {
        return (name, None);
    }
    let (stem, side) = affixes(&name);
    if stem_class(stem, true).is_some() { (stem.to_owned(), side) } else { (name, None) }
}

fn affixes(name: &str) -> (&str, Option<Side>) {
    let before = [
        ("begin_of_", Side::Open),
        ("begin_", Side::Open),
        ("start_of_", Side::Open),
        ("start_", Side::Open),
        ("end_of_", Side::Close),
        ("end_", Side::Close),
    ];
    let after = [
        ("_begin", Side::Open),
        ("_start", Side::Open),
        ("_prefix", Side::Open),
        ("_end", Side::Close),
        ("_suffix", Side::Close),
    ];
    let before = before.iter().find_map(|(affix, side)| Some((name.strip_prefix(affix)?, *side)));
    let found = before.or_else(|| after.iter().find_map(|(affix, side)| Some((name.strip_suffix(affix)?, *side))));
    found.map_or((name, None), |(stem, side)| (stem, Some(side)))
}

/// Names of tokens that mean something only as a whole.
fn exact_class(name: &str) -> Option<Class> {
    Some(match name {
        "im_end"
        | "eot_id"
        | "eot"
        | "eom_id"
        | "eom"
        | "end"
        | "endoftext"
        | "end_of_text"
        | "end_of_turn"
        | "end_of_turn_token"
        | "return"
        | "end_of_sentence"
        | "end_of_msg"
        | "end_message"
        | "message_sep"
        | "content_model_end_sampling"
        | "eos"
        | "eod"
        | "eod_id"
        | "end_of_utterance"
        | "end_turn"
        | "endofresponse"
        | "end_of_document"
        | "call"
        | "eop" => Class::End,
        "im_start"
        | "start_header_id"
        | "header_start"
        | "start_of_role"
        | "start_of_turn"
        | "start_of_turn_token"
        | "start"
        | "turn"
        | "message_model"
        | "role_start" => Class::Header,
        "im_sep" | "end_header_id" | "header_end" | "end_of_role" | "role_sep" | "message" => Class::HeaderEnd,
        "channel" => Class::Channel,
        "assistant" | "chatbot_token" | "model" | "ai" => Class::Assistant,
        "user" | "user_token" | "human" | "system" | "system_token" | "developer" | "ipython" | "environment"
        | "customer" | "inst" | "system_prompt" | "available_tools" => Class::Other,
        "begin_of_text" | "begin_of_sentence" | "startoftext" | "bos" | "pad" | "unk" | "sop" | "gmask"
        | "constrain" | "sep" | "cls" | "mask" | "no_think" | "nothink" | "s" => Class::Noise,
        "start_text" | "end_text" => Class::Answer,
        _ => return None,
    })
}

fn stem_class(stem: &str, token: bool) -> Option<Class> {
    Some(match stem {
        "think" | "thinking" | "thought" | "thoughts" | "thought_process" | "thinking_process" | "reasoning"
        | "reasoning_process" | "reflection" | "reflexion" | "self_reflection" | "analysis" | "scratchpad"
        | "scratch_pad" | "inner_monologue" | "internal_monologue" | "monologue" | "inner_thoughts"
        | "internal_thoughts" | "chain_of_thought" | "cot" | "think_fast" | "think_faster" | "think_on"
        | "think_off" | "cot_budget_reflect" | "content_thinking" | "inner" | "deliberation" | "planning" => {
            Class::Reasoning
        }
        "answer" | "final_answer" | "final" | "response" | "final_response" | "solution" | "content_text"
        | "output_text" | "reply" | "text" => {
            if stem == "text" && !token {
                return None;
            } else {
                Class::Answer
            }
        }
        "tool_call"
        | "tool_calls"
        | "tool_calls_section"
        | "toolcall"
        | "toolcalls"
        | "tool_use"
        | "tool_code"
        | "tool_request"
        | "tool_requests"
        | "function_call"
        | "function_calls"
        | "functioncall"
        | "functioncalls"
        | "function"
        | "functions"
        | "invoke"
        | "tool"
        | "tools"
        | "action"
        | "python_tag"
        | "python"
        | "plugin"
        | "content_invoke_tool_json"
        | "content_invoke_tool_text"
        | "iquest_tool_call"
        | "longcat_tool_call"
        | "dots_function_call"
        | "use_tool"
        | "execute_tool"
        | "parameter"
        | "parameters"
        | "param"
        | "argument"
        | "arguments"
        | "arg_key"
        | "arg_value"
        | "arg_type"
        | "args"
        | "tool_sep"
        | "tool_call_argument"
        | "tool_name"
        | "tool_input"
        | "tool_arguments"
        | "call_id"
        | "function_name"
        | "yield"
        | "act" => Class::Call,
        "calls" if !token => Class::Call,
        "tool_response" | "tool_responses" | "tool_result" | "tool_results" | "tool_output" | "tool_outputs"
        | "function_result" | "function_results" | "function_response" | "function_responses" | "observation"
        | "tool_content" => Class::Result,
        _ => return None,
    })
}

fn class(mark: &Mark<'_>, line_starts: bool) -> Option<Class> {
    let numbered = |prefix: &str| {
        mark.name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    };
    if mark.name == "unused94" || mark.name == "unused95" {
        return Some(Class::Reasoning);
    }
    if ["unused", "special_", "extra_id_", "reserved_", "reserved_special_token_", "reserved_token_"]
        .iter()
        .any(|prefix| numbered(prefix))
    {
        return Some(Class::Noise);
    }
    if let Some(class) = stem_class(&mark.name, mark.token) {
        return Some(class);
    }
    let exact = exact_class(&mark.name);
    if mark.token {
        return Some(exact.unwrap_or(Class::Unknown));
    }
    // Without bars these may be placeholders in an answer, such as `<user>@example.com`.
    match (exact?, mark.name.as_str(), mark.side) {
        (
            class,
            "eos" | "end_of_turn" | "end_of_utterance" | "start_of_turn" | "bos" | "pad" | "unk" | "sop" | "mask",
            _,
        ) => Some(class),
        (_, "s", Side::Close) => Some(Class::End),
        (_, "s", Side::Open) if line_starts => Some(Class::Noise),
        (class @ (Class::Assistant | Class::Other), _, Side::Open) if line_starts && mark.attributes.is_empty() => {
            Some(class)
        }
        (Class::Assistant | Class::Other, _, Side::Close) => Some(Class::End),
        _ => None,
    }
}

impl Mark<'_> {
    /// The name that the mark gives to something: `=name`, `name="…"`, `tool="…"`, `key="…"`.
    pub(super) fn given_name(&self) -> Option<String> {
        let attributes = self.attributes.trim();
        if let Some(name) = attributes.strip_prefix('=') {
            let name = name.trim().trim_matches(['"', '\'']);
            return (!name.is_empty()).then(|| name.to_owned());
        }
        ["name", "tool", "function", "key", "tool_name", "recipient"].iter().find_map(|wanted| {
            let (before, after) = attributes.split_once(wanted)?;
            let value = after.trim_start().strip_prefix('=')?.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let name = match quote {
                Some(quote) => value.get(1..)?.split(quote).next()?,
                None => value.split_whitespace().next()?,
            };
            (before.is_empty() || before.ends_with(' ')).then(|| name.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_every_family_are_told_apart() {
        use Class::{Answer, Call, Channel, End, Header, Noise, Reasoning, Unknown};
        use Side::{Close, Open};
        for (text, name, side, class) in [
            ("<think>", "think", Open, Reasoning),
            ("</ THINK >", "think", Close, Reasoning),
            ("<seed:think>", "think", Open, Reasoning),
            ("<think:opensource>", "think", Open, Reasoning),
            ("</ifm|think_fast>", "think_fast", Close, Reasoning),
            ("<|START_THINKING|>", "thinking", Open, Reasoning),
            ("<|end_of_thought|>", "thought", Close, Reasoning),
            ("<|plamo:end_think:plamo|>", "think", Close, Reasoning),
            ("<|inner_suffix|>", "inner", Close, Reasoning),
            ("◁/think▷", "think", Close, Reasoning),
            ("[/THINK]", "think", Close, Reasoning),
            ("<|END_RESPONSE|>", "response", Close, Answer),
            ("<｜tool▁calls▁begin｜>", "tool_calls", Open, Call),
            ("<|tool_calls_section_begin|>", "tool_calls_section", Open, Call),
            ("</｜DSML｜invoke>", "invoke", Close, Call),
            ("<|/tool_call|>", "tool_call", Close, Call),
            ("<|tool_call>", "tool_call", Open, Call),
            ("<tool_call|>", "tool_call", Close, Call),
            ("<minimax:tool_call>", "tool_call", Open, Call),
            ("<end_function_call>", "function_call", Close, Call),
            ("[END_TOOL_REQUEST]", "tool_request", Close, Call),
            ("<|eot_id|>", "eot_id", Open, End),
            ("<｜end▁of▁sentence｜>", "end_of_sentence", Open, End),
            ("<|im_start|>", "im_start", Open, Header),
            ("<|channel>", "channel", Open, Channel),
            ("<|begin_of_text|>", "begin_of_text", Open, Noise),
            ("<SPECIAL_12>", "special_12", Open, Noise),
            ("<|something_new|>", "something_new", Open, Unknown),
        ] {
            let (mark, got) = next(text, 0).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((mark.name.as_str(), mark.side, got, mark.end), (name, side, class, text.len()), "{text}");
        }
        for text in [
            "<b>",
            "a < b > c",
            "<https://example.com>",
            "<user@example.com>",
            "[1]",
            "[link](x)",
            "<|\"|>",
            "<|>",
            "write to x<user>",
        ] {
            assert_eq!(next(text, 0), None, "{text}");
        }
        let named = |text: &str| any(text, 0).unwrap().given_name();
        assert_eq!(named("<function=yield>").as_deref(), Some("yield"));
        assert_eq!(named("<｜DSML｜invoke name=\"yield\">").as_deref(), Some("yield"));
        assert_eq!(named("<parameter name = 'reason' string=\"true\">").as_deref(), Some("reason"));
        assert_eq!(named("<parameter>"), None);
    }
}
