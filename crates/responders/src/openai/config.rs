//! How an OpenAI-compatible service is reached and asked.

use super::conversation::ConversationMax;
use crate::{ApiKey, EndpointLimits};

/// The most tokens of an answer, and the name by which the endpoint is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerMax {
    /// As `max_tokens`, which nearly every endpoint knows. One that refuses it for `max_completion_tokens` gets that.
    Tokens(u32),
    /// As `max_completion_tokens`, which newer models of OpenAI's want.
    CompletionTokens(u32),
    /// Not told.
    Unsaid,
}

/// What an OpenAI-compatible service needs.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// The address before `/chat/completions`, for example `https://api.openai.com/v1`; a query is kept.
    pub base_url: String,
    /// The model's name.
    pub model: String,
    /// The key, where the endpoint wants one.
    pub api_key: Option<ApiKey>,
    /// What the organisation tells the model; rules of Remit's own follow it.
    pub system: String,
    /// The sampling temperature; not sent if absent, since some models refuse it.
    pub temperature: Option<f32>,
    /// Whether the endpoint takes tools; one that does not is told in words what to write instead.
    pub tools: bool,
    /// Whether the model knows a system message; for one that does not it stands before the customer's first.
    pub system_role: bool,
    /// The most tokens of an answer, reasoning included.
    pub answer_max: AnswerMax,
    /// The most of the conversation that is sent; what is older is told in short.
    pub conversation_max: ConversationMax,
    /// How many passages of articles are given for a question at most.
    pub articles_max: usize,
    /// The actions that the model may ask for; without any it is not offered the tool.
    pub actions: Vec<String>,
    /// Bounds of a turn.
    pub limits: EndpointLimits,
    /// The time in seconds since 1970.
    pub now: fn() -> i64,
}
