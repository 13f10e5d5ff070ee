//! Passkeys, and those who have none: what was asked before, by another site, of another server or of another person
//! signs nobody in, nor does a copy of a key.

use crate::{
    device::{Device, encoded},
    harness::Got,
    passkeys::{
        begin, begin_registration, register, remove, show, signed_in_by, start, try_passkey, try_register, with_passkey,
    },
    sessions::{Browser, PASSWORD, kept, record, with_account},
};
use serde_json::{Value, json};

/// Refused with this code, and no session.
fn is_refused(answer: &Got, code: &str) {
    assert_eq!((answer.status, &answer.body["code"]), (403, &json!(code)), "{}", answer.body);
    assert_eq!(answer.body["type"], "/problems/sign_in_refused");
    assert_eq!(kept(answer), None);
}

#[test]
fn what_was_asked_is_answered_once_in_its_browser_and_in_time() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let browser = Browser::of(&server);
    let (cookie, options) = begin(&browser);
    let shown = laptop.show(&options);
    is_refused(&show(&browser, None, &shown), "mixed_up");
    is_refused(&show(&browser, Some("__Host-remit-passkey=x"), &shown), "mixed_up");
    // What another browser was asked, which this one answers in its place, is over by that.
    let (other, _) = begin(&browser);
    is_refused(&show(&browser, Some(&other), &shown), "challenge");
    is_refused(&show(&browser, Some(&other), &shown), "mixed_up");
    assert_eq!(show(&browser, Some(&cookie), &shown).status, 204);
    is_refused(&show(&browser, Some(&cookie), &shown), "mixed_up");
    // A replay with another challenge is the answer to none.
    let (again, _) = begin(&browser);
    is_refused(&show(&browser, Some(&again), &shown), "challenge");
    // What the same browser is asked anew takes the place of what it was asked.
    let (late, options) = begin(&browser);
    let shown = laptop.show(&options);
    clock.forward_ms(5 * 60_000);
    is_refused(&show(&browser, Some(&late), &shown), "mixed_up");
    signed_in_by(&server, &mut laptop);
    // Another site has nobody signed in.
    let (cookie, options) = begin(&browser);
    let crossed = [("sec-fetch-site", "cross-site"), ("cookie", cookie.as_str())];
    let crossed = browser.send("post", "/sign-in/v1/passkey", &crossed, Some(&laptop.show(&options)));
    assert_eq!((crossed.status, &crossed.body["type"]), (403, &json!("/problems/cross_site")));
}

#[test]
fn what_another_site_server_key_or_person_signed_signs_nobody_in() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let (laptop, mut phone) = (&mut Device::new(1), Device::new(2));
    with_passkey(&server, &admin, "cleo", laptop);
    with_passkey(&server, &admin, "dora", &mut phone);
    let wrong = |change: &dyn Fn(&mut Device)| {
        let mut device = laptop.clone();
        change(&mut device);
        device
    };
    let cases: [(Device, &str); 10] = [
        (wrong(&|device| device.origin = "https://support.example.attacker.example".to_owned()), "origin"),
        (wrong(&|device| device.origin = "http://support.example".to_owned()), "origin"),
        (wrong(&|device| device.origin = "https://support.example:8443".to_owned()), "origin"),
        (wrong(&|device| device.server = Some("example".to_owned())), "relying_party"),
        (wrong(&|device| device.verifies = false), "user_verification"),
        (laptop.with_key(9), "signature"),
        (phone.with_key(1), "signature"),
        (wrong(&|device| device.credential = phone.credential.clone()), "key"),
        (wrong(&|device| device.handle = phone.handle.clone()), "key"),
        (wrong(&|device| device.credential = vec![7; 32]), "unknown"),
    ];
    for (mut device, code) in cases {
        // So few that none is one too many.
        clock.forward_ms(30_000);
        is_refused(&try_passkey(&server, &mut device), code);
    }
    // What is of no form, or of one that means something else.
    let browser = Browser::of(&server);
    let spoilt = |change: &dyn Fn(&mut Value)| {
        clock.forward_ms(30_000);
        let (cookie, options) = begin(&browser);
        let mut shown = laptop.clone().show(&options);
        change(&mut shown);
        show(&browser, Some(&cookie), &shown)
    };
    for member in ["id", "client_data", "authenticator_data", "signature", "user_handle"] {
        for value in ["", "=", "AA", &"A".repeat(2_000)] {
            let refused = spoilt(&|shown| shown[member] = json!(value));
            assert_eq!((refused.status, kept(&refused)), (403, None), "{member} {value}: {}", refused.body);
        }
        assert_eq!(spoilt(&|shown| shown[member] = json!(null)).status, 422, "{member}");
    }
    let said = json!({ "type": "webauthn.create", "challenge": "AAAA", "origin": "https://support.example" });
    let of_registering = spoilt(&|shown| shown["client_data"] = json!(encoded(said.to_string().as_bytes())));
    assert_eq!((of_registering.status, kept(&of_registering)), (403, None), "{}", of_registering.body);
    assert_eq!(record(&admin, "cleo").iter().filter(|kind| kind.contains("doubted")).count(), 0);
    signed_in_by(&server, laptop);
}

