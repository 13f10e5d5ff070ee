//! A device that makes passkeys and signs with them, in the place of a browser and what is built into it: as it should,
//! and in each way in which it should not.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where the page is that asks.
pub(crate) const ORIGIN: &str = "https://support.example";

/// Somebody is there; the device made sure who; there is a key in what it says.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const KEY: u8 = 0x40;

/// A device with one passkey.
#[derive(Clone)]
pub(crate) struct Device {
    key: SigningKey,
    pub(crate) credential: Vec<u8>,
    pub(crate) handle: Vec<u8>,
    /// How often it has signed; it counts up by itself where `counts`.
    pub(crate) count: u32,
    pub(crate) counts: bool,
    /// Whether it makes sure who is there.
    pub(crate) verifies: bool,
    /// The page that asks, and the server that it is told to be for, where that is not the one that asks.
    pub(crate) origin: String,
    pub(crate) server: Option<String>,
    /// A public key of Ed25519 that it says is its own.
    pub(crate) claims: Option<[u8; 32]>,
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn text(options: &Value, name: &str) -> String {
    options[name].as_str().unwrap_or_else(|| panic!("{name} in {options}")).to_owned()
}

impl Device {
    /// One whose key and whose names are its own.
    pub(crate) fn new(number: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[number; 32]).unwrap(),
            credential: vec![number; 32],
            handle: Vec::new(),
            count: 0,
            counts: true,
            verifies: true,
            origin: ORIGIN.to_owned(),
            server: None,
            claims: None,
        }
    }

    /// Another key under the same names.
    pub(crate) fn with_key(&self, number: u8) -> Self {
        Self { key: SigningKey::from_slice(&[number; 32]).unwrap(), ..self.clone() }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let said = json!({
            "type": kind, "challenge": text(options, "challenge"), "origin": self.origin, "crossOrigin": false,
        });
        said.to_string().into_bytes()
    }

    /// What it says of itself, and of who is there.
    fn said(&mut self, server: &str, more: u8) -> Vec<u8> {
        self.count += u32::from(self.counts);
        let verified = if self.verifies { VERIFIED } else { 0 };
        let server = self.server.as_deref().unwrap_or(server);
        let hash: [u8; 32] = Sha256::digest(server.as_bytes()).into();
        [&hash[..], &[PRESENT | verified | more], &self.count.to_be_bytes()].concat()
    }

    /// Makes its passkey, as `navigator.credentials.create` does, and gives what the page sends.
    pub(crate) fn make(&mut self, options: &Value) -> Value {
        self.handle = URL_SAFE_NO_PAD.decode(text(&options["user"], "id")).unwrap();
        let server = text(&options["rp"], "id");
        let point = self.key.verifying_key().to_sec1_point(false);
        let bytes = point.as_bytes();
        let key = [
            &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..],
            &bytes[1..33],
            &[0x22, 0x58, 0x20],
            &bytes[33..65],
        ]
        .concat();
        let claimed =
            |key: [u8; 32]| [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20][..], &key].concat();
        let key = self.claims.map_or(key, claimed);
        let length = u16::try_from(self.credential.len()).unwrap().to_be_bytes();
        let said = self.said(&server, KEY);
        let said = [&said[..], &[0; 16], &length, &self.credential, &key].concat();
        let head = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..], &[u8::try_from(said.len()).unwrap()]];
        let attestation = [head.concat(), said].concat();
        json!({
            "client_data": encoded(&self.client_data("webauthn.create", options)), "attestation": encoded(&attestation),
        })
    }

    /// Signs, as `navigator.credentials.get` does, and gives what the page sends.
    pub(crate) fn show(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let said = self.said(&text(options, "rpId"), 0);
        let hash: [u8; 32] = Sha256::digest(&client_data).into();
        let signature: Signature = self.key.sign(&[&said[..], &hash].concat());
        json!({
            "id": encoded(&self.credential), "client_data": encoded(&client_data),
            "authenticator_data": encoded(&said), "signature": encoded(signature.to_der().as_bytes()),
            "user_handle": encoded(&self.handle),
        })
    }
}
