//! Every form in which models write their answers and calls, and in which servers send them, from tables beside this file.

use crate::endpoint::{Endpoint, http, openai, turn};
use remit_responders::{Failure, Said};
use serde::Deserialize;
use serde_json::json;

/// What is made of a form: one of these.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// Sent to the customer.
    answer: Option<String>,
    /// The reason for which the case is given away.
    yields: Option<String>,
    /// The action that is asked for; its arguments are `{"pence": 500}`.
    acts: Option<String>,
    /// How the failure's words begin.
    fails: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Form {
    name: String,
    text: String,
    #[serde(flatten)]
    wanted: Wanted,
}

#[derive(Debug, Deserialize)]
struct Forms {
    form: Vec<Form>,
}

impl Wanted {
    /// What is wrong with what came out of it.
    fn wrong(&self, said: &Result<Said, Failure>) -> Option<String> {
        let fits = match (said, self) {
            (Ok(Said::Answer { text, .. }), Self { answer: Some(wanted), .. }) => text == wanted,
            (Ok(Said::Yield { reason, .. }), Self { yields: Some(wanted), .. }) => {
                serde_json::to_value(reason).unwrap() == json!(wanted)
            }
            (Ok(Said::Act { action, arguments }), Self { acts: Some(wanted), .. }) => {
                action == wanted && json!(arguments) == json!({ "pence": 500 })
            }
            (Err(failure), Self { fails: Some(wanted), .. }) => failure.to_string().starts_with(wanted),
            _ => false,
        };
        (!fits).then(|| format!("{said:?}\n    instead of {self:?}"))
    }
}

/// The text as one JSON body, and as a stream in pieces of a few characters.
fn bodies(text: &str) -> [Vec<u8>; 2] {
    let whole = json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] });
    let event = |delta: serde_json::Value, finish: serde_json::Value| {
        format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] }))
    };
    let chars: Vec<char> = text.chars().collect();
    let pieces =
        chars.chunks(3).map(|piece| event(json!({ "content": piece.iter().collect::<String>() }), json!(null)));
    let stream: String = pieces.chain([event(json!({}), json!("stop")), "data: [DONE]\n\n".to_owned()]).collect();
    [
        http("200 OK", "content-type: application/json\r\n", &whole.to_string()),
        http("200 OK", "content-type: text/event-stream\r\n", &stream),
    ]
}

#[tokio::test]
async fn what_models_write_is_read_in_every_form() {
    let forms: Forms = toml::from_str(include_str!("forms/written.toml")).unwrap();
    assert!(forms.form.len() > 200, "{}", forms.form.len());
    let mut wrong = Vec::new();
    for form in &forms.form {
        for body in bodies(&form.text) {
            let endpoint = Endpoint::writing(vec![body]).await;
            let said = openai(&endpoint.url).turn(&turn()).await;
            if let Some(why) = form.wanted.wrong(&said) {
                wrong.push(format!("{}: {:?}\n    is {why}", form.name, form.text));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), forms.form.len(), wrong.join("\n"));
}
