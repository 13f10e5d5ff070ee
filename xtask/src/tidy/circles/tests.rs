//! Circles that are found, and what is none.

use super::super::files::File;

/// What is told of a crate of these files, by name.
fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let file = |(name, text): &(&str, &str)| File { path: format!("crates/a/src/{name}"), text: (*text).to_owned() };
    super::faults(&files.iter().map(file).collect::<Vec<_>>()).unwrap()
}

fn told(needs: &[&str]) -> Vec<String> {
    let needs = needs.iter().map(|need| format!("\n  {need}")).collect::<String>();
    vec![format!("files need one another in a circle; move what both need to a file of its own:{needs}")]
}

#[test]
fn two_files_that_import_from_one_another_are_a_circle() {
    let files = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "//! A.\nuse crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B;\npub fn b() { super::a::A; }"),
    ];
    let circle = [
        "crates/a/src/a.rs:2 needs `crate::b::B` of crates/a/src/b.rs",
        "crates/a/src/b.rs:2 needs `super::a::A` of crates/a/src/a.rs",
    ];
    assert_eq!(faults(&files), told(&circle));
}

#[test]
fn the_shortest_circle_of_those_that_hang_together_is_told() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;\npub struct A;"),
        ("b.rs", "use crate::c::C;\npub struct B;"),
        ("c.rs", "use crate::{a::A, b::B};\npub struct C;"),
    ];
    let faults = faults(&files);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].lines().count(), 3, "{faults:?}");
    assert!(!faults[0].contains("a.rs:"), "{faults:?}");
}

#[test]
fn a_name_that_is_handed_on_is_of_the_file_that_defines_it() {
    let through = |named: &str| {
        let b = format!("pub struct B;\nfn b() {{ {named}; }}");
        faults(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
            ("a/mod.rs", "mod deep;\npub use deep::*;\npub use crate::b::B as Other;"),
            ("a/deep.rs", "pub struct A;\nimpl A { fn of(_: super::Other) {} }"),
            ("b.rs", b.as_str()),
        ])
    };
    let circle = [
        "crates/a/src/a/deep.rs:2 needs `super::Other` of crates/a/src/b.rs",
        "crates/a/src/b.rs:2 needs `crate::A` of crates/a/src/a/deep.rs",
    ];
    assert_eq!(through("crate::A"), told(&circle));
    assert_eq!(through("vec![1, crate::A::of()]").len(), 1, "arguments of macros are read too");
    assert_eq!(through("u8::MAX"), Vec::<String>::new());
}

#[test]
fn parents_and_children_are_files_like_others() {
    let of = |parent: &str, child: &str| faults(&[("lib.rs", "mod a;"), ("a.rs", parent), ("a/b.rs", child)]);
    let uses_parent = "use super::A;\npub struct B(A);\npub const C: u8 = 1;";
    assert_eq!(of("mod b;\npub use b::B;\npub struct A;", uses_parent).len(), 0, "handing on is no need");
    assert_eq!(of("mod b;\nuse b::B;\npub struct A;\nfn a(_: B) {}", uses_parent).len(), 1);
    assert_eq!(of("mod b;\npub use b::B;\npub struct A;\nfn a(_: B) {}", uses_parent).len(), 1);
    assert_eq!(of("mod b;\npub struct A;\nfn a() -> u8 { b::C }", uses_parent).len(), 1);
    assert_eq!(of("mod b;\nuse b::B;\nfn a(_: B) {}", "pub struct B;").len(), 0);
}

#[test]
fn a_function_of_a_type_is_needed_where_it_stands() {
    let of = |call: &str| {
        let home = format!("mod b;\npub struct A;\nimpl A {{ fn a(&self) {{ {call}; }} }}");
        faults(&[("lib.rs", "mod a;"), ("a.rs", home.as_str()), ("a/b.rs", "impl super::A { pub fn far(&self) {} }")])
    };
    assert_eq!(of("self.far()").len(), 1);
    assert_eq!(of("assert!(self.far())").len(), 1);
    assert_eq!(of("Self::far(self)").len(), 1);
    assert_eq!(of("other.far()").len(), 0, "whose it is is not known");
    assert_eq!(of("self.a()").len(), 0);
}

