//! The key of a delegate leaks. A thief has it and knows the delegation: what they can do until it is noticed is
//! bounded by what the customer granted, and by whose yes policy wants; what the organisation and the customer can do
//! about it holds from the thief's next call on.

use crate::{
    LeakedKey,
    desk::Desk,
    told::{Countermeasure, EvidenceRecord, Refusal, Requested, Told},
};
use anyhow::Context as _;
use remit_app::operation;
use remit_command::key_holder::{self, DelegateAnswer, KeyHolder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The customer.
const CUSTOMER: &str = "drill-customer";
/// Another one, of whom the thief knows that there is a case.
const ANOTHER: &str = "another-customer";
/// How long is waited until what was asked for is carried out, or said to wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// States that end by themselves.
const UNDER_WAY: [&str; 3] = ["waiting", "confirmed", "executing"];
/// Cases that the thief opens.
const CASES: usize = 3;

impl LeakedKey {
    /// Plays it; says whether all held.
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let facts: Value = serde_json::from_str(&self.facts).context("--facts is no JSON")?;
        serde_json::from_str::<Value>(&self.arguments).context("--arguments is no JSON")?;
        let desk = Desk::open(self.data.as_deref(), self.bundle.as_deref(), &self.source)?;
        let told = self.play(&desk, &facts);
        let (data, is_kept) = (desk.data.clone(), desk.is_kept());
        desk.close()?;
        let told = told?;
        told.print(json, is_kept.then_some(&*data));
        Ok(told.holds())
    }

    fn play(&self, desk: &Desk, facts: &Value) -> anyhow::Result<Told> {
        let known = json!({ "facts": facts });
        desk.source.put(operation::PutFacts, &[CUSTOMER], &known).context("what is known of the customer")?;
        let of_another = json!({ "customer": ANOTHER, "text": "When will my card arrive?", "channel": "web" });
        let of_another = desk.crm.post(operation::OpenCase, &[], &of_another)?;
        let of_another = named(&of_another, "/case/id")?;

        let mut owner = desk.registered()?;
        let delegation = self.granted(desk, &owner)?;
        succeeded(owner.get_token(&delegation)?, "the delegate's own token")?;

        let mut told = self.stolen(desk, &owner, &delegation, &of_another)?;
        for means in Means::ALL {
            let ended = self.ended(desk, means)?;
            told.ended.push(ended);
        }
        // What the thief had asked for and nobody had answered comes to nothing, without anybody saying no.
        desk.crm.post(operation::RevokeDelegation, &[&delegation], &json!({}))?;
        for requested in &mut told.requested {
            let Some(request) = &requested.request else { continue };
            requested.became = state_of(desk, request, |state| !UNDER_WAY.contains(&state))?;
        }
        told.records = records(desk, &owner.id, &delegation)?;
        Ok(told)
    }

    /// What the customer grants a delegate.
    fn granted(&self, desk: &Desk, delegate: &KeyHolder) -> anyhow::Result<String> {
        let amount = json!({ "minor": self.amount, "currency": desk.currency() });
        let ask = json!({
            "customer": CUSTOMER, "delegate": delegate.id, "actions": [self.action],
            "scopes": ["support:ask", "case:open", "case:read", "case:write"],
            "limits": { "max_amount": amount, "max_count": self.count },
        });
        key_holder::consented(&desk.crm, &ask)
    }

    /// What whoever stole the key does with it until anybody notices.
    fn stolen(&self, desk: &Desk, owner: &KeyHolder, delegation: &str, of_another: &str) -> anyhow::Result<Told> {
        let currency = desk.currency();
        let mut told = Told::new(delegation, &currency, self.amount, self.count);
        // A token alone, as from a log, is worth nothing.
        let mut without = owner.with_another_key(desk.fresh_key()?);
        told.tried(
            "uses a stolen access token without its key",
            &without.ask(operation::ListDelegatedCases, &[], None)?,
        );

        let mut thief = owner.clone();
        thief.token = String::new();
        let began = Instant::now();
        succeeded(thief.get_token(delegation)?, "a token for who has the key")?;
        told.first_token_ms = ms(began);
        let mut cases = Vec::new();
        for _ in 0..CASES {
            let open = json!({ "text": "Please do what I ask for." });
            let opened = succeeded(thief.ask(operation::OpenDelegatedCase, &[], Some(&open))?, "a case")?;
            cases.push(named(&opened.body, "/case")?);
        }
        told.cases = cases.len();
        let case = cases.first().context("no case was opened")?;
        let read = succeeded(thief.ask(operation::ListDelegatedCases, &[], None)?, "the cases")?;
        told.seen = read.body.pointer("/items").and_then(Value::as_array).map_or(0, Vec::len);

        told.tried("reads another customer's case", &thief.ask(operation::GetDelegatedCase, &[of_another], None)?);
        let more = self.request(self.amount + 1, &currency)?;
        told.tried(
            "asks for more than one action may move",
            &thief.ask(operation::AskDelegated, &[case], Some(&more))?,
        );
        let ungranted = desk.app.governance.bundle.catalogue().iter().find(|spec| spec.name.as_str() != self.action);
        if let Some(spec) = ungranted {
            let other = json!({ "action": spec.name.as_str(), "arguments": {} });
            let answer = thief.ask(operation::AskDelegated, &[case], Some(&other))?;
            told.tried(&format!("asks for {}, which was not granted", spec.name), &answer);
        }
        let mut accomplice = desk.registered()?.with_another_key(desk.fresh_key()?);
        told.tried("gives a part on to a client that has not shown who it is", &thief.give_on(&accomplice)?);
        told.tried("shows itself as another client", &accomplice.get_token(delegation)?);

        // As often as it goes, and once more.
        for _ in 0..=self.count {
            let wish = self.request(self.amount, &currency)?;
            let answer = thief.ask(operation::AskDelegated, &[case], Some(&wish))?;
            let request = answer.body.get("request").and_then(Value::as_str).map(ToOwned::to_owned);
            let state = match &request {
                Some(request) => state_of(desk, request, |state| !UNDER_WAY.contains(&state))?,
                None => answer.why(),
            };
            told.requested.push(Requested { amount: self.amount, state, became: String::new(), request });
        }
        if let Some(request) = told.requested.iter().find_map(|requested| requested.request.clone()) {
            let yes = json!({ "hash": "0".repeat(64) });
            let answer = thief.ask(operation::ConfirmRequest, &[&request], Some(&yes))?;
            told.tried("says yes to its own request", &answer);
        }
        Ok(told)
    }

    fn request(&self, minor: i64, currency: &str) -> anyhow::Result<Value> {
        let amount = json!({ "minor": minor, "currency": currency }).to_string();
        let arguments = self.arguments.replace("\"AMOUNT\"", &amount);
        Ok(json!({ "action": self.action, "arguments": serde_json::from_str::<Value>(&arguments)? }))
    }

    /// Ends what a key of its own can do in one way, and says how soon that holds.
    fn ended(&self, desk: &Desk, means: Means) -> anyhow::Result<Countermeasure> {
        let owner = desk.registered()?;
        let delegation = self.granted(desk, &owner)?;
        let mut thief = owner.clone();
        succeeded(thief.get_token(&delegation)?, "a token for who has the key")?;
        succeeded(thief.ask(operation::ListDelegatedCases, &[], None)?, "a call before it is ended")?;
        let began = Instant::now();
        match means {
            Means::Token => drop(succeeded(thief.clone().revoke_token()?, "the token revoked")?),
            Means::Customer => {
                let link = desk.crm.post(operation::LinkDelegations, &[CUSTOMER], &json!({}))?;
                let url = named(&link, "/url")?;
                let secret = url.split_once('#').context("a link has no secret")?.1;
                let body = json!({ "secret": secret, "delegation": delegation });
                drop(desk.crm.post(operation::RevokeOwnDelegation, &[], &body)?);
            }
            Means::Delegation => drop(desk.crm.post(operation::RevokeDelegation, &[&delegation], &json!({}))?),
            Means::Suspension => drop(desk.admin.post(operation::SuspendDelegate, &[&owner.id], &json!({}))?),
            Means::Keys => {
                let keys = json!({ "jwks": { "keys": [desk.fresh_key()?.public().to_json()] } });
                drop(desk.admin.put(operation::ReplaceDelegateKeys, &[&owner.id], &keys)?);
            }
        }
        let acknowledged_ms = ms(began);
        let next = thief.ask(operation::ListDelegatedCases, &[], None)?;
        let harmless_ms = ms(began);
        let again = thief.get_token(&delegation)?;
        Ok(Countermeasure {
            means: means.title(),
            acknowledged_ms,
            harmless_ms,
            next: Refusal::of(means.title(), &next),
            another_token: again.is_success(),
            ends_all: means != Means::Token,
        })
    }
}