#[test]
fn a_copy_of_a_passkey_is_found_by_its_count_and_signs_nobody_in_any_more() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    let id = with_passkey(&server, &admin, "cleo", &mut laptop);
    let mut copy = laptop.clone();
    let (first, by_password) = (signed_in_by(&server, &mut laptop), Browser::signed_in(&server, "cleo"));
    is_refused(&try_passkey(&server, &mut copy), "count");
    // Whichever of them is the copy: neither is let in, and what they began is over.
    is_refused(&try_passkey(&server, &mut laptop), "doubted");
    assert_eq!((first.get("/v1/cases").status, by_password.get("/v1/cases").status), (401, 200));
    let seen = admin.get("/v1/staff/cleo/passkeys").body;
    assert_eq!((&seen[0]["id"], &seen[0]["doubted"]), (&json!(id), &json!(true)), "{seen}");
    let said = record(&admin, "cleo");
    assert!(said.ends_with(&["session_ended passkey_removed".into(), "account_changed passkey_doubted".into()]));
    assert_eq!(remove(&by_password, &format!("/sign-in/v1/passkeys/{id}")).status, 204);
    // Passkeys that are on several devices do not count, and are not doubted.
    let mut synced = Device::new(3);
    synced.counts = false;
    register(&by_password, &mut synced, "password manager");
    signed_in_by(&server, &mut synced);
    signed_in_by(&server, &mut synced);
}

#[test]
fn a_passkey_is_registered_in_the_session_that_asked_once_by_who_just_signed_in() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "cleo", &["lead"]);
    with_account(&server, &admin, "dora", &["lead"]);
    let [cleo, other, dora] = ["cleo", "cleo", "dora"].map(|name| Browser::signed_in(&server, name));
    let mut laptop = Device::new(1);
    let mut sent = laptop.make(&begin_registration(&cleo));
    sent["name"] = json!("laptop");
    for browser in [&other, &dora] {
        let refused = browser.post("/sign-in/v1/passkeys", &sent);
        assert_eq!((refused.status, &refused.body["code"]), (409, &json!("mixed_up")), "{}", refused.body);
    }
    // Nor in another's session that was asked something else.
    begin_registration(&dora);
    let refused = dora.post("/sign-in/v1/passkeys", &sent);
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("challenge")), "{}", refused.body);
    let without = cleo.send("post", "/sign-in/v1/passkeys", &[("x-remit-csrf", &dora.csrf)], Some(&sent));
    assert_eq!((without.status, &without.body["type"]), (403, &json!("/problems/cross_site")), "{}", without.body);
    assert_eq!(cleo.send("post", "/sign-in/v1/passkeys/begin", &[], None).status, 403);
    assert_eq!(admin.post("/sign-in/v1/passkeys/begin", &json!({})).status, 401, "a token has no session");
    assert_eq!(cleo.post("/sign-in/v1/passkeys", &sent).status, 201);
    assert_eq!(cleo.post("/sign-in/v1/passkeys", &sent).status, 409, "it is answered");
    // Names, and what is none.
    for name in ["", "   ", &"x".repeat(65), "a\u{202e}b", "a\nb"] {
        let refused = try_register(&cleo, &mut Device::new(2), name);
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("name")), "{name:?}");
    }
    for (change, code) in [
        (&(|device: &mut Device| device.verifies = false) as &dyn Fn(&mut Device), "user_verification"),
        (&|device| device.origin = "https://attacker.example".to_owned(), "origin"),
        (&|device| device.server = Some("attacker.example".to_owned()), "relying_party"),
        (&|device| device.credential = vec![1; 3], "form"),
        // Points of small order, of which anybody can make signatures.
        (&|device| device.claims = Some([0; 32]), "key"),
        (&|device| device.claims = Some(std::array::from_fn(|at| u8::from(at == 0))), "key"),
    ] {
        let mut device = Device::new(2);
        change(&mut device);
        let refused = try_register(&cleo, &mut device, "phone");
        assert_eq!((refused.status, &refused.body["code"]), (422, &json!(code)), "{}", refused.body);
    }
    // One that is registered already, by whomever, is not taken over.
    let taken = try_register(&dora, &mut laptop.clone(), "mine");
    assert_eq!(taken.status, 409, "{}", taken.body);
    assert!(taken.body["detail"].as_str().unwrap().contains("registered already"), "{}", taken.body);
    signed_in_by(&server, &mut laptop);
    // As many as there may be.
    for number in 10..25 {
        register(&cleo, &mut Device::new(number), "another");
    }
    let full = cleo.post("/sign-in/v1/passkeys/begin", &json!({}));
    assert_eq!((full.status, &full.body["type"]), (409, &json!("/problems/limit_reached")), "{}", full.body);
    // A session that was left open is no way in.
    let asked = begin_registration(&dora);
    clock.forward_ms(4 * 60_000);
    let mut in_time = Device::new(30).make(&asked);
    in_time["name"] = json!("phone");
    assert_eq!(dora.post("/sign-in/v1/passkeys", &in_time).status, 201);
    clock.forward_ms(12 * 60_000);
    let refused = dora.post("/sign-in/v1/passkeys/begin", &json!({}));
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not_fresh")), "{}", refused.body);
    let ids = dora.get("/sign-in/v1/account").body["passkeys"].clone();
    let refused = remove(&dora, &format!("/sign-in/v1/passkeys/{}", ids[0]["id"].as_str().unwrap()));
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not_fresh")), "{}", refused.body);
}

