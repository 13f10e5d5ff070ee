//! A server of the real command, told what documents tell it.

use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// One that serves until this value is gone.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts one in a directory, with these arguments of `remit serve`, on a free port.
    pub(crate) fn start(at: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--json", "serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_remit"));
        let command = command.args(arguments).current_dir(at).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        Self { child, address: said.pointer("/address").and_then(Value::as_str).unwrap().to_owned() }
    }

    /// What it answers, whatever that is.
    pub(crate) fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let at = format!("http://{}{path}", self.address);
        let request = ureq::http::Request::builder().method(method).uri(at).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).body(body.to_string()).unwrap();
        let mut response = agent.run(request).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// What it answers as JSON.
    pub(crate) fn get(&self, path: &str, token: &str) -> Value {
        serde_json::from_str(&self.ask("GET", path, token, &json!({})).1).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