/// How what a leaked key can do is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Token,
    Customer,
    Delegation,
    Suspension,
    Keys,
}

impl Means {
    const ALL: [Self; 5] = [Self::Token, Self::Customer, Self::Delegation, Self::Suspension, Self::Keys];

    fn title(self) -> &'static str {
        match self {
            Self::Token => "the delegate revokes the token",
            Self::Customer => "the customer takes it back on their page",
            Self::Delegation => "the organisation revokes the delegation",
            Self::Suspension => "the organisation suspends the delegate",
            Self::Keys => "the organisation replaces its keys",
        }
    }
}

fn succeeded(answer: DelegateAnswer, what: &str) -> anyhow::Result<DelegateAnswer> {
    anyhow::ensure!(answer.is_success(), "{what} was refused ({}): {}", answer.status, answer.body);
    Ok(answer)
}

fn named(of: &Value, at: &str) -> anyhow::Result<String> {
    let text = of.pointer(at).and_then(Value::as_str);
    Ok(text.with_context(|| format!("an answer has nothing at {at}: {of}"))?.to_owned())
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// The state of a request, once it is one of those that are waited for.
fn state_of(desk: &Desk, request: &str, is_it: impl Fn(&str) -> bool) -> anyhow::Result<String> {
    let began = Instant::now();
    loop {
        let state = named(&desk.admin.get(operation::GetRequest, &[request])?, "/state")?;
        if is_it(&state) || began.elapsed() > PATIENCE {
            return Ok(state);
        }
        std::thread::yield_now();
    }
}

/// What is on record of the delegate and the delegation.
fn records(desk: &Desk, delegate: &str, delegation: &str) -> anyhow::Result<Vec<EvidenceRecord>> {
    let mut records = Vec::new();
    for (kind, id) in [("delegate", delegate), ("delegation", delegation)] {
        let timeline = desk.admin.get(operation::ListHistory, &[kind, id])?;
        for item in timeline.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            records.push(EvidenceRecord {
                seq: item.get("seq").and_then(Value::as_u64).unwrap_or_default(),
                at: named(item, "/at")?,
                stream: format!("{kind}/{id}"),
                event: named(item, "/event/type")?,
            });
        }
    }
    records.sort_by_key(|record| record.seq);
    Ok(records)
}
