//! Keys of one data directory: pseudonyms, customers' sealing keys, and the ledger's signing seed.
//!
//! The master key is a file that only the server's user can read. Customers' keys are random, stored
//! wrapped by the master key, and destroyed to erase a customer's words.

mod error;

use crate::environment::{block_on::block_on, entropy::Entropy};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
pub use error::KeyError;
use hmac::{Hmac, Mac};
use remit_domain::{event::Words, id::CustomerId};
use remit_ledger::{checkpoint::Signer, hash::hex};
use remit_store::Store;
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

/// The name of the ledger in its checkpoints.
pub const ORIGIN: &str = "remit/ledger";

/// The keys of one data directory.
pub struct Keys {
    wrapping: Aes256Gcm,
    secrets: Aes256Gcm,
    pseudonym: [u8; 32],
    /// What tells the master key from others.
    mark: [u8; 32],
    repeats: [u8; 32],
    /// Under which digests of addresses and secrets are on record.
    digests: [u8; 32],
    /// Under which values of fields are found.
    values: [u8; 32],
    /// From which those are derived by which delegates' tokens are signed and their nonces made.
    delegates: [u8; 32],
    ledger_seed: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// The key under which one customer's words are sealed. Many are kept at hand, and what AES makes of one takes thirty
/// times its room and next to no time.
#[derive(Clone)]
pub struct CustomerKey {
    key: [u8; 32],
    /// Under which it is stored, if it is known to be.
    number: Option<u64>,
}

impl std::fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerKey(…)")
    }
}

/// Words, sealed, with the commitment that goes on record.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The commitment.
    pub words: Words,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
    /// The number of the key that sealed them, if it is known to be stored.
    pub key: Option<u64>,
}

/// The files of the master key and of the ledger's.
pub const NAMES: [&str; 2] = ["master.key", "ledger.key"];

/// What a mark is derived for.
const MARK: &[u8] = b"tell this key from others";

const NONCE: usize = 12;

const SALT: usize = 32;

/// By how many bytes what is sealed is longer than it was: nonce, salt and tag.
pub(crate) const SEALED_MORE: u64 = (NONCE + SALT + 16) as u64;

impl Keys {
    /// Reads the keys under `directory`, without the database that was made with them.
    ///
    /// # Errors
    /// When a key file is missing, unreadable or damaged.
    pub fn read(directory: &Path) -> Result<Self, KeyError> {
        let [master, seed] = NAMES.map(|name| {
            let path = directory.join(name);
            read(&path)?.ok_or_else(|| KeyError::Missing(path.display().to_string()))
        });
        Ok(Self::of(&master?, seed?))
    }

    /// The keys under `directory` that the database in `store` was made with. Only a database in which nothing is yet
    /// gets new ones: files first, and then the database is told of both at once. So where making them is broken off,
    /// nothing is sealed or signed yet, and what there is of them is taken up.
    ///
    /// # Errors
    /// When a key is missing, damaged, or another database's.
    pub fn open(directory: &Path, store: &impl Store, entropy: &Entropy) -> Result<Self, KeyError> {
        if block_on(store.is_blank())? {
            NAMES.iter().try_for_each(|name| make(&directory.join(name), entropy))?;
        }
        let keys = Self::read(directory)?;
        let known = block_on(store.key_marks())?;
        if known.is_empty() {
            keys.fit(store).map_err(|(name, why)| foreign(directory, name, why))?;
            block_on(store.mark_keys(&keys.marks()))?;
        } else {
            keys.are_marked(directory, &known)?;
        }
        Ok(keys)
    }

    /// Whether these are the keys under `directory` that a database has the marks of.
    ///
    /// # Errors
    /// [`KeyError::Foreign`] where one is another.
    pub(crate) fn are_marked(&self, directory: &Path, known: &BTreeMap<String, Vec<u8>>) -> Result<(), KeyError> {
        let marks = self.marks();
        let other = marks.iter().find(|(name, mark)| known.get(*name).is_none_or(|is| is != mark));
        other.map_or(Ok(()), |(name, _)| Err(foreign(directory, name, "its mark in the database is another")))
    }

