//! What inputs look like: where a fuzzer starts from.

use crate::{ASKED, BANK, BUNDLE_FILES, ISSUER, NOW, nonces, provider};
use remit_ledger::{
    checkpoint::Signer,
    entry::{EntryAbout, LogEntry, commitment},
    hash::{Hash, hex},
    offline::OfflineProof,
    tile,
};
use remit_signals::{examples, intent};
use serde_json::{Value, json};

/// Seeds for the property of this name.
pub fn of(name: &str) -> Vec<Vec<u8>> {
    match name {
        "words" => words(),
        "mails" => mails(),
        "labelled" => vec![
            b"text,intent\nmy card has not arrived,card_arrival\n\"two\nlines, one text\",other\n".to_vec(),
            b"text,intent\nragged\n".to_vec(),
            br#"{"train": [["what is my balance", "balance"]], "val": [], "oos_train": [["hi", "oos"]]}"#.to_vec(),
        ],
        "readings" => vec![
            READINGS.to_vec(),
            b"text,reads\nI want a person,wants_human frustrated\n\"a, b\",none\n".to_vec(),
            b"[[rule]]\nid = \"a.b\"\nreads = \"frustration\"\npattern = \"a ** b|~c\"\nmatches = [\"a b\"]\n".to_vec(),
        ],
        "model" => models(),
        "bundle" => bundles(),
        "bodies" => written(bodies()),
        "records" => records(),
        "names" => NAMES.iter().map(|name| name.as_bytes().to_vec()).collect(),
        "ledger" => ledger(),
        "statements" => STATEMENTS.iter().map(|file| file.as_bytes().to_vec()).collect(),
        "oauth" => written(oauth()),
        "oidc" => written(oidc()),
        _ => Vec::new(),
    }
}

const STATEMENTS: [&str; 3] = [
    "reference,time,action,amount_minor,currency,key\nSBX-00000001,2026-02-02T02:40:00Z,pay,500,EUR,remit-1\n",
    r#"<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<FrToDt><FrDtTm>2026-02-02T00:00:00Z</FrDtTm><ToDtTm>2026-02-03T00:00:00</ToDtTm></FrToDt>
<Ntry><NtryRef>7</NtryRef><Amt Ccy="EUR">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-02-02</Dt></BookgDt><AcctSvcrRef>B&amp;1</AcctSvcrRef><NtryDtls><TxDtls>
<Refs><EndToEndId>remit-1</EndToEndId></Refs><Amt Ccy="EUR">12.50</Amt></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"#,
    "\u{feff}key,time,amount_minor,currency,other\r\n,2026-02-02T02:40:00.5+01:00,,,\"a,\nb\"\r\n",
];

const READINGS: &[u8] = br#"
[[situation]]
name = "stranded"
title = "Cannot travel on"
rank = 45
owner = "care"
sentences = ["We are stuck at the airport"]

[[rule]]
id = "stranded.stuck"
reads = "stranded"
pattern = "stuck|~strand * airport ** now"
unless = "not"
owner = "care"
reason = "Says that they cannot travel on"
matches = ["We are stuck at the airport now"]
spares = ["We are not stuck at the airport now"]

[[language]]
code = "fi"
name = "Finnish"
words = "minun on ja"
joins = "jos"
"#;

const NAMES: [&str; 8] = [
    "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
    "dec_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
    "cus_0123456789abcdef0123456789abcdef",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ai.two-tries",
    "intent_confidence_bp",
    "2026-01-01T00:00:00.123Z",
    "9999-12-31T23:59:59.999999999+14:00",
];

fn written(values: Vec<Value>) -> Vec<Vec<u8>> {
    values.into_iter().map(|value| value.to_string().into_bytes()).collect()
}

fn words() -> Vec<Vec<u8>> {
    let csv = BANK.get("intents.csv").unwrap_or_default();
    let some = examples::parse_csv(csv).unwrap_or_default().into_iter().step_by(400).map(|example| example.text);
    some.chain(["ich möchte mit einem Menschen sprechen!!!".into(), "MY CARD WAS STOLEN 😱 \u{202e}".into()])
        .map(String::into_bytes)
        .collect()
}

fn mails() -> Vec<Vec<u8>> {
    let kept = [
        include_str!("../../signals/data/mails/open.txt"),
        include_str!("../../signals/data/mails/held.txt"),
        include_str!("../../signals/data/mails/machines.txt"),
    ];
    let each = kept.into_iter().flat_map(|mails| mails.split("\n####").skip(1));
    each.filter_map(|mail| mail.split_once('\n').map(|(_, mail)| mail.as_bytes().to_vec())).collect()
}

fn models() -> Vec<Vec<u8>> {
    let csv: String = (0..12).map(|n| format!("where is card {n},card\nsend {n} pounds,send\n")).collect();
    let examples = examples::parse_csv(format!("text,intent\n{csv}").as_bytes()).unwrap_or_default();
    let model = intent::train(&examples, None, &mut |_, _| {}).map(|model| model.to_bytes()).unwrap_or_default();
    let body = model.len().saturating_sub(32);
    let parts = [body, body / 2, 64].into_iter().filter_map(|end| Some(model.get(..end)?.to_vec()));
    // Found by fuzzing: the same feature twice.
    parts.chain([include_bytes!("../seeds/found/model-gram-twice.bin").to_vec()]).collect()
}

fn bundles() -> Vec<Vec<u8>> {
    let one = |(which, name): (u8, &str)| [&[which], BANK.get(name).unwrap_or_default()].concat();
    (0..).zip(BUNDLE_FILES).map(one).chain([BANK.to_bytes()]).collect()
}

