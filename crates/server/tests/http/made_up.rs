//! Whatever a delegate can be made to send by what the interface says of itself: schemathesis makes it up, and holds
//! the answers against the same description.

use crate::delegate::{Desk, ISSUER, usual};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{path::Path, process::Command};

/// Requests that are made up for each operation.
const EACH: &str = "40";
/// What each answer is held against.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method";

#[test]
fn what_schemathesis_makes_up_for_a_delegate_is_answered_as_described() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(33, &usual());
    muse.open("please give me my money back");
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers/schemathesis");
    assert!(installed.exists(), "{} is not there; `cargo xtask install` installs it", installed.display());
    let key = muse.key.public().to_json();
    let place = tempfile::tempdir().unwrap();
    let mut made_up = Command::new(installed.join("bin/schemathesis"));
    made_up
        .current_dir(place.path())
        .args(["run", &format!("{}/v1/openapi.json", muse.url), "--url", &muse.url])
        .args(["--include-path-regex", "^/delegate/v1/", "--checks", CHECKS, "--max-examples", EACH])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--continue-on-failure"])
        .args(["--no-color", "--warnings", "off", "--suppress-health-check", "all"])
        .env("PYTHONPATH", format!("{}/tests/http/peers/schemathesis", env!("CARGO_MANIFEST_DIR")))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "delegate")
        .env("REMIT_SERVER", &muse.url)
        .env("REMIT_ISSUER", ISSUER)
        .env("REMIT_DELEGATE_TOKEN", &muse.token)
        .env("REMIT_NOW_MS", desk.server.app.environment.now().0.to_string())
        .env("REMIT_KEY_X", key["x"].as_str().unwrap())
        .env("REMIT_KEY_D", URL_SAFE_NO_PAD.encode([33; 32]));
    let came = made_up.output().unwrap();
    let said = String::from_utf8_lossy(&came.stdout);
    assert!(came.status.success(), "{said}\n{}", String::from_utf8_lossy(&came.stderr));
    // Each operation was asked for in both ways, and not refused for want of a proof alone.
    let made_up = said.lines().find_map(|line| line.trim().split_once(" generated, ")?.0.parse::<u32>().ok());
    assert!(made_up.is_some_and(|made_up| made_up > 200), "{said}");
    assert_eq!(said.matches("7 passed").count(), 2, "{said}");
    let cases = muse.get("/delegate/v1/cases?limit=200").body["items"].as_array().unwrap().len();
    assert!(cases > 1, "nothing was opened\n{said}");
}
