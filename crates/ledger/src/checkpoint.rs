//! Checkpoints: the log's size and root, signed as a note with Ed25519 (c2sp.org/tlog-checkpoint, signed-note).

use crate::hash::{Hash, hex};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

const ED25519: u8 = 1;
/// Longest note that is read, in bytes.
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// The log's size and root at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// What a signed note says, whoever signed it.
    ///
    /// # Errors
    /// When the note is no checkpoint.
    pub fn unverified(note: &str) -> Result<Self, NoteError> {
        parse(note.rsplit_once("\n\n").ok_or(NoteError::Form)?.0)
    }
}

/// Signs checkpoints.
pub struct Signer {
    name: String,
    key: SigningKey,
}

/// Verifies checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

/// Why a note or a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error("this is not a signed note: text, an empty line, then lines that begin with — ")]
    Form,
    /// No signature by this key.
    #[error("the note is not signed by this key")]
    Unsigned,
    /// The signature does not match.
    #[error("the signature does not match the text: it was changed after signing")]
    Forged,
    /// Not a checkpoint.
    #[error("the note is no checkpoint: origin, size, root")]
    NotCheckpoint,
    /// Not a verifier key.
    #[error("this is no verifier key: name+hash+key")]
    Key,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    hash.first_chunk::<4>().copied().unwrap_or_default()
}

impl Signer {
    /// A signer of this name with the key that `seed` makes. The name holds neither spaces nor `+`.
    pub fn new(name: &str, seed: &[u8; 32]) -> Self {
        Self { name: name.replace([' ', '+', '\n'], "-"), key: SigningKey::from_bytes(seed) }
    }

    /// What verifies this signer's checkpoints.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The signed note of a checkpoint; the signer's name is the log's origin.
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        let text = format!("{}\n{size}\n{}\n", self.name, STANDARD.encode(root.0));
        let mut signature = key_id(&self.name, &self.key.verifying_key()).to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(signature))
    }
}

impl Verifier {
    /// The verifier key as text: `name+hash+key`.
    pub fn to_text(&self) -> String {
        let id: String = hex(&key_id(&self.name, &self.key));
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        format!("{}+{id}+{}", self.name, STANDARD.encode(key))
    }

    /// The verifier of a key's text.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, rest) = text.trim().split_once('+').ok_or(NoteError::Key)?;
        let (_, key) = rest.split_once('+').ok_or(NoteError::Key)?;
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, key) = key.split_first().ok_or(NoteError::Key)?;
        let key: [u8; 32] = key.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| NoteError::Key)?;
        let verifier = Self { name: name.to_owned(), key };
        if *kind == ED25519 && !name.is_empty() && verifier.to_text() == text.trim() {
            Ok(verifier)
        } else {
            Err(NoteError::Key)
        }
    }

    /// The checkpoint of a signed note, if this verifier's signature on it is good.
    ///
    /// # Errors
    /// When it is not, or the note is of another form.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Form);
        }
        let split = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = note.split_at(split + 1);
        let signatures = signatures.strip_prefix('\n').ok_or(NoteError::Form)?;
        if !signatures.ends_with('\n') {
            return Err(NoteError::Form);
        }
        let mut verified = false;
        for line in signatures.lines() {
            let (name, signature) =
                line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(NoteError::Form)?;
            let signature = STANDARD.decode(signature).map_err(|_| NoteError::Form)?;
            let (id, signature) = signature.split_first_chunk::<4>().ok_or(NoteError::Form)?;
            if name != self.name || *id != key_id(&self.name, &self.key) {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| NoteError::Form)?;
            self.key.verify(text.as_bytes(), &signature).map_err(|_| NoteError::Forged)?;
            verified = true;
        }
        if !verified {
            return Err(NoteError::Unsigned);
        }
        let checkpoint = parse(text)?;
        if checkpoint.origin == self.name { Ok(checkpoint) } else { Err(NoteError::NotCheckpoint) }
    }
}

fn parse(text: &str) -> Result<Checkpoint, NoteError> {
    let mut lines = text.lines();
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(NoteError::NotCheckpoint);
    };
    let canonical = size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
    let size = size.parse().ok().filter(|_| canonical).ok_or(NoteError::NotCheckpoint)?;
    let root = STANDARD.decode(root).map_err(|_| NoteError::NotCheckpoint)?;
    let root = root.try_into().map_err(|_| NoteError::NotCheckpoint)?;
    if origin.is_empty() {
        return Err(NoteError::NotCheckpoint);
    }
    Ok(Checkpoint { origin: origin.to_owned(), size, root: Hash(root) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_opens_only_as_it_was_signed() {
        let signer = Signer::new("remit.example/log", &[7; 32]);
        let verifier = Verifier::parse(&signer.verifier().to_text()).unwrap();
        let note = signer.sign(42, &Hash::leaf(b"x"));
        assert_eq!(
            verifier.open(&note).unwrap(),
            Checkpoint { origin: "remit.example/log".into(), size: 42, root: Hash::leaf(b"x") }
        );
        assert_eq!(verifier.open(&note.replace("\n42\n", "\n43\n")), Err(NoteError::Forged));
        assert_eq!(Signer::new("remit.example/log", &[8; 32]).verifier().open(&note), Err(NoteError::Unsigned));
        assert_eq!(verifier.open("x"), Err(NoteError::Form));
        // A signature by a witness beside the log's own is no harm.
        let witness = Signer::new("witness.example", &[9; 32]).sign(42, &Hash::leaf(b"x"));
        let line = witness.lines().last().unwrap();
        assert!(verifier.open(&format!("{note}{line}\n")).is_ok());
    }

    /// The example of the signed-note specification's Go reference (golang.org/x/mod/sumdb/note).
    #[test]
    fn a_verifier_key_of_another_tool_is_read() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Verifier::parse(key).unwrap().to_text(), key);
    }
}
