//! Keys of one data directory: pseudonyms, customers' sealing keys, and the ledger's signing seed.
//!
//! The master key is a file that only the server's user can read. Customers' keys are random, stored
//! wrapped by the master key, and destroyed to erase a customer's words.

use crate::entropy::{Entropy, EntropyError};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use remit_domain::{event::Words, id::CustomerId};
use remit_ledger::hash::hex;
use sha2::Sha256;
use std::{fs, io, io::Write as _, path::Path};

/// Why keys or sealed words could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file could not be read or written.
    #[error("key file {path}: {source}; check that the data directory belongs to the user that runs Remit")]
    File {
        /// Which file.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
    /// A key file does not hold 32 bytes.
    #[error(
        "key file {0} does not hold 32 bytes; restore it from a backup, since stored words cannot be read without it"
    )]
    Length(String),
    /// Sealed bytes do not open under the key.
    #[error("sealed words do not open: they were damaged, or sealed under another master key")]
    Unopenable,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The keys of one data directory.
pub struct Keys {
    wrapping: Aes256Gcm,
    secrets: Aes256Gcm,
    pseudonym: [u8; 32],
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
pub struct CustomerKey([u8; 32]);

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
}

const NONCE: usize = 12;
const SALT: usize = 32;

impl Keys {
    /// Reads the keys under `directory`, making them where there are none.
    ///
    /// # Errors
    /// When a key file is unreadable or damaged.
    pub fn open(directory: &Path, entropy: &Entropy) -> Result<Self, KeyError> {
        let master = read_or_make(&directory.join("master.key"), entropy)?;
        let ledger_seed = read_or_make(&directory.join("ledger.key"), entropy)?;
        let wrapping = Aes256Gcm::new(&derive(&master, b"wrap customers' keys").into());
        let secrets = Aes256Gcm::new(&derive(&master, b"seal secrets of webhooks").into());
        Ok(Self { wrapping, secrets, pseudonym: derive(&master, b"customers' pseudonyms"), ledger_seed })
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

    /// A new key for a customer, and its wrapped form for the store.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new_customer(&self, id: &CustomerId, entropy: &Entropy) -> Result<(CustomerKey, Vec<u8>), KeyError> {
        let key: [u8; 32] = entropy.bytes()?;
        let wrapped = seal(&self.wrapping, entropy.bytes()?, &key, id.as_str().as_bytes())?;
        Ok((CustomerKey(key), wrapped))
    }

    /// Opens a customer's wrapped key.
    ///
    /// # Errors
    /// When it does not open under this data directory's master key.
    pub fn customer(&self, id: &CustomerId, wrapped: &[u8]) -> Result<CustomerKey, KeyError> {
        let key = open(&self.wrapping, wrapped, id.as_str().as_bytes())?;
        let key: [u8; 32] = key.try_into().map_err(|_| KeyError::Unopenable)?;
        Ok(CustomerKey(key))
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
        Aes256Gcm::new(&self.0.into())
    }

    /// Seals `text` and commits to it: the commitment is an HMAC under a salt sealed with the text, so
    /// that it says nothing once the salt is gone.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn seal(&self, text: &str, entropy: &Entropy) -> Result<Sealed, KeyError> {
        let (commit, bytes) = self.seal_bytes(text.as_bytes(), entropy)?;
        Ok(Sealed { words: Words { commit, bytes: u32::try_from(text.len()).unwrap_or(u32::MAX) }, bytes })
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

fn read_or_make(path: &Path, entropy: &Entropy) -> Result<[u8; 32], KeyError> {
    let file = |source| KeyError::File { path: path.display().to_string(), source };
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| KeyError::Length(path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key: [u8; 32] = entropy.bytes()?;
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(file)?;
            }
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
            if let Some(parent) = path.parent() {
                fs::File::open(parent).and_then(|dir| dir.sync_all()).map_err(file)?;
            }
            Ok(key)
        }
        Err(source) => Err(file(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_open_only_under_their_own_key_and_commitment() {
        let directory = tempfile::tempdir().unwrap();
        let entropy = Entropy::default();
        let keys = Keys::open(directory.path(), &entropy).unwrap();
        let ann = keys.pseudonym("ann");
        let (key, wrapped) = keys.new_customer(&ann, &entropy).unwrap();
        let sealed = key.seal("my card is gone", &entropy).unwrap();
        assert!(!sealed.bytes.windows(4).any(|w| w == b"card"));

        let again = Keys::open(directory.path(), &entropy).unwrap();
        assert_eq!(again.pseudonym("ann"), ann);
        let reopened = again.customer(&ann, &wrapped).unwrap();
        assert_eq!(reopened.open(&sealed.bytes, &sealed.words).unwrap(), "my card is gone");

        let bob = keys.pseudonym("bob");
        assert!(again.customer(&bob, &wrapped).is_err());
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
        Keys::open(directory.path(), &Entropy::default()).unwrap();
        for name in ["master.key", "ledger.key"] {
            let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}");
        }
        fs::write(directory.path().join("master.key"), b"short").unwrap();
        assert!(matches!(Keys::open(directory.path(), &Entropy::default()), Err(KeyError::Length(_))));
    }
}
