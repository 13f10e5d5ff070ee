//! An endpoint scripted by hand: a real listener that reads each request and does with the connection what a test says.

use remit_responders::{
    ApiKey, EndpointLimits, OpenAiService, Service, Turn, TurnAuthor, TurnMessage,
    openai::{AnswerMax, ConversationMax, OpenAiConfig},
};
use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// The key that must show nowhere.
pub(crate) const KEY: &str = "sk-never-to-be-shown";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A scripted endpoint.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Endpoint {
    /// Listens; `serve` has each connection with its number and its first request.
    pub(crate) async fn new<S, A>(serve: S) -> Self
    where
        S: Fn(usize, Request, TcpStream) -> A + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                seen.lock().unwrap().push(request.clone());
                tokio::spawn(serve(number, request, stream));
                number += 1;
            }
        });
        Self { url, requests }
    }

    /// Writes these pieces to every connection, each by itself, and closes it.
    pub(crate) async fn writing(pieces: Vec<Vec<u8>>) -> Self {
        Self::new(move |_, _, stream| write(stream, pieces.clone())).await
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let request = Request { head, body: bytes[end + 4..].to_vec() };
            // What has no body says nothing of its length.
            let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            if request.body.len() >= length {
                return request;
            }
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "the request ended early");
    }
}

/// Writes pieces as segments of their own; that the other side hangs up is its right.
pub(crate) async fn write(mut stream: TcpStream, pieces: Vec<Vec<u8>>) {
    let _ = stream.set_nodelay(true);
    for piece in pieces {
        if stream.write_all(&piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    let _ = stream.shutdown().await;
}

/// A whole answer with its length.
pub(crate) fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

pub(crate) fn turn() -> Turn {
    Turn {
        case: "case-1".to_owned(),
        epoch: 3,
        turn_id: "turn_1".to_owned(),
        language: Some("en".to_owned()),
        intent: Some("card_arrival".to_owned()),
        messages: vec![TurnMessage { author: TurnAuthor::Customer, text: "Where is my card?".to_owned() }],
        summary: "A first question.".to_owned(),
        fields: serde_json::Map::new(),
        customer: serde_json::Map::new(),
        requests: Vec::new(),
        waited_ms: 1200,
        tried: Vec::new(),
    }
}

/// Patience is long, so that no test depends on the machine's speed; those about the limit pause the clock.
pub(crate) fn limits() -> EndpointLimits {
    EndpointLimits {
        patience: Duration::from_secs(600),
        attempts: Some(3),
        backoff: Duration::from_millis(1),
        answer_bytes_max: 64 * 1024,
    }
}

pub(crate) fn config(url: &str) -> OpenAiConfig {
    OpenAiConfig {
        base_url: format!("{url}/v1/"),
        model: "small".to_owned(),
        api_key: Some(ApiKey::new(KEY)),
        system: "You work for a bank.".to_owned(),
        temperature: None,
        tools: true,
        system_role: true,
        answer_max: AnswerMax::Tokens(500),
        conversation_max: ConversationMax::Bytes(24_000),
        articles_max: 3,
        actions: vec!["refund".to_owned()],
        limits: limits(),
        now: || 1_770_000_000,
    }
}

pub(crate) fn openai(url: &str) -> Service {
    let config = config(url);
    assert!(!format!("{config:?}").contains(KEY));
    let service = Service::OpenAi(OpenAiService::new(config).unwrap());
    assert!(!format!("{service:?}").contains(KEY));
    service
}
