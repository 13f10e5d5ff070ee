//! What customers are told, in the words of the bundle and in the customer's language, over real HTTP.

use crate::{
    customer::Customer,
    harness::{Client, Server, id},
    sample_bundle::{BANK, loaded},
};
use serde_json::{Value, json};

const GERMAN: &str = "ai_answers = \"{title}, eine KI, antwortet.\"\n\
                      person_will_answer = \"Jemand von {title} antwortet.\"\n\
                      wait_expected = \"Das dauert {wait}.\"\n\
                      wait_not_known = \"Wie lange das dauert, wissen wir nicht.\"\n\
                      minutes = \"etwa {minutes} Minuten\"\n";

fn told(client: &Client, case: &Value) -> String {
    let messages = client.get(&format!("/v1/cases/{}/messages", id(case))).body;
    let told = messages["items"].as_array().unwrap().iter().find(|message| message["author"] == "remit");
    told.unwrap_or_else(|| panic!("nothing was told: {messages}"))["text"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_page_says_around_a_call_is_the_bundles_too() {
    let german = "callback_ask = \"Rufen Sie mich an\"\ncallback_when = \"Wann sollen wir anrufen?\"\n\
                  callback_agreed = \"Wir rufen Sie an: {time}.\"\n";
    let files = BANK.files().clone().with("texts/de.toml", german.into());
    let bundle = loaded(files);
    let server = Server::start_with(bundle, Default::default());
    let hans = Customer::of(&server.client(&["admin"]), "hans");
    hans.say("Guten Tag, meine Karte ist immer noch nicht angekommen. Bitte verbinden Sie mich mit einem Menschen.");
    assert_eq!(hans.post("human", &json!({})).status, 204);
    assert_eq!(hans.status()["callback"], "Rufen Sie mich an");
    let times = hans.get("callback").body;
    assert_eq!(times["texts"]["when"], "Wann sollen wir anrufen?");
    let day = &times["days"][0];
    assert_eq!(day["title"], "Dienstag, 10. März", "the day in the language of what is asked: {times}");
    assert_eq!(hans.post("callback", &json!({ "at": day["times"][0]["at"] })).status, 204);
    let told = hans.status()["text"].as_str().unwrap().to_owned();
    assert!(told.starts_with("Wir rufen Sie an: Dienstag, 10. März, "), "{told}");
}

#[test]
fn customers_are_told_in_their_language_what_the_bundle_says_and_in_english_else() {
    let files = BANK.files().clone().with("texts/de.toml", GERMAN.into());
    let bundle = loaded(files);
    let server = Server::start_with(bundle, Default::default());
    let client = server.client(&["admin"]);
    let german = client.open("hans", "Guten Tag, meine Karte ist immer noch nicht angekommen. Wo bleibt sie denn?");
    let english = client.open("ann", "Good day, my card has still not arrived. Where is it?");
    let french = client.open("luc", "Bonjour, ma carte n'est toujours pas arrivée. Où est-elle donc ?");
    assert!(told(&client, &german).contains("antwortet."), "{}", told(&client, &german));
    for other in [english, french] {
        let told = told(&client, &other);
        assert!(told.contains("is answering.") || told.contains("will answer."), "{told}");
    }
    let context = client.get(&format!("/v1/cases/{}/context", id(&german))).body;
    assert!(context["told"][0].as_str().unwrap().contains("antwortet."), "{context}");
}
