//! Several chats in one browser: each request is for the chat that it names, and for no other.

use crate::{
    chat::refused,
    customer::Customer,
    hands::OwnClock,
    harness::{Client, Got, Server},
    sample_bundle::bank_with,
};
use serde_json::json;

/// What a browser sends that has the cookies of all these chats.
fn jar(customers: &[&Customer]) -> String {
    customers.iter().map(|customer| customer.cookie()).collect::<Vec<_>>().join("; ")
}

/// The names of the cookies that an answer sets, and of those that it takes away.
fn cookies(got: &Got) -> (Vec<String>, Vec<String>) {
    let name = |text: &str| text.split('=').next().unwrap().to_owned();
    let all = got.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let (gone, set): (Vec<&str>, Vec<&str>) = all.partition(|text| text.contains("Max-Age=0;"));
    (set.into_iter().map(name).collect(), gone.into_iter().map(name).collect())
}

#[test]
fn what_is_typed_in_a_tab_is_said_by_the_customer_of_that_tab() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let (ann, bob) = (Customer::of(&client, "ann"), Customer::of(&client, "bob"));
    let both = jar(&[&ann, &bob]);
    let say = |customer: &Customer, cookies: &str, text: &str| {
        let headers = [("cookie", cookies), ("idempotency-key", text)];
        customer.send("messages", &headers, json!({ "text": text }).to_string().as_bytes())
    };
    assert_eq!(say(&bob, &both, "How do I change my PIN?").status, 204);
    assert_eq!(say(&ann, &both, "When will my card arrive?").status, 204);
    assert_eq!(ann.said()[0]["text"], "When will my card arrive?");
    assert_eq!((bob.said().len(), &bob.said()[0]["text"]), (1, &json!("How do I change my PIN?")));
    // The cookie of another chat opens nothing, whatever it is called; nor does none.
    let disguised = format!("remit_{}={}", ann.chat, bob.secret);
    refused(&say(&ann, &disguised, "x"), 401, "chat_ended", "another chat");
    for cookies in [&bob.cookie(), "theme=dark", &format!("remit_chat={}", ann.secret)] {
        refused(&say(&ann, cookies, "x"), 401, "chat_ended", "names no chat");
    }
    assert_eq!((ann.said().len(), bob.said().len()), (1, 1));
    // A page that was loaded when all chats of a browser had one cookie learns what to do.
    for path in ["messages", "conversation"] {
        let request = client.agent.post(format!("{}/chat/v1/{path}", client.url));
        let mut answer = request.header("cookie", format!("remit_chat={}", ann.secret)).send("{}").unwrap();
        let told = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status() == 401 && told.contains("open the link again"), "{told}");
    }
    let none = ann.send_to("nobody/messages", &[("idempotency-key", "k")], br#"{"text":"x"}"#);
    refused(&none, 401, "chat_ended", "names no chat");
}

fn links(client: &Client, hours: std::ops::RangeInclusive<u32>) -> Vec<Customer> {
    hours.map(|hours| Customer::start(client, &json!({ "customer": format!("c{hours}"), "hours": hours }))).collect()
}

#[test]
fn a_browser_keeps_the_cookies_of_eight_chats_and_none_that_are_over() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_with(|toml| toml), &clock);
    let client = server.client(&["admin"]);
    let chats = links(&client, 3..=11);
    let named = |customer: &Customer| format!("remit_{}", customer.chat);
    let enter = |last: &Customer, known: &[&Customer], more: &str| {
        let jar = format!("{}; theme=dark{more}", jar(known));
        cookies(&last.enter(&last.secret, &[("cookie", &jar)]))
    };
    let all: Vec<&Customer> = chats.iter().collect();
    let (first, others, last) = (all[0], &all[1..8], all[8]);
    let known = |with_first: bool| all[usize::from(!with_first)..8].to_vec();
    assert_eq!(enter(last, &known(false), ""), (vec![named(last)], vec![]), "7 and one are 8");
    assert_eq!(enter(last, &known(true), ""), (vec![named(last)], vec![named(first)]), "the one that ends first");
    let again = [known(false), vec![last]].concat();
    assert_eq!(enter(last, &again, ""), (vec![named(last)], vec![]), "entered again");
    let before = format!("; remit_chat={}; remit_chat_0=x", first.secret);
    let gone = vec!["remit_chat".to_owned(), "remit_chat_0".to_owned()];
    assert_eq!(enter(last, &[], &before), (vec![named(last)], gone), "of no chat");
    clock.forward_ms(4 * 3_600_000);
    let over = vec![named(first), named(others[0])];
    assert_eq!(enter(last, &known(true), ""), (vec![named(last)], over), "whose time is over");
}
