//! Why a model stopped, and whether that makes its answer a whole one.

/// What an ending means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The model had said all that it wanted to.
    Whole,
    /// It ran into a limit of length.
    Cut,
    /// A filter stopped it.
    Filtered,
    /// The endpoint broke down on the way.
    Broken,
    /// A word that is not known.
    Unknown,
}

/// Whether a good ending says that the model called a tool.
pub(super) fn calls(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["tool_call", "tool_use", "function_call"].iter().any(|word| reason.contains(word))
}

/// What a `finish_reason` means, in the words of OpenAI, Azure, Anthropic, Google, Mistral, Cohere, DeepSeek, Zhipu,
/// vLLM, SGLang, TGI and Ollama. Only what is known to be good is.
pub(super) fn of(reason: &str) -> Ending {
    let reason = reason.trim().to_ascii_lowercase();
    match reason.rsplit('.').next().unwrap_or(&reason) {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "stop_str" | "tool_calls" | "tool_call"
        | "tool_use" | "function_call" | "complete" | "completed" | "done" | "finish_reason_stop" | "end_of_turn" => {
            Ending::Whole
        }
        "length"
        | "model_length"
        | "max_tokens"
        | "max_length"
        | "max_output_tokens"
        | "token_limit"
        | "incomplete"
        | "finish_reason_max_tokens"
        | "model_context_window_exceeded"
        | "context_length"
        | "context_window_exceeded" => Ending::Cut,
        "content_filter"
        | "content_filtered"
        | "safety"
        | "recitation"
        | "blocklist"
        | "prohibited_content"
        | "spii"
        | "language"
        | "guardrail_intervened"
        | "sensitive"
        | "refusal"
        | "error_toxic"
        | "image_safety" => Ending::Filtered,
        "error"
        | "abort"
        | "aborted"
        | "cancelled"
        | "canceled"
        | "timeout"
        | "network_error"
        | "insufficient_system_resource"
        | "unload"
        | "load"
        | "malformed_function_call"
        | "server_error"
        | "failed"
        | "error_limit" => Ending::Broken,
        _ => Ending::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, of};

    #[test]
    fn only_known_good_endings_are_good() {
        for (reason, wanted) in [
            ("stop", Ending::Whole),
            ("STOP", Ending::Whole),
            ("tool_calls", Ending::Whole),
            ("FinishReason.STOP", Ending::Whole),
            ("eos_token", Ending::Whole),
            ("length", Ending::Cut),
            ("model_length", Ending::Cut),
            ("MAX_TOKENS", Ending::Cut),
            ("content_filter", Ending::Filtered),
            ("error", Ending::Broken),
            ("abort", Ending::Broken),
            ("insufficient_system_resource", Ending::Broken),
            ("whatever", Ending::Unknown),
            ("stopped_early", Ending::Unknown),
        ] {
            assert_eq!(of(reason), wanted, "{reason}");
        }
    }
}
