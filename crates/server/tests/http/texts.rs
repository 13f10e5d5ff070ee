//! What customers are told, in the words of the bundle and in the customer's language, over real HTTP.

use crate::{
    harness::{Client, Server, id},
    sample_bundle::BANK,
};
use remit_policy::bundle::Bundle;
use serde_json::Value;
use std::sync::Arc;

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
fn customers_are_told_in_their_language_what_the_bundle_says_and_in_english_else() {
    let files = BANK.files().clone().with("texts/de.toml", GERMAN.into());
    let bundle = Arc::new(Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:#?}")));
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
