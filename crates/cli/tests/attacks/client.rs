//! Somebody who uses the interface over real HTTP.

use serde_json::{Value, json};

/// One caller.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    pub(crate) url: String,
    pub(crate) token: String,
}

/// What came back: a status and a body, which is a text where it is not JSON.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of what must have succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert!(self.is_done(), "{}: {}", self.status, self.body);
        self.body
    }
}

impl Client {
    pub(crate) fn new(url: &str, token: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { agent, url: url.to_owned(), token: token.to_owned() }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self::new(&self.url, token)
    }

    /// Sends a request; nothing where the server went away before it had answered.
    pub(crate) fn try_send(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> Option<Got> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut response = self.agent.run(request.body(body).unwrap()).ok()?;
        let bytes = response.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Some(Got { status: response.status().as_u16(), body })
    }

    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> Got {
        self.try_send(method, path, key, body).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// Sends a file.
    pub(crate) fn upload(&self, path: &str, media_type: &str, file: &[u8]) -> Got {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", media_type);
        let mut response = request.header("authorization", format!("Bearer {}", self.token)).send(file).unwrap();
        let body = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
        Got { status: response.status().as_u16(), body }
    }

    /// A body as it is sent; nothing unless it is there.
    pub(crate) fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let mut response = request.header("authorization", format!("Bearer {}", self.token)).call().ok()?;
        let bytes = response.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
        response.status().is_success().then_some(bytes)
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, None, body)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, None, &Value::Null).done()
    }

    /// Opens a case, and gives its view.
    #[track_caller]
    pub(crate) fn open(&self, customer: &str, text: &str) -> Value {
        self.post("/v1/cases", &opening(customer, text)).done()["case"].clone()
    }

    /// All items of a list, page by page.
    pub(crate) fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), String::new());
        let and = if path.contains('?') { '&' } else { '?' };
        loop {
            let mut page = self.get(&format!("{path}{and}limit=200{after}"));
            items.append(page["items"].as_array_mut().unwrap());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }

    /// Makes a token of these roles, and gives a client with it.
    pub(crate) fn make(&self, name: &str, roles: &[&str], staff: Option<&str>) -> Self {
        let wish = json!({ "name": name, "roles": roles, "staff": staff, "days": 1 });
        self.with_token(self.post("/v1/tokens", &wish).done()["token"].as_str().unwrap())
    }
}

pub(crate) fn opening(customer: &str, text: &str) -> Value {
    json!({ "customer": customer, "text": text, "channel": "chat" })
}

pub(crate) fn id(view: &Value) -> String {
    view["id"].as_str().unwrap().to_owned()
}