fn bodies() -> Vec<Value> {
    vec![
        json!({ "customer": "ann", "text": "my card has not arrived", "channel": "chat", "requester": "proxy",
                "signals": [{ "name": "account_frozen", "value": true }, { "name": "complexity_bp", "value": 7 }] }),
        json!({ "text": "hello", "epoch": 3 }),
        json!({ "epoch": 3, "reason": "unsure", "note": "asked twice" }),
        json!({ "to": "cards", "reason": "they know them" }),
        json!({ "owner": "risk", "due_at": "2026-01-01T00:00:00Z", "reason": "lost" }),
        json!({ "reason": "done", "close": true }),
        json!({ "name": "crm", "roles": ["integration"], "source": "crm", "days": 30 }),
    ]
}

/// Claims of a token, of an assertion and of a proof; details; keys.
fn oauth() -> Vec<Value> {
    let (issuer, seconds, nonce) = (ISSUER, NOW / 1_000, nonces().issue(NOW));
    let details = json!([{ "type": "support_delegation", "identifier": "dgn_1", "actions": ["refund.request"],
        "constraints": { "max_amount": { "currency": "USD", "minor": 5000 }, "max_total": { "currency": "USD",
            "minor": 9000 }, "max_count": 2, "window_hours": 24, "not_after": "2027-12-31T18:00:00Z" } }]);
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let token = json!({ "iss": issuer, "aud": "mcp", "sub": "cust_1", "client_id": "dlg_1", "scope": "support:ask",
        "iat": seconds, "exp": seconds + 300, "jti": "1", "cnf": { "jkt": "x" },
        "act": { "iss": issuer, "sub": "dlg_1", "act": { "sub": "dlg_0" } }, "authorization_details": details });
    vec![
        token,
        json!({ "iss": "dlg_1", "sub": "dlg_1", "aud": [issuer], "exp": seconds + 60, "iat": seconds, "jti": "1" }),
        json!({ "jti": "1", "htm": "POST", "htu": ASKED.url, "iat": seconds, "nonce": nonce }),
        json!({ "iss": "https://idp.example.com", "sub": "u-1", "aud": issuer, "client_id": "dlg_1", "jti": "1",
            "iat": seconds, "exp": seconds + 300, "cnf": { "jkt": "x" }, "resource": ["mcp"], "tenant": "t" }),
        details,
        json!({ "keys": [key, { "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA", "kid": "a" }] }),
        key,
        json!("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        json!({ "signature-agent": "sig1=\"https://muse.example/keys?n=1\"", "signature": "sig1=:YQ==:",
            "signature-input": format!("sig1=(\"@authority\" \"signature-agent\";key=\"sig1\");created={seconds};\
                expires={};keyid=\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\";nonce=\"n\";alg=\"ed25519\";\
                tag=\"web-bot-auth\"", seconds + 60) }),
    ]
}

/// What an identity provider says of itself, and of somebody who signed in, and out.
fn oidc() -> Vec<Value> {
    let (issuer, seconds) = ("https://id.example", NOW / 1_000);
    vec![
        provider(),
        json!({ "iss": issuer, "aud": "remit", "sub": "ana", "sid": "1", "nonce": "n", "iat": seconds,
            "exp": seconds + 300, "groups": ["support"], "email": "ana@bank.example", "email_verified": true }),
        json!({ "iss": issuer, "aud": ["remit"], "sub": "ana", "sid": "1", "jti": "1", "iat": seconds,
            "exp": seconds + 120, "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
        json!({ "iss": issuer, "aud": ["remit", "other"], "azp": "remit", "sub": "ana", "nonce": "n",
            "iat": seconds as f64 + 0.5, "nbf": seconds, "exp": seconds + 300 }),
    ]
}

/// A case that was opened under the sample bundle.
fn records() -> Vec<Vec<u8>> {
    let decision = include_bytes!("../seeds/decision.json").as_slice();
    let events = [include_bytes!("../seeds/event-0.json").as_slice(), include_bytes!("../seeds/event-1.json")];
    [decision].into_iter().chain(events).map(<[u8]>::to_vec).collect()
}

fn ledger() -> Vec<Vec<u8>> {
    let entry = LogEntry {
        seq: 1,
        ts: 1_773_136_800_000,
        kind: "case_opened".into(),
        about: EntryAbout::Stream("case/cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC".into()),
        actor: "crm".into(),
        commit: hex(&commitment(&[7; 32], b"body")),
    };
    let entry = entry.to_bytes().unwrap_or_default();
    let signer = Signer::new("remit/ledger", &[7; 32]);
    let proof = [8_u64.to_le_bytes().as_slice(), &3_u64.to_le_bytes(), &[1; 112]].concat();
    let checkpoint = signer.sign(2, &Hash::leaf(&entry));
    let path = vec![Hash::leaf(&entry)];
    let offline = OfflineProof { entry: entry.clone(), index: 1, path, checkpoint: checkpoint.clone() };
    vec![
        tile::bundle([entry.as_slice(), entry.as_slice()]),
        checkpoint.into_bytes(),
        offline.to_string().into_bytes(),
        signer.verifier().to_text().into_bytes(),
        b"tile/1/x001/x234/067.p/17".to_vec(),
        entry,
        proof,
        br#"{"v":1,"seq":1,"ts":5,"type":"token_made","case":"tok_1","actor":"remit","commit":"00"}"#.to_vec(),
    ]
}
