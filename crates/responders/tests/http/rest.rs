//! HTTP services and authorization servers that do what they should not: a call ends within its deadline, in bounded
//! memory, is made once, and shows no secret.

use crate::endpoint::{Endpoint, Request, http, write};
use remit_responders::{
    ApiKey, Failure, RestService,
    oauth::{ClientCredentials, ClientProof},
    rest::{RestAnswer, RestCall},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::Semaphore};

const SECRET: &str = "never to be shown: + & %";
const DEADLINE: Duration = Duration::from_secs(600);

fn service(url: &str, token_url: Option<&str>) -> RestService {
    let tokens = token_url.map(|token_url| ClientCredentials {
        token_url: format!("{token_url}/token"),
        client_id: "remit:1".to_owned(),
        proof: ClientProof::Basic(ApiKey::new(SECRET)),
        with: vec![("scope", "a b".to_owned()), ("resource", "https://core.example/v1".to_owned())],
    });
    let service = RestService::new(&format!("{url}/v1/"), tokens, "X-Request-Key", DEADLINE).unwrap();
    assert!(!format!("{service:?}").contains("never to be"));
    service
}

fn call() -> RestCall {
    let body = Some(json!({ "amount": 5 }));
    RestCall { method: "POST", path: "/refunds?a=b".to_owned(), body, key: Some("key-1".to_owned()) }
}

fn token(token: &str, lives: u64) -> Vec<u8> {
    let body = json!({ "access_token": token, "token_type": "bearer", "expires_in": lives }).to_string();
    http("200 OK", "content-type: application/json\r\n", &body)
}

async fn failure(service: &RestService) -> Failure {
    let failure = service.ask(&call()).await.unwrap_err();
    assert!(!format!("{failure} {failure:?}").contains("never to be"), "{failure:?}");
    failure
}

