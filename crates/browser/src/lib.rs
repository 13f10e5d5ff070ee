//! A real browser, driven by the W3C's WebDriver protocol over plain HTTP: Chromium through its chromedriver.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// What a browser was asked and did not do.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

type Done<T = ()> = Result<T, Failed>;

/// How long something may take to appear on a page, in milliseconds, before it counts as missing.
const PATIENCE_MS: u32 = 60_000;
/// The member under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How often it is looked whether another page is there.
const LOOKS: u32 = 5_000;

/// Keys without a character, as the protocol writes them.
pub mod keys {
    /// Moves the focus on.
    pub const TAB: &str = "\u{e004}";
    /// Sends, or presses what has the focus.
    pub const ENTER: &str = "\u{e007}";
    /// Leaves what is open.
    pub const ESCAPE: &str = "\u{e00c}";
    /// Moves on in a list.
    pub const DOWN: &str = "\u{e015}";
    /// Held with another key.
    pub const SHIFT: &str = "\u{e008}";
}

/// A browser with one page, and a profile of its own that goes with it.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// Where the session is.
    session: String,
    _profile: TempDir,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").field("session", &self.session).finish_non_exhaustive()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn failed(why: impl std::fmt::Display) -> Failed {
    Failed(why.to_string())
}

impl Browser {
    /// Starts one, without a window.
    ///
    /// # Errors
    /// When Chromium or chromedriver is not there or does not start.
    pub fn start() -> Done<Self> {
        let cure = "run `cargo xtask test`, which installs it, or install Debian's `chromium` and `chromium-driver`";
        let missing = |error| Failed(format!("chromedriver: {error}; {cure}"));
        let mut command = Command::new("chromedriver");
        let mut driver =
            command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(missing)?;
        let told = driver.stdout.take().map(BufReader::new);
        let profile = tempfile::tempdir().map_err(failed)?;
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let mut browser = Self { driver, agent: config.into(), session: String::new(), _profile: profile };
        // It says on which free port it listens.
        let port = told.into_iter().flat_map(BufReader::lines).map_while(Result::ok).find_map(|line| {
            let port = line.split_once("successfully on port ")?.1.trim_end_matches('.');
            port.parse::<u16>().ok()
        });
        let port = port.ok_or_else(|| failed("chromedriver ended without saying where it listens"))?;
        let base = format!("http://127.0.0.1:{port}/session");
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &profile,
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "script": PATIENCE_MS, "pageLoad": PATIENCE_MS },
            "goog:chromeOptions": { "args": flags },
        } } });
        let started = browser.send(&base, &wanted)?;
        let id = text(&started, "sessionId").ok_or_else(|| Failed(format!("no session: {started}; {cure}")))?;
        browser.session = format!("{base}/{id}");
        Ok(browser)
    }

    fn send(&self, url: &str, body: &Value) -> Done<Value> {
        let sent = self.agent.post(url).header("content-type", "application/json").send(body.to_string());
        Self::read(sent.map_err(failed)?)
    }

    fn read(mut answer: ureq::http::Response<ureq::Body>) -> Done<Value> {
        let said = answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(failed)?;
        let mut body: Value = serde_json::from_str(&said).map_err(failed)?;
        let value = body.get_mut("value").map(Value::take).unwrap_or_default();
        if answer.status().is_success() {
            return Ok(value);
        }
        let told = |name| text(&value, name).unwrap_or_default();
        Err(Failed(format!("{}: {}", told("error"), told("message"))))
    }

    fn post(&self, path: &str, body: &Value) -> Done<Value> {
        self.send(&format!("{}/{path}", self.session), body)
    }

    fn get(&self, path: &str) -> Done<Value> {
        Self::read(self.agent.get(format!("{}/{path}", self.session)).call().map_err(failed)?)
    }

    /// Asks Chromium itself, by its own protocol.
    fn chromium(&self, command: &str, parameters: &Value) -> Done<Value> {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Makes the page so large, in CSS pixels.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn resize(&self, width: u32, height: u32) -> Done {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600 });
        self.chromium("Emulation.setDeviceMetricsOverride", &metrics).map(|_| ())
    }

    /// Prefers a colour scheme, `light` or `dark`.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn prefer(&self, scheme: &str) -> Done {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.chromium("Emulation.setEmulatedMedia", &json!({ "features": features })).map(|_| ())
    }

    /// Opens an address.
    ///
    /// # Errors
    /// When it does not load.
    pub fn open(&self, url: &str) -> Done {
        self.post("url", &json!({ "url": url })).map(|_| ())
    }

    /// Opens another tab of the same profile and goes there; gives its name.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn open_tab(&self) -> Done<String> {
        let opened = self.post("window/new", &json!({ "type": "tab" }))?;
        let name = text(&opened, "handle").ok_or_else(|| Failed(format!("no tab: {opened}")))?;
        self.go_to(name)?;
        Ok(name.to_owned())
    }

    /// The name of the tab that is shown.
    ///
    /// # Errors
    /// When the browser does not say.
    pub fn tab(&self) -> Done<String> {
        let shown = self.get("window")?;
        shown.as_str().map(ToOwned::to_owned).ok_or_else(|| Failed(format!("no tab: {shown}")))
    }

    /// Goes to a tab by its name.
    ///
    /// # Errors
    /// When there is no such tab.
    pub fn go_to(&self, tab: &str) -> Done {
        self.post("window", &json!({ "handle": tab })).map(|_| ())
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it does not load.
    pub fn reload(&self) -> Done {
        self.post("refresh", &json!({})).map(|_| ())
    }

    /// What a JavaScript expression is on the page.
    ///
    /// # Errors
    /// When it throws.
    pub fn value(&self, expression: &str) -> Done<Value> {
        self.post("execute/sync", &json!({ "script": format!("return ({expression});"), "args": [] }))
    }

    /// Waits until a JavaScript expression is true on the page, looking whenever something on the page changes, loads
    /// or gets the focus, and gives its value.
    ///
    /// # Errors
    /// When it does not become true while there is patience, with what the page then shows.
    pub fn wait(&self, expression: &str) -> Done<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => {{
               const found = (() => {{ try {{ return ({expression}); }} catch {{ return null; }} }})();
               if (found) {{ watch.disconnect(); done(found); }}
             }};
             const watch = new MutationObserver(look);
             watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
             for (const event of ['load', 'error', 'focus']) document.addEventListener(event, look, true);
             look();"
        );
        self.post("execute/async", &json!({ "script": script, "args": [] })).map_err(|Failed(why)| {
            let shown = self.value("document.body.innerText").unwrap_or_default();
            Failed(format!("never true: {expression}\n{why}\nthe page shows: {shown}"))
        })
    }

    /// Waits until another page, which is being gone to, has what `expression` asks for. A script that waits in the
    /// page that is left is never told, so that each look is a script of its own.
    ///
    /// # Errors
    /// When it does not come to that.
    pub fn arrive(&self, expression: &str) -> Done {
        let asked = format!("(() => {{ try {{ return !!({expression}); }} catch {{ return false; }} }})()");
        for _ in 0..LOOKS {
            // Between two pages there is none that could be asked.
            if self.value(&asked).is_ok_and(|found| found == true) {
                return Ok(());
            }
        }
        let shown = self.value("document.body.innerText").unwrap_or_default();
        Err(Failed(format!("never true: {expression}\nthe page shows: {shown}")))
    }

    /// Presses keys one after the other, `held` all the while.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn press(&self, held: &[&str], text: &str) -> Done {
        let key = |kind: &str, key: &str| json!({ "type": kind, "value": key });
        let mut actions: Vec<Value> = held.iter().map(|held| key("keyDown", held)).collect();
        for pressed in text.chars().map(String::from) {
            actions.extend([key("keyDown", &pressed), key("keyUp", &pressed)]);
        }
        actions.extend(held.iter().map(|held| key("keyUp", held)));
        let keyboard = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.post("actions", &keyboard).map(|_| ())
    }

    /// Moves the focus with the keyboard alone until the element that `selector` names has it. Backwards or forwards.
    ///
    /// # Errors
    /// When the keyboard does not lead there.
    pub fn tab_to(&self, selector: &str, back: bool) -> Done {
        let there = format!("document.activeElement.matches({selector:?})");
        for _ in 0..30 {
            if self.value(&there)? == json!(true) {
                return Ok(());
            }
            let held: &[&str] = if back { &[keys::SHIFT] } else { &[] };
            self.press(held, keys::TAB)?;
        }
        Err(Failed(format!("the keyboard does not lead to {selector}")))
    }

    /// Chooses a file in the file field that `selector` names.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn choose(&self, selector: &str, file: &Path) -> Done {
        let element = self.element(selector)?;
        let text = file.display().to_string();
        self.post(&format!("element/{element}/value"), &json!({ "text": text })).map(|_| ())
    }

    fn element(&self, selector: &str) -> Done<String> {
        let found = self.post("element", &json!({ "using": "css selector", "value": selector }))?;
        text(&found, ELEMENT).map(ToOwned::to_owned).ok_or_else(|| Failed(format!("there is no {selector}")))
    }

    /// The role and the name of an element, as they are told to somebody who does not see the page.
    ///
    /// # Errors
    /// When there is no such element.
    pub fn told(&self, selector: &str) -> Done<(String, String)> {
        let element = self.element(selector)?;
        let text = |what: &str| {
            let told = self.get(&format!("element/{element}/{what}"))?;
            Ok::<_, Failed>(told.as_str().unwrap_or_default().to_owned())
        };
        Ok((text("computedrole")?, text("computedlabel")?))
    }

    /// Builds a device for passkeys into the browser, which makes sure who is there, or fails to; gives its name.
    ///
    /// # Errors
    /// When the browser does not.
    pub fn add_device(&self, verifies: bool) -> Done<String> {
        let wanted = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": verifies,
        });
        let made = self.post("webauthn/authenticator", &wanted)?;
        made.as_str().map(ToOwned::to_owned).ok_or_else(|| Failed(format!("no device: {made}")))
    }

    /// The passkeys that a device has.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn passkeys(&self, device: &str) -> Done<Vec<Value>> {
        let told = self.get(&format!("webauthn/authenticator/{device}/credentials"))?;
        told.as_array().cloned().ok_or_else(|| Failed(format!("no list: {told}")))
    }

    /// Puts a passkey into a device, as if it had always been there.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn add_passkey(&self, device: &str, passkey: &Value) -> Done {
        self.post(&format!("webauthn/authenticator/{device}/credential"), passkey).map(|_| ())
    }

    /// Takes a device out of the browser, with the passkeys that it has.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn remove_device(&self, device: &str) -> Done {
        let path = format!("{}/webauthn/authenticator/{device}", self.session);
        Self::read(self.agent.delete(path).call().map_err(failed)?).map(|_| ())
    }

    /// Keeps a picture of the page.
    ///
    /// # Errors
    /// When it cannot be taken or kept.
    pub fn picture(&self, file: &Path) -> Done {
        let encoded = self.get("screenshot")?;
        let bytes = STANDARD.decode(encoded.as_str().unwrap_or_default()).map_err(failed)?;
        std::fs::write(file, bytes).map_err(failed)
    }
}

impl Drop for Browser {
    /// Chromium ends with its session; then nobody needs the driver.
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.agent.delete(&self.session).call();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Says, for every text on the page that is less than readable, what it is and how its colours contrast: WCAG 2.2 asks
/// for 4.5 to 1. To be given to [`Browser::value`].
pub const TOO_FAINT: &str = include_str!("too_faint.js");