#[test]
fn a_session_of_an_admin_that_was_left_open_lets_nobody_in() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    with_account(&server, &admin, "root", &["admin"]);
    let root = Browser::signed_in(&server, "root");
    let invitation = json!({ "roles": ["admin"], "hours": 1 });
    let token = json!({ "name": "mine", "roles": ["admin"], "days": 1 });
    assert_eq!(root.post("/v1/staff/root/invitation", &invitation).status, 201);
    assert_eq!(root.post("/v1/tokens", &token).status, 201);
    clock.forward_ms(16 * 60_000);
    for (path, body) in [("/v1/staff/root/invitation", &invitation), ("/v1/tokens", &token)] {
        let refused = root.post(path, body);
        assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not_fresh")), "{}", refused.body);
        assert_eq!(admin.post(path, body).status, 201, "a token shows each time who calls");
    }
}

#[test]
fn of_two_sign_ins_at_once_the_later_answer_counts_and_no_copy_is_thought_of() {
    let (server, clock) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let (one, other) = (Browser::of(&server), Browser::of(&server));
    let ((cookie, asked), (other_cookie, other_asked)) = (begin(&one), begin(&other));
    let (first, second) = (laptop.show(&asked), laptop.show(&other_asked));
    clock.forward_ms(1_000);
    assert_eq!(show(&other, Some(&other_cookie), &second).status, 204);
    is_refused(&show(&one, Some(&cookie), &first), "overtaken");
    signed_in_by(&server, &mut laptop);
}

#[test]
fn whoever_begins_without_end_pushes_nobody_out_who_is_about_to_answer() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let browser = Browser::of(&server);
    let (cookie, options) = begin(&browser);
    for _ in 0..5_000 {
        begin(&browser);
    }
    assert_eq!(show(&browser, Some(&cookie), &laptop.show(&options)).status, 204);
}

#[test]
fn who_guesses_is_refused_for_a_while_and_keeps_nobody_from_their_password() {
    let (server, _) = start();
    let admin = server.client(&["admin"]);
    let mut laptop = Device::new(1);
    with_passkey(&server, &admin, "cleo", &mut laptop);
    let mut forged = laptop.with_key(9);
    let tried: Vec<u16> = (0..20).map(|_| try_passkey(&server, &mut forged).status).collect();
    assert!(tried[..10].iter().all(|status| *status == 403) && tried.ends_with(&[429; 9]), "{tried:?}");
    let waits = try_passkey(&server, &mut laptop);
    assert_eq!((waits.status, &waits.body["type"]), (429, &json!("/problems/too_many_sign_ins")), "{}", waits.body);
    assert!(waits.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(Browser::of(&server).try_sign_in("cleo", PASSWORD).status, 204);
    // From one address, whatever is shown.
    let browser = Browser::of(&server);
    let from = [("x-forwarded-for", "198.51.100.7"), ("sec-fetch-site", "same-origin")];
    let begun = (0..44).map(|_| browser.send("post", "/sign-in/v1/passkey/begin", &from, None).status);
    let begun: Vec<u16> = begun.collect();
    assert!(begun[..40].iter().all(|status| *status == 200) && begun.ends_with(&[429; 2]), "{begun:?}");
}
