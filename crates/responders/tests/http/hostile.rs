//! Endpoints that do what they should not: a turn ends within its patience, in bounded memory, and shows no key.

use crate::endpoint::{Endpoint, KEY, http, limits, openai, turn, write};
use remit_responders::{Failure, Service};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep},
};

/// What the service makes of it; no failure shows the key.
async fn failure(service: &Service) -> Failure {
    let failure = service.turn(&turn()).await.unwrap_err();
    assert!(!format!("{failure} {failure:?}").contains(KEY), "{failure:?}");
    failure
}

async fn of_writing(pieces: Vec<Vec<u8>>) -> Failure {
    failure(&openai(&Endpoint::writing(pieces).await.url)).await
}

async fn times_out(endpoint: Endpoint) {
    let began = Instant::now();
    assert_eq!(failure(&openai(&endpoint.url)).await, Failure::Timeout);
    let took = began.elapsed();
    assert_eq!(endpoint.requests().len(), 1, "the request arrived, once");
    assert!(took >= limits().patience && took < limits().patience + Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_hangs_costs_the_patience() {
    for said in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "HTTP/1.1 100 Continue\r\n\r\n"]
    {
        times_out(
            Endpoint::new(move |_, _, mut stream| async move {
                stream.write_all(said.as_bytes()).await.unwrap();
                let _ = stream.read(&mut [0]).await;
            })
            .await,
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_drips_costs_no_more() {
    for head in ["HTTP/1.1 200 OK\r\nx: ", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"] {
        times_out(
            Endpoint::new(move |_, _, mut stream| async move {
                stream.write_all(head.as_bytes()).await.unwrap();
                while stream.write_all(b":").await.is_ok() {
                    sleep(Duration::from_secs(10)).await;
                }
            })
            .await,
        )
        .await;
    }
}

#[tokio::test]
async fn a_wrong_length_is_no_answer() {
    let body = r#"{"choices":[{"message":{"content":"Yes."}}]}"#;
    let with = |length: usize| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes();
    assert_eq!(of_writing(vec![with(body.len() + 5)]).await, Failure::Cut);
    assert!(matches!(of_writing(vec![with(body.len() - 5)]).await, Failure::Malformed(_)));
    let twice = format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    assert!(matches!(of_writing(vec![twice.into_bytes()]).await, Failure::Malformed(_)));
}

#[tokio::test]
async fn rubbish_is_refused_and_not_repeated() {
    let stream = "content-type: text/event-stream\r\n";
    for rubbish in [
        vec![0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, b'\r', b'\n', b'\r', b'\n'],
        KEY.repeat(20).into_bytes(),
        http("200 OK", "", KEY),
        http("200 OK", "", &format!("{{\"choices\":\"{KEY}\"}}")),
        http("200 OK", "", &"[".repeat(60_000)),
        http("200 OK", stream, &format!("data: {KEY}\n\n")),
        http("200 OK", stream, "data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n\n"),
    ] {
        let failure = of_writing(vec![rubbish.clone()]).await;
        assert!(matches!(failure, Failure::Malformed(_)), "{failure:?} of {}", String::from_utf8_lossy(&rubbish));
    }
    for status in ["400 Bad Request", "401 Unauthorized", "404 Not Found"] {
        let code = status[..3].parse().unwrap();
        assert_eq!(of_writing(vec![http(status, "", KEY)]).await, Failure::Status(code));
    }
}

/// Writes without end and says how much was taken before the service hung up.
async fn taken(head: &'static str, piece: &'static [u8]) -> (Failure, usize) {
    let (said, heard) = tokio::sync::mpsc::unbounded_channel();
    let endpoint = Endpoint::new(move |_, _, mut stream| {
        let said = said.clone();
        async move {
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut bytes = 0;
            while stream.write_all(piece).await.is_ok() {
                bytes += piece.len();
            }
            let _ = said.send(bytes);
        }
    });
    let failure = failure(&openai(&endpoint.await.url)).await;
    let mut heard = heard;
    (failure, heard.recv().await.unwrap())
}

#[tokio::test]
async fn an_endless_answer_is_left_alone() {
    // What the two ends' sockets hold comes on top of what was read.
    const SOCKETS: usize = 32 * 1024 * 1024;
    let too_large = |failure: &Failure| matches!(failure, Failure::TooLarge { .. });
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\n\r\n", &b"{\"choices\": [[[[[[[[[[[[[[[[[["[..]),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", b": nothing\n\n"),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", b"a line without end"),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", b"data: {\"choices\":[]}\n\n"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\nx: ", b"a header without end"),
    ] {
        let (failure, bytes) = taken(head, piece).await;
        assert!(too_large(&failure) && bytes < SOCKETS, "{failure:?} after {bytes} of {head}");
    }
    let honest = "HTTP/1.1 200 OK\r\ncontent-length: 524289\r\n\r\n".to_owned();
    assert!(too_large(&of_writing(vec![honest.into_bytes()]).await));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {}/v1/chat/completions\r\n", other.url);
        let failure = of_writing(vec![http(status, &location, "")]).await;
        assert_eq!(failure, Failure::Status(status[..3].parse().unwrap()));
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn nobody_there_is_said_so_after_every_attempt() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = failure(&openai(&format!("http://{address}"))).await;
    assert!(matches!(&failure, Failure::Connect(_)) && failure.retryable(), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_is_hung_up_is_tried_three_times() {
    let endpoint = Endpoint::new(|_, _, stream| write(stream, Vec::new())).await;
    assert_eq!(failure(&openai(&endpoint.url)).await, Failure::Cut);
    assert_eq!(endpoint.requests().len(), 3);
}

#[tokio::test]
async fn an_http_server_behind_an_https_address_is_no_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(write(stream, vec![http("200 OK", "", "{}")]));
        }
    });
    let failure = failure(&openai(&format!("https://{address}"))).await;
    assert!(matches!(failure, Failure::Connect(_)), "{failure:?}");
}