    /// Which key cannot be that of a database that has no marks of its keys, as far as what it holds shows.
    fn fit(&self, store: &impl Store) -> Result<(), (&'static str, &'static str)> {
        let [master, ledger] = NAMES;
        let unread = |_| (master, "the database cannot be read");
        if let Some((id, wrapped)) = block_on(store.some_customer()).map_err(unread)? {
            let opens = CustomerId::try_from(id).is_ok_and(|id| self.customer(&id, 0, &wrapped).is_ok());
            if !opens {
                return Err((master, "a customer's key does not open under it"));
            }
        }
        if let Some((_, note)) = block_on(store.checkpoint()).map_err(unread)? {
            let signer = Signer::new(ORIGIN, &self.ledger_seed);
            if signer.verifier().open(&note).is_err() {
                return Err((ledger, "the newest checkpoint is not signed by it"));
            }
        }
        Ok(())
    }

    /// What tells each key from others, by its file's name; it says nothing of the key.
    pub fn marks(&self) -> [(&'static str, [u8; 32]); 2] {
        let [master, ledger] = NAMES;
        [(master, self.mark), (ledger, derive(&self.ledger_seed, MARK))]
    }

    fn of(master: &[u8; 32], ledger_seed: [u8; 32]) -> Self {
        let wrapping = Aes256Gcm::new(&derive(master, b"wrap customers' keys").into());
        let secrets = Aes256Gcm::new(&derive(master, b"seal secrets of webhooks").into());
        let (pseudonym, mark) = (derive(master, b"customers' pseudonyms"), derive(master, MARK));
        let repeats = derive(master, b"repeated requests");
        let digests = derive(master, b"digests of addresses and secrets on record");
        let values = derive(master, b"values that cases are found by");
        let delegates = derive(master, b"tokens of delegates");
        Self { wrapping, secrets, pseudonym, repeats, digests, values, delegates, mark, ledger_seed }
    }

    /// The seed of the key that signs the ledger's checkpoints.
    pub fn ledger_seed(&self) -> &[u8; 32] {
        &self.ledger_seed
    }

    /// The pseudonym of the customer with this external identifier.
    pub fn pseudonym(&self, external: &str) -> CustomerId {
        let digest = hmac(&self.pseudonym, &[external.as_bytes()]);
        let mut half = [0; 16];
        half.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        CustomerId::from_digest(half)
    }

    /// What is kept of a request to know it again: it confirms nobody's guess of what was in it.
    pub(crate) fn of_request(&self, digest: &[u8; 32]) -> [u8; 32] {
        hmac(&self.repeats, &[digest])
    }

    /// What goes on record of a subscription's address: it confirms a guess to nobody without this key.
    pub(crate) fn address_on_record(&self, subscription: &str, address: &str) -> String {
        self.on_record("address", subscription, address)
    }

    /// What goes on record of a subscription's secret.
    pub(crate) fn secret_on_record(&self, subscription: &str, secret: &str) -> String {
        self.on_record("secret", subscription, secret)
    }

    /// What goes on record of a delegate's name.
    pub(crate) fn delegate_name_on_record(&self, delegate: &str, name: &str) -> String {
        self.on_record("name", delegate, name)
    }

    /// The pseudonym of somebody whom an issuer speaks of.
    pub(crate) fn subject_on_record(&self, issuer: &str, subject: &str) -> String {
        self.on_record("subject", issuer, subject).chars().take(32).collect()
    }

    fn on_record(&self, what: &str, whose: &str, text: &str) -> String {
        hex(&hmac(&self.digests, &[what.as_bytes(), b"\0", whose.as_bytes(), b"\0", text.as_bytes()]))
    }

    /// Under what a value of a field is found: it confirms a guess to nobody without this key.
    pub(crate) fn of_value(&self, field: &str, value: &str) -> String {
        let hash = hmac(&self.values, &[field.as_bytes(), b"\0", value.as_bytes()]);
        hex(&hash).chars().take(32).collect()
    }

    /// A key by which something of delegates' tokens is made.
    pub(super) fn of_delegates(&self, purpose: &[u8]) -> [u8; 32] {
        hmac(&self.delegates, &[purpose])
    }

    /// A new key for a customer, and its wrapped form for the store.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new_customer(&self, id: &CustomerId, entropy: &Entropy) -> Result<(CustomerKey, Vec<u8>), KeyError> {
        let key: [u8; 32] = entropy.bytes()?;
        let wrapped = seal(&self.wrapping, entropy.bytes()?, &key, id.as_str().as_bytes())?;
        Ok((CustomerKey { key, number: None }, wrapped))
    }

