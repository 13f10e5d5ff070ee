//! What goes through the walls, and what does not.

use super::super::files::File;

fn faults(path: &str, text: &str) -> Vec<String> {
    super::faults(&[File { path: path.to_owned(), text: text.to_owned() }]).unwrap()
}

#[test]
fn what_is_of_an_interface_is_found_in_the_use_cases_and_nowhere_else() {
    for named in [
        "use axum::Json;",
        "use std::fmt;\nfn a() { http::Uri::default(); }",
        "fn a(of: hyper::Body) {}",
        "fn a() { assert!(x, http::A); }",
        "use b::StatusCode;",
        "fn a(f: F) { matches!(f, Failure::Status(_)); }",
        "fn a() -> &'static str { \"text/html; charset=utf-8\" }",
        "fn a() { b!(c, [\"application/json\"]); }",
        "struct A { status: u16 }",
        "const A_STATUS: u32 = 410;",
        "fn a(last_status: u16) {}",
    ] {
        assert_eq!(faults("crates/app/src/a.rs", named).len(), 1, "{named}");
        assert_eq!(faults("crates/server/src/a.rs", named).len(), 0, "{named}");
    }
}

#[test]
fn what_only_looks_like_it_goes_through() {
    for named in [
        "use crate::http;",
        "fn a() { \"text/plain or else\"; \"texts/a\"; \"and/or\"; \"text/\"; }",
        "/// `text/html`\n#[schema(example = \"image/png\")]\nstruct A { status: Status }",
        "struct A { statuses: Vec<u16>, port: u16 }",
        "#[cfg(test)]\nmod tests { use axum::Json; fn a() { \"text/html\"; } }",
    ] {
        assert_eq!(faults("crates/app/src/a.rs", named), Vec::<String>::new(), "{named}");
    }
    assert_eq!(faults("crates/app/src/a/tests.rs", "use axum::Json;"), Vec::<String>::new());
}

#[test]
fn the_use_cases_have_no_library_of_an_interface() {
    let of = |text: &str| faults("crates/app/Cargo.toml", text);
    assert_eq!(of("[dependencies]\nserde.workspace = true\n").len(), 0);
    let told = of("[dependencies]\nserde.workspace = true\ntower-http = \"1\"\n");
    assert_eq!(told, ["crates/app/Cargo.toml:3: \"tower-http = \\\"1\\\"\" is of an interface; use it in `server`"]);
}

#[test]
fn a_use_case_says_where_its_refusals_are_told() {
    let of = |documentation: &str, visibility: &str| {
        let function = format!("{visibility} async fn a<T>(b: &T) -> Result<Vec<T>, ARefusal> {{ b }}");
        faults("crates/app/src/a.rs", &format!("{documentation}\n{function}"))
    };
    assert_eq!(of("/// A.\n///\n/// # Errors\n/// [`ARefusal`] says when each arises.", "pub"), Vec::<String>::new());
    assert_eq!(of("/// # Errors\n/// When policy refuses.", "pub(crate)").len(), 1);
    assert_eq!(of("", ""), Vec::<String>::new());
}

#[test]
fn the_backend_is_named_where_a_directory_is_opened() {
    for named in ["use remit_store::{A, sqlite::B};", "fn a() { remit_store::sqlite::b(); }"] {
        assert_eq!(faults("crates/cli/src/a.rs", named).len(), 1, "{named}");
        assert_eq!(faults("crates/app/src/case/a.rs", named).len(), 1, "{named}");
        for place in ["crates/app/src/directory.rs", "crates/bench/src/a.rs", "crates/cli/tests/a.rs"] {
            assert_eq!(faults(place, named).len(), 0, "{place}: {named}");
        }
    }
}

#[test]
fn the_forms_of_oauth_get_what_they_work_on() {
    for named in [
        "use std::time::{Duration, Instant};",
        "fn a() { std::fs::read(b); }",
        "use tokio::sync::Mutex;",
        "fn a() { Timestamp::now(); }",
    ] {
        assert_eq!(faults("crates/oauth/src/a.rs", named).len(), 1, "{named}");
        assert_eq!(faults("crates/server/src/a.rs", named).len(), 0, "{named}");
    }
    for named in ["use std::{sync::Mutex, time::Duration};", "#[cfg(test)]\nmod tests { use std::thread; }"] {
        assert_eq!(faults("crates/oauth/src/a.rs", named), Vec::<String>::new(), "{named}");
    }
}