#[tokio::test]
async fn a_call_is_made_as_it_is_written() {
    let endpoint = Endpoint::writing(vec![http("201 Created", "", r#"{"id":1}"#)]).await;
    let answer = service(&endpoint.url, None).ask(&call()).await.unwrap();
    assert_eq!(answer, RestAnswer { status: 201, body: Some(json!({ "id": 1 })) });
    let sent = &endpoint.requests()[0];
    assert!(sent.head.starts_with("POST /v1/refunds?a=b HTTP/1.1\r\n"), "{}", sent.head);
    assert_eq!((sent.header("x-request-key"), sent.header("authorization")), (Some("key-1"), None));
    assert_eq!(sent.body, br#"{"amount":5}"#);
}

#[tokio::test]
async fn redirects_are_an_answer_and_not_followed() {
    let other = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    let location = format!("location: {}/v1/refunds\r\n", other.url);
    let endpoint = Endpoint::writing(vec![http("307 Temporary Redirect", &location, "")]).await;
    assert_eq!(service(&endpoint.url, None).ask(&call()).await.unwrap(), RestAnswer { status: 307, body: None });
    let tokens = Endpoint::writing(vec![http("302 Found", &location, "")]).await;
    assert!(matches!(failure(&service(&endpoint.url, Some(&tokens.url))).await, Failure::Malformed(_)));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_service_that_hangs_up_or_never_ends_is_no_answer() {
    let cut = Endpoint::new(|_, _, stream| write(stream, Vec::new())).await;
    assert_eq!(failure(&service(&cut.url, None)).await, Failure::Cut);
    assert_eq!(cut.requests().len(), 1, "it is asked once");
    let endless = Endpoint::new(|_, _, mut stream: TcpStream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"[[[[[[[[[[[[[[[[").await.is_ok() {}
    });
    assert!(matches!(failure(&service(&endless.await.url, None)).await, Failure::TooLarge { .. }));
    for rubbish in ["<html>", "", "{\"a\":", &"[".repeat(100_000)] {
        let endpoint = Endpoint::writing(vec![http("200 OK", "", rubbish)]).await;
        assert_eq!(service(&endpoint.url, None).ask(&call()).await.unwrap().body, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_costs_the_deadline() {
    let hangs = |said: &'static str| {
        Endpoint::new(move |_, _, mut stream: TcpStream| async move {
            let _ = stream.write_all(said.as_bytes()).await;
            std::future::pending::<()>().await;
        })
    };
    let good = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    for said in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        assert_eq!(failure(&service(&hangs(said).await.url, None)).await, Failure::Timeout);
        assert_eq!(failure(&service(&good.url, Some(&hangs(said).await.url))).await, Failure::Timeout);
    }
    assert!(good.requests().is_empty());
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_standard_says_and_once_for_all() {
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let tokens = Endpoint::new(move |number, _, stream| {
        let gate = Arc::clone(&gate);
        async move {
            let _ = gate.acquire().await.unwrap();
            write(stream, vec![token(&format!("t{number}"), 3_600)]).await;
        }
    })
    .await;
    let endpoint = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    let service = Arc::new(service(&endpoint.url, Some(&tokens.url)));
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.ask(&call()).await.unwrap() })
        })
        .collect();
    // Everybody is waiting before the first token is given out.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    opened.add_permits(16);
    for asked in asking {
        asked.await.unwrap();
    }
    let asked = tokens.requests();
    assert_eq!((asked.len(), endpoint.requests().len()), (1, 16));
    let form = b"grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fcore.example%2Fv1";
    assert_eq!(asked[0].body, form);
    // base64 of `remit%3A1:never+to+be+shown%3A+%2B+%26+%25`
    let basic = "Basic cmVtaXQlM0ExOm5ldmVyK3RvK2JlK3Nob3duJTNBKyUyQislMjYrJTI1";
    assert_eq!(asked[0].header("authorization"), Some(basic));
    assert!(endpoint.requests().iter().all(|request| request.header("authorization") == Some("Bearer t0")));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_until_shortly_before_it_expires() {
    let tokens = Endpoint::new(|number, _, stream| write(stream, vec![token(&format!("t{number}"), 600)])).await;
    let endpoint = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    let service = service(&endpoint.url, Some(&tokens.url));
    for (passes, asked) in [(0, 1), (530, 1), (11, 2), (530, 2)] {
        tokio::time::advance(Duration::from_secs(passes)).await;
        service.ask(&call()).await.unwrap();
        assert_eq!(tokens.requests().len(), asked, "after {passes} seconds more");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once_and_the_key_stays() {
    let by_token = |good: &'static str| {
        Endpoint::new(move |_, request: Request, stream| {
            let status = if request.header("authorization") == Some(good) { "200 OK" } else { "401 Unauthorized" };
            write(stream, vec![http(status, "", "{}")])
        })
    };
    let tokens = || Endpoint::new(|number, _, stream| write(stream, vec![token(&format!("t{number}"), 3_600)]));
    let (endpoint, given) = (by_token("Bearer t1").await, tokens().await);
    assert_eq!(service(&endpoint.url, Some(&given.url)).ask(&call()).await.unwrap().status, 200);
    let keys: Vec<_> =
        endpoint.requests().iter().map(|asked| asked.header("x-request-key").map(str::to_owned)).collect();
    assert_eq!((keys.len(), given.requests().len()), (2, 2));
    assert!(keys.iter().all(|key| key.as_deref() == Some("key-1")));
    let (endpoint, given) = (by_token("none").await, tokens().await);
    assert_eq!(service(&endpoint.url, Some(&given.url)).ask(&call()).await.unwrap().status, 401);
    assert_eq!((endpoint.requests().len(), given.requests().len()), (2, 2), "once");
}

#[tokio::test]
async fn what_is_no_token_is_not_sent() {
    let endpoint = Endpoint::writing(vec![http("200 OK", "", "{}")]).await;
    let no = |body: &str| http("200 OK", "", body);
    for answer in [
        no(""),
        no("<html>"),
        no("{}"),
        no(r#"{"access_token":"t"}"#),
        no(r#"{"access_token":"t","token_type":"mac"}"#),
        no(r#"{"access_token":"","token_type":"Bearer"}"#),
        no(r#"{"access_token":"a b","token_type":"Bearer"}"#),
        no(r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#),
        no(r#"{"access_token":7,"token_type":"Bearer"}"#),
        no(&json!({ "access_token": "t".repeat(7_000), "token_type": "Bearer" }).to_string()),
        http("400 Bad Request", "", r#"{"error":"invalid_client"}"#),
        http("500 Internal Server Error", "", SECRET),
        http("200 OK", "", &"x".repeat(100_000)),
    ] {
        let tokens = Endpoint::writing(vec![answer]).await;
        failure(&service(&endpoint.url, Some(&tokens.url))).await;
        assert_eq!(tokens.requests().len(), 1);
    }
    assert!(endpoint.requests().is_empty());
}
