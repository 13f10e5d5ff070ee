//! The one home of randomness: drawn from the operating system in blocks, handed out as needed.

use crate::refused::Refused;
use std::sync::{Mutex, PoisonError};

const BLOCK: usize = 4096;

/// The operating system could not supply random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system supplied no random bytes: {0}")]
pub struct EntropyError(#[from] getrandom::Error);

impl From<EntropyError> for Refused {
    fn from(error: EntropyError) -> Self {
        Self::internal(error)
    }
}

/// A source of random bytes.
#[derive(Debug)]
pub struct Entropy(Mutex<Block>);

struct Block {
    bytes: [u8; BLOCK],
    used: usize,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("used", &self.used).finish_non_exhaustive()
    }
}

impl Default for Entropy {
    fn default() -> Self {
        Self(Mutex::new(Block { bytes: [0; BLOCK], used: BLOCK }))
    }
}

impl Entropy {
    /// `N` fresh random bytes; `N` is at most 4,096. Handed-out bytes are wiped from the block.
    ///
    /// # Errors
    /// When the operating system supplies none.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        const { assert!(N <= BLOCK) };
        let mut block = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if block.used + N > BLOCK {
            #[expect(clippy::disallowed_methods, reason = "this is the one home of randomness")]
            getrandom::fill(&mut block.bytes)?;
            block.used = 0;
        }
        let mut out = [0; N];
        let start = block.used;
        if let Some(from) = block.bytes.get_mut(start..start + N) {
            out.copy_from_slice(from);
            from.fill(0);
        }
        block.used += N;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_not_handed_out_twice() {
        let entropy = Entropy::default();
        let mut seen: Vec<[u8; 16]> = (0..1000).map(|_| entropy.bytes().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
        assert!(!seen.contains(&[0; 16]));
    }
}