#[test]
fn what_is_for_tests_and_what_is_in_words_is_left_out() {
    let b = "pub struct B;\n#[cfg(test)]\nmod tests {\n  use crate::a::A;\n}\n#[cfg(test)]\nuse crate::a::A as Other;\n\
             /// [`crate::a::A`]\nfn b() { \"crate::a::A\"; }";
    assert_eq!(
        faults(&[("lib.rs", "mod a;\nmod b;"), ("a.rs", "use crate::b::B;\npub struct A;"), ("b.rs", b)]).len(),
        0
    );
    let named = "pub struct B;\n#[serde(with = \"crate::a::A\")]\nstruct C;";
    let files = [("lib.rs", "mod a;\nmod b;"), ("a.rs", "use crate::b::B;\npub struct A;"), ("b.rs", named)];
    assert_eq!(faults(&files).len(), 1, "serde calls what such a string names");
}

#[test]
fn what_is_not_understood_is_told() {
    let file = File { path: "crates/a/src/lib.rs".to_owned(), text: "//! A.\nfn (".to_owned() };
    assert!(super::faults(&[file]).unwrap_err().starts_with("crates/a/src/lib.rs:2: "));
}

/// What is told of the crate `app` of these files, whose table of folders has these rows.
fn folder_faults(rows: &[&str], files: &[(&str, &str)]) -> Vec<String> {
    let rows: String = rows.iter().map(|row| format!("| {row} | what |\n")).collect();
    let map = format!("| folder of `app/src` | what |\n|---|---|\n{rows}");
    let source = |(name, text): &(&str, &str)| (format!("crates/app/src/{name}"), (*text).to_owned());
    let files = files.iter().map(source).chain([("ARCHITECTURE.md".to_owned(), map)]);
    super::faults(&files.map(|(path, text)| File { path, text }).collect::<Vec<_>>()).unwrap()
}

#[test]
fn folders_that_need_one_another_by_way_of_other_files_are_a_circle() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::low::Low;"),
        ("a/mod.rs", "mod high;\npub mod low;"),
        ("a/high.rs", "use crate::c::C;\npub struct High(C);"),
        ("a/low.rs", "pub struct Low;"),
        ("b/mod.rs", "use crate::Low;\npub struct B(Low);"),
        ("c.rs", "use crate::b::B;\npub struct C(B);"),
    ];
    let circle = "folders need one another in a circle; move what both need to a lower one:\n  \
                  crates/app/src/a/high.rs:1 needs `crate::c::C` of crates/app/src/c.rs\n  \
                  crates/app/src/c.rs:1 needs `crate::b::B` of crates/app/src/b/mod.rs\n  \
                  crates/app/src/b/mod.rs:1 needs `crate::Low` of crates/app/src/a/low.rs";
    assert_eq!(folder_faults(&["`a`", "`b`"], &files), [circle]);
}

#[test]
fn a_folder_needs_those_alone_that_stand_above_it_in_the_table() {
    let files = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a/mod.rs", "pub struct A;"),
        ("b/mod.rs", "use crate::a::A;\npub struct B(A);"),
    ];
    for good in [["`a`", "`b`"].as_slice(), &["`b`, `a`"]] {
        assert_eq!(folder_faults(good, &files), Vec::<String>::new(), "{good:?}");
    }
    let told = "`b` needs `a`, which stands below it in the table of folders; move one of both:\n  \
                crates/app/src/b/mod.rs:1 needs `crate::a::A` of crates/app/src/a/mod.rs";
    assert_eq!(folder_faults(&["`b`", "`a`"], &files), [told]);
}
