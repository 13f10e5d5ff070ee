//! What customers of the demo want done, as it lies beside the messages.

use anyhow::Context as _;
use remit_command::traffic::Message;
use remit_policy::bundle::Bundle;
use remit_sandbox::Mischief;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Its name beside the messages.
const FILE: &str = "requests.csv";
/// The fact by which the back office knows a customer.
const ACCOUNT: &str = "account";
/// By how many minor units the back office does another amount.
const OFF_BY: i64 = 500;

/// Something that a customer wants done.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    /// What they write.
    pub(super) message: Message,
    /// What an AI responder asks for then.
    pub(super) action: String,
    pub(super) arguments: Map<String, Value>,
    /// What they say once they have read it; nothing where they never answer.
    pub(super) customer: Option<Says>,
    /// What a colleague says.
    pub(super) staff: Option<Says>,
    /// What the back office does wrong.
    pub(super) mischief: Option<Mischief>,
}

/// A yes or a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Says {
    Yes,
    No,
}

/// A row of the file.
#[derive(Debug, Deserialize)]
struct Row {
    text: String,
    account: String,
    action: String,
    arguments: String,
    customer: Option<Says>,
    staff: Option<Says>,
    mischief: Option<String>,
}

/// What lies beside the messages, as far as the bundle has it carried out by the sandbox.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn beside(traffic: &Path, bundle: &Bundle) -> anyhow::Result<Vec<Errand>> {
    let path = traffic.with_file_name(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let rows = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut reader = csv::Reader::from_reader(rows.as_slice());
    let mut errands = Vec::new();
    for (number, row) in reader.deserialize().enumerate() {
        let row: Row = row.with_context(|| format!("{}: a row that is none", path.display()))?;
        if bundle.requested(&row.action).is_none() {
            continue;
        }
        let arguments = serde_json::from_str(&row.arguments);
        let arguments = arguments.with_context(|| format!("{}: arguments that are none", path.display()))?;
        let facts = BTreeMap::from([(ACCOUNT.to_owned(), Value::from(row.account.as_str()))]);
        let customer = format!("holder-{number}-of-{}", row.account);
        errands.push(Errand {
            message: Message { text: row.text, customer, channel: "chat".to_owned(), facts, ..Message::default() },
            action: row.action,
            arguments,
            customer: row.customer,
            staff: row.staff,
            mischief: row.mischief.as_deref().map(mischief).transpose()?,
        });
    }
    Ok(errands)
}

fn mischief(kind: &str) -> anyhow::Result<Mischief> {
    let mut planned = json!({ "kind": kind });
    if kind == "other_amount" {
        planned = json!({ "kind": kind, "by": OFF_BY });
    }
    serde_json::from_value(planned).with_context(|| format!("the sandbox does nothing wrong called `{kind}`"))
}

/// Puts the messages of errands among the others, one after each of the first; the errands by the number of their
/// message.
pub(super) fn among(messages: Vec<Message>, errands: Vec<Errand>) -> (Vec<Message>, BTreeMap<usize, Errand>) {
    let (mut all, mut known) = (Vec::with_capacity(messages.len() + errands.len()), BTreeMap::new());
    let mut errands = errands.into_iter();
    for message in messages {
        all.push(message);
        if let Some(errand) = errands.next() {
            known.insert(all.len(), errand.clone());
            all.push(errand.message);
        }
    }
    (all, known)
}

/// What an AI responder asks for when a customer writes one of these texts.
pub(super) fn by_text<'e>(errands: impl IntoIterator<Item = &'e Errand>) -> Arc<BTreeMap<String, Value>> {
    let act = |errand: &Errand| json!({ "say": "act", "action": errand.action, "arguments": errand.arguments });
    Arc::new(errands.into_iter().map(|errand| (errand.message.text.clone(), act(errand))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errands_stand_among_the_first_messages_and_are_known_by_their_number() {
        let message = |text: &str| Message { text: text.to_owned(), ..Message::default() };
        let errand = |text: &str| Errand {
            message: message(text),
            action: "a".to_owned(),
            arguments: Map::new(),
            customer: None,
            staff: None,
            mischief: None,
        };
        let texts = |all: &[Message]| all.iter().map(|message| message.text.clone()).collect::<Vec<_>>();
        let (all, known) = among(vec![message("1"), message("2"), message("3")], vec![errand("a"), errand("b")]);
        assert_eq!(texts(&all), ["1", "a", "2", "b", "3"]);
        let by_number: Vec<_> = known.iter().map(|(number, errand)| (*number, errand.message.text.as_str())).collect();
        assert_eq!(by_number, [(1, "a"), (3, "b")]);
        let (all, known) = among(vec![message("1")], vec![errand("a"), errand("b")]);
        assert_eq!((texts(&all).len(), known.len()), (2, 1));
    }

    #[test]
    fn the_sample_banks_errands_are_what_its_bundle_has_done() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles");
        let bundle = Bundle::load(remit_policy::files::Files::read(&root.join("bank")).unwrap());
        let bundle = bundle.unwrap_or_else(|findings| panic!("{findings:?}"));
        let errands = beside(&root.join("bank-traffic/messages.csv"), &bundle).unwrap();
        assert!(errands.len() >= 8, "{}", errands.len());
        for errand in &errands {
            let spec = bundle.requested(&errand.action).unwrap();
            spec.parameters.check(&errand.arguments).unwrap_or_else(|error| panic!("{errand:?}: {error}"));
        }
        let ways =
            [errands.iter().any(|one| one.staff == Some(Says::No)), errands.iter().any(|one| one.customer.is_none())];
        assert_eq!(ways, [true, true]);
        assert!(mischief("nothing").is_err());
    }
}