    /// Opens a customer's wrapped key, which is stored under this number.
    ///
    /// # Errors
    /// When it does not open under this data directory's master key.
    pub fn customer(&self, id: &CustomerId, number: u64, wrapped: &[u8]) -> Result<CustomerKey, KeyError> {
        let key = open(&self.wrapping, wrapped, id.as_str().as_bytes())?;
        let key: [u8; 32] = key.try_into().map_err(|_| KeyError::Unopenable)?;
        Ok(CustomerKey { key, number: Some(number) })
    }
}

impl Keys {
    /// Seals a secret that has to be used again, for `whose` alone.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub(crate) fn seal_secret(&self, whose: &str, secret: &str, entropy: &Entropy) -> Result<Vec<u8>, KeyError> {
        seal(&self.secrets, entropy.bytes()?, secret.as_bytes(), whose.as_bytes())
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// When it does not open under this data directory's master key, or is somebody else's.
    pub(crate) fn open_secret(&self, whose: &str, sealed: &[u8]) -> Result<String, KeyError> {
        let plain = open(&self.secrets, sealed, whose.as_bytes())?;
        String::from_utf8(plain).map_err(|_| KeyError::Unopenable)
    }
}

impl CustomerKey {
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.key.into())
    }

    /// Seals `text` and commits to it: the commitment is an HMAC under a salt sealed with the text, so
    /// that it says nothing once the salt is gone.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal(&self, text: &str, entropy: &Entropy) -> Result<Sealed, KeyError> {
        let (commit, bytes) = self.seal_bytes(text.as_bytes(), entropy)?;
        Ok(Sealed {
            words: Words { commit, bytes: u32::try_from(text.len()).unwrap_or(u32::MAX) },
            bytes,
            key: self.number,
        })
    }

    /// Opens sealed words and checks them against the commitment on record.
    ///
    /// # Errors
    /// When they do not open or do not match.
    pub fn open(&self, sealed: &[u8], words: &Words) -> Result<String, KeyError> {
        String::from_utf8(self.open_bytes(sealed, &words.commit)?).map_err(|_| KeyError::Unopenable)
    }

    /// Seals bytes; gives the commitment to them and the sealed form.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal_bytes(&self, bytes: &[u8], entropy: &Entropy) -> Result<(String, Vec<u8>), KeyError> {
        let salt: [u8; SALT] = entropy.bytes()?;
        let commit = hex(&hmac(&salt, &[bytes]));
        let mut plain = Vec::with_capacity(SALT + bytes.len());
        plain.extend_from_slice(&salt);
        plain.extend_from_slice(bytes);
        let sealed = seal(&self.cipher(), entropy.bytes()?, &plain, commit.as_bytes())?;
        Ok((commit, sealed))
    }

    /// Opens sealed bytes and checks them against the commitment on record.
    ///
    /// # Errors
    /// When they do not open or do not match.
    pub fn open_bytes(&self, sealed: &[u8], commit: &str) -> Result<Vec<u8>, KeyError> {
        let mut plain = open(&self.cipher(), sealed, commit.as_bytes())?;
        let (salt, bytes) = plain.split_at_checked(SALT).ok_or(KeyError::Unopenable)?;
        if hex(&hmac(salt, &[bytes])) != commit {
            return Err(KeyError::Unopenable);
        }
        plain.drain(..SALT);
        Ok(plain)
    }
}

fn seal(key: &Aes256Gcm, nonce: [u8; NONCE], plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, KeyError> {
    let sealed = key.encrypt(&nonce.into(), Payload { msg: plain, aad }).map_err(|_| KeyError::Unopenable)?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(key: &Aes256Gcm, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(KeyError::Unopenable)?;
    key.decrypt(&(*nonce).into(), Payload { msg: sealed, aad }).map_err(|_| KeyError::Unopenable)
}

fn derive(master: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    hmac(master, &[b"remit/v1/", purpose])
}

/// HMAC-SHA-256 of the parts, one after the other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so this arm cannot be reached.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether this is that HMAC; how long it takes says nothing of it.
pub(crate) fn is_hmac(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return false };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(tag).is_ok()
}

fn foreign(directory: &Path, name: &str, why: &'static str) -> KeyError {
    KeyError::Foreign { path: directory.join(name).display().to_string(), why }
}

/// The key in a file, if it is there.
fn read(path: &Path) -> Result<Option<[u8; 32]>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(KeyError::Length(path.display().to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::File { path: path.display().to_string(), source }),
    }
}

