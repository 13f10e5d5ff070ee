//! An endpoint that behaves: what it is sent, and streamed and whole answers.

use crate::endpoint::{Endpoint, KEY, http, openai, turn, write};
use remit_responders::{Failure, Said, YieldReason};
use serde_json::{Value, json};

const JSON: &str = "content-type: application/json\r\n";
const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";

fn answer(text: &str) -> Result<Said, Failure> {
    Ok(Said::Answer { text: text.to_owned(), sources: Vec::new() })
}

fn yielded(reason: YieldReason, note: &str) -> Result<Said, Failure> {
    Ok(Said::Yield { reason, note: Some(note.to_owned()) })
}

fn events(deltas: &[Value]) -> String {
    deltas
        .iter()
        .map(|delta| format!("data: {}\r\n\r\n", json!({ "choices": [{ "index": 0, "delta": delta }] })))
        .collect()
}

/// A stream in chunks of so many bytes, each in a segment of its own.
fn chunked(stream: &str, chunk_bytes: usize) -> Vec<Vec<u8>> {
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let head = std::iter::once(STREAM.as_bytes().to_vec());
    head.chain(stream.as_bytes().chunks(chunk_bytes).map(chunk)).collect()
}

#[tokio::test]
async fn a_streamed_answer_is_the_same_however_it_is_cut() {
    let words = events(&[
        json!({ "role": "assistant", "content": "" }),
        json!({ "content": "Für " }),
        json!({ "content": "5 £ 🙂" }),
    ]);
    let stream = format!(": keep-alive\n\n{words}data: [DONE]\n\n");
    for chunk_bytes in [1, 2, 3, 7, 64, stream.len()] {
        let endpoint = Endpoint::writing(chunked(&stream, chunk_bytes)).await;
        assert_eq!(openai(&endpoint.url).turn(&turn()).await, answer("Für 5 £ 🙂"), "in chunks of {chunk_bytes}");
    }
}

#[tokio::test]
async fn the_end_is_when_the_stream_says_so_not_when_the_connection_closes() {
    let stream = format!("{}data: [DONE]\n\n", events(&[json!({ "content": "Yes." })]));
    let endpoint = Endpoint::new(move |_, _, mut connection| {
        let pieces = chunked(&stream, 50);
        async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            for piece in pieces {
                connection.write_all(&piece).await.unwrap();
            }
            // Stays open until the service hangs up.
            let _ = connection.read(&mut [0]).await;
        }
    });
    assert_eq!(openai(&endpoint.await.url).turn(&turn()).await, answer("Yes."));
}

#[tokio::test]
async fn a_stream_without_an_end_is_no_answer() {
    let endpoint = Endpoint::new(|number, _, stream| async move {
        let half = events(&[json!({ "content": "You owe us noth" })]);
        let finish =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ing.\"},\"finish_reason\":\"stop\"}]}\n\n";
        let text = if number == 0 { half } else { format!("{half}{finish}") };
        let pieces = chunked(&text, 100).into_iter().chain([b"0\r\n\r\n".to_vec()]);
        write(stream, pieces.collect()).await;
    });
    let endpoint = endpoint.await;
    assert_eq!(openai(&endpoint.url).turn(&turn()).await, answer("You owe us nothing."));
    assert_eq!(endpoint.requests().len(), 2, "the half one was asked for again");
}

#[tokio::test]
async fn a_whole_answer_is_as_good_and_the_request_says_what_it_should() {
    let message = json!({ "role": "assistant", "content": "Yes." });
    let body = json!({ "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] });
    let endpoint = Endpoint::writing(vec![http("200 OK", JSON, &body.to_string())]).await;
    assert_eq!(openai(&endpoint.url).turn(&turn()).await, answer("Yes."));
    let requests = endpoint.requests();
    assert!(requests[0].head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", requests[0].head);
    assert_eq!(requests[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(requests[0].header("idempotency-key"), Some("turn_1"));
    let sent: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!((&sent["model"], &sent["stream"]), (&json!("small"), &json!(true)));
    assert_eq!(sent["messages"][1], json!({ "role": "user", "content": "Where is my card?" }));
    assert_eq!(sent["tools"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn streamed_tool_calls_are_put_together() {
    let piece = |index: u64, function: Value| json!({ "tool_calls": [{ "index": index, "function": function }] });
    let act = [
        piece(0, json!({ "name": "act", "arguments": "" })),
        piece(0, json!({ "arguments": "{\"action\":\"refund\",\"argu" })),
        piece(0, json!({ "arguments": "ments\":{\"pence\":500}}" })),
    ];
    let give_up = [
        json!({ "content": "Let me see." }),
        piece(0, json!({ "name": "yield", "arguments": "{\"reason\":\"out_of" })),
        piece(0, json!({ "arguments": "_scope\",\"note\":\"a mortgage\"}" })),
    ];
    let unknown = [piece(0, json!({ "name": "shell", "arguments": "{}" }))];
    let arguments = json!({ "pence": 500 }).as_object().unwrap().clone();
    for (deltas, wanted) in [
        (&act[..], Ok(Said::Act { action: "refund".to_owned(), arguments })),
        (&give_up[..], yielded(YieldReason::OutOfScope, "a mortgage")),
        (&unknown[..], yielded(YieldReason::ToolFailed, "the model called a tool that does not exist")),
    ] {
        let endpoint = Endpoint::writing(chunked(&format!("{}data: [DONE]\n\n", events(deltas)), 20)).await;
        assert_eq!(openai(&endpoint.url).turn(&turn()).await, wanted);
    }
}

#[tokio::test]
async fn what_fails_once_is_asked_again() {
    let good = json!({ "choices": [{ "message": { "content": "Yes." } }] }).to_string();
    for failing in ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"] {
        let good = good.clone();
        let endpoint = Endpoint::new(move |number, _, stream| {
            let whole =
                if number == 0 { http(failing, "retry-after: 0\r\n", KEY) } else { http("200 OK", JSON, &good) };
            write(stream, vec![whole])
        });
        let endpoint = endpoint.await;
        assert_eq!(openai(&endpoint.url).turn(&turn()).await, answer("Yes."), "{failing}");
        let requests = endpoint.requests();
        assert_eq!((requests.len(), &requests[0].body), (2, &requests[1].body), "{failing}");
    }
}
