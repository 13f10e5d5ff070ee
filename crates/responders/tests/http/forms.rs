//! Every form in which models write their answers and calls, and in which servers send them, from tables beside this
//! file.

use crate::endpoint::{Endpoint, config, http, openai, turn, write};
use remit_responders::{EndpointLimits, Failure, OpenAiService, Said, Service, openai::OpenAiConfig};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{path::Path, process::Command};

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
    /// The status line of the answer that is sent on the wire.
    #[serde(default = "Form::status")]
    status: String,
    /// Its headers.
    #[serde(default = "Form::headers")]
    headers: String,
    #[serde(flatten)]
    wanted: Wanted,
}

#[derive(Debug, Deserialize)]
struct Forms {
    form: Vec<Form>,
}

impl Form {
    fn status() -> String {
        "200 OK".to_owned()
    }

    fn headers() -> String {
        "content-type: text/event-stream\r\n".to_owned()
    }

    fn sent(&self) -> Vec<u8> {
        http(&self.status, &self.headers, &self.text)
    }
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
    let message = json!({ "role": "assistant", "content": text });
    let whole = json!({ "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] });
    let event = |delta: Value, finish: Value| {
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

fn wire() -> Vec<Form> {
    let forms: Forms = toml::from_str(include_str!("forms/wire.toml")).unwrap();
    forms.form
}

/// What is made of what an endpoint sends, asked once.
async fn said_once(form: &Form) -> Result<Said, Failure> {
    let endpoint = Endpoint::writing(vec![form.sent()]).await;
    let config = config(&endpoint.url);
    let once = EndpointLimits { attempts: Some(1), ..config.limits };
    Service::OpenAi(OpenAiService::new(OpenAiConfig { limits: once, ..config }).unwrap()).turn(&turn()).await
}

#[tokio::test]
async fn what_servers_send_is_read_in_every_form() {
    let forms = wire();
    assert!(forms.len() > 130, "{}", forms.len());
    let mut wrong = Vec::new();
    for form in &forms {
        if let Some(why) = form.wanted.wrong(&said_once(form).await) {
            wrong.push(format!("{}: {:?}\n    is {why}", form.name, form.text));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), forms.len(), wrong.join("\n"));
}

/// OpenAI's own client in Python is asked for every form too. What it takes and has words or calls in, Remit takes, and
/// the words are the same.
#[tokio::test]
async fn what_openais_own_client_takes_is_taken() {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers/openai/bin/python");
    assert!(python.exists(), "{} is not there; `cargo xtask install` installs it", python.display());
    let forms = wire();
    let sent: Vec<Vec<u8>> = forms.iter().map(Form::sent).collect();
    let endpoint = Endpoint::new(move |_, request, stream| {
        let number: usize = request.head.split('/').nth(1).unwrap().parse().unwrap();
        write(stream, vec![sent[number].clone()])
    })
    .await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/forms/openai_client.py");
    let (url, count) = (endpoint.url.clone(), forms.len().to_string());
    let ran = tokio::task::spawn_blocking(move || Command::new(python).args([script, &url, &count]).output());
    let ran = ran.await.unwrap().unwrap();
    let told = String::from_utf8(ran.stdout).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), forms.len(), "{}", String::from_utf8_lossy(&ran.stderr));
    let (mut taken, mut wrong) = (0, Vec::new());
    for (form, told) in forms.iter().zip(&told) {
        for took in [&told["streamed"], &told["whole"]] {
            let text = took["text"].as_str().unwrap_or_default();
            if text.is_empty() && took["calls"].as_u64().unwrap_or(0) == 0 {
                continue;
            }
            taken += 1;
            let same = form.wanted.answer.as_deref().is_none_or(|answer| answer.trim() == text.trim());
            // A good beginning without an end, or with a bad one, is no answer, whatever the client makes of it.
            let half = form.wanted.fails.is_some() && !matches!(took["finish"].as_str(), Some("stop" | "tool_calls"));
            if !same || (form.wanted.fails.is_some() && !half) {
                wrong.push(format!("{}: the client has {took}, wanted is {:?}", form.name, form.wanted));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 60, "only {taken} taken");
}