/// Makes a key where there is none.
fn make(path: &Path, entropy: &Entropy) -> Result<(), KeyError> {
    if read(path)?.is_some() {
        return Ok(());
    }
    let key: [u8; 32] = entropy.bytes()?;
    let file = |source| KeyError::File { path: path.display().to_string(), source };
    let directory = path.parent().unwrap_or(path);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory).map_err(file)?;
    // Written aside and renamed, so that a crash leaves no half a key.
    let aside = path.with_extension("new");
    let _ = fs::remove_file(&aside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&aside).map_err(file)?;
    out.write_all(&key).and_then(|()| out.sync_all()).map_err(file)?;
    fs::rename(&aside, path).map_err(file)?;
    fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_store::sqlite::{Options, SqliteStore};

    fn open(directory: &Path) -> Result<Keys, KeyError> {
        let store = SqliteStore::open(directory, Options::default()).unwrap();
        Keys::open(&directory.join("keys"), &store, &Entropy::default())
    }

    #[test]
    fn words_open_only_under_their_own_key_and_commitment() {
        let directory = tempfile::tempdir().unwrap();
        let entropy = Entropy::default();
        let keys = open(directory.path()).unwrap();
        let ann = keys.pseudonym("ann");
        let (key, wrapped) = keys.new_customer(&ann, &entropy).unwrap();
        let sealed = key.seal("my card is gone", &entropy).unwrap();
        assert!(!sealed.bytes.windows(4).any(|w| w == b"card"));

        let again = open(directory.path()).unwrap();
        assert_eq!(again.pseudonym("ann"), ann);
        let reopened = again.customer(&ann, 1, &wrapped).unwrap();
        assert_eq!(reopened.open(&sealed.bytes, &sealed.words).unwrap(), "my card is gone");

        let bob = keys.pseudonym("bob");
        assert!(again.customer(&bob, 1, &wrapped).is_err());
        let (other, _) = keys.new_customer(&bob, &entropy).unwrap();
        assert!(other.open(&sealed.bytes, &sealed.words).is_err());
        let mut damaged = sealed.bytes.clone();
        damaged[20] ^= 1;
        assert!(reopened.open(&damaged, &sealed.words).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        open(directory.path()).unwrap();
        for name in NAMES {
            let mode = fs::metadata(directory.path().join("keys").join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}");
        }
        fs::write(directory.path().join("keys/master.key"), b"short").unwrap();
        assert!(matches!(open(directory.path()), Err(KeyError::Length(_))));
    }

    #[test]
    fn keys_are_made_once_and_then_missed_or_known_as_anothers() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // As a process leaves it that died between the one file and the other.
        fs::create_dir(ours.path().join("keys")).unwrap();
        make(&ours.path().join("keys").join(NAMES[0]), &Entropy::default()).unwrap();
        let first = read(&ours.path().join("keys").join(NAMES[0])).unwrap().unwrap();
        open(ours.path()).unwrap();
        open(theirs.path()).unwrap();
        assert_eq!(read(&ours.path().join("keys").join(NAMES[0])).unwrap(), Some(first), "taken up");
        for name in NAMES {
            let path = ours.path().join("keys").join(name);
            let kept = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            let refused = open(ours.path()).unwrap_err();
            assert!(matches!(&refused, KeyError::Missing(which) if which.ends_with(name)), "{refused}");
            assert!(!path.exists(), "none is made");
            fs::copy(theirs.path().join("keys").join(name), &path).unwrap();
            let refused = open(ours.path()).unwrap_err();
            assert!(matches!(&refused, KeyError::Foreign { path, .. } if path.ends_with(name)), "{refused}");
            fs::write(&path, &kept).unwrap();
            open(ours.path()).unwrap();
        }
    }
}
