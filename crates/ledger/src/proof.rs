//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; verification as in RFC 9162).

use crate::{
    hash::Hash,
    tile::{TILE_WIDTH, perfect_root},
};

/// Where tiles come from.
pub trait TileSource {
    /// The first `width` hashes of a tile of this level; none if they are not there.
    fn tile(&self, level: u8, index: u64, width: usize) -> Option<Vec<Hash>>;
}

/// A tile that a proof needs is missing, or the sizes make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no proof: the log is smaller than asked for, or one of its tiles is missing")]
pub struct NoProof;

/// The root over the first `size` leaves.
///
/// # Errors
/// When a tile is missing.
pub fn root(tiles: &impl TileSource, size: u64) -> Result<Hash, NoProof> {
    if size == 0 { Ok(Hash::empty()) } else { range(tiles, size, 0, size) }
}

/// Proof that leaf `index` is in the log of `size` leaves.
///
/// # Errors
/// When `index` is not below `size`, or a tile is missing.
pub fn inclusion(tiles: &impl TileSource, index: u64, size: u64) -> Result<Vec<Hash>, NoProof> {
    if index >= size {
        return Err(NoProof);
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range(tiles, size, middle, high)?);
            high = middle;
        } else {
            path.push(range(tiles, size, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proof that the log of `old` leaves is the beginning of the log of `size` leaves.
///
/// # Errors
/// When `old` is 0 or above `size`, or a tile is missing.
pub fn consistency(tiles: &impl TileSource, old: u64, size: u64) -> Result<Vec<Hash>, NoProof> {
    if old == 0 || old > size {
        return Err(NoProof);
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high > old {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range(tiles, size, middle, high)?);
            high = middle;
        } else {
            path.push(range(tiles, size, low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        path.push(range(tiles, size, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// The greatest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The hash over leaves `low..high` of a log of `size`, where the range is one that RFC 6962 splits into.
fn range(tiles: &impl TileSource, size: u64, low: u64, high: u64) -> Result<Hash, NoProof> {
    let width = high - low;
    if width.is_power_of_two() {
        return perfect(tiles, size, low, width);
    }
    let middle = low + split(width);
    Ok(Hash::node(&range(tiles, size, low, middle)?, &range(tiles, size, middle, high)?))
}

fn perfect(tiles: &impl TileSource, size: u64, low: u64, width: u64) -> Result<Hash, NoProof> {
    let height = width.trailing_zeros();
    let (level, inside) = (height / 8, height % 8);
    let level = u8::try_from(level).map_err(|_| NoProof)?;
    // Position and count among the hashes of this level.
    let at = low >> (8 * u32::from(level));
    let count = 1usize << inside;
    let index = at / TILE_WIDTH as u64;
    let from = usize::try_from(at % TILE_WIDTH as u64).map_err(|_| NoProof)?;
    let there = (size >> (8 * u32::from(level))) - index * TILE_WIDTH as u64;
    let tile_width = usize::try_from(there.min(TILE_WIDTH as u64)).map_err(|_| NoProof)?;
    let hashes = tiles.tile(level, index, tile_width).ok_or(NoProof)?;
    hashes.get(from..from + count).and_then(perfect_root).ok_or(NoProof)
}

/// Whether `proof` shows that `leaf` is at `index` of the log of `size` leaves with this root.
pub fn includes(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = Hash::node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the log with `old_root` is the beginning of the one with `root`.
pub fn extends(old: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 || old > size {
        return false;
    }
    let mut steps = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut was, mut is) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            was = Hash::node(step, &was);
            is = Hash::node(step, &is);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            is = Hash::node(&is, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && was == *old_root && is == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use proptest::prelude::*;
    use std::collections::HashMap;

    struct Log {
        tree: Tree,
        tiles: HashMap<(u8, u64), Vec<Hash>>,
        leaves: Vec<Hash>,
    }

    fn log(size: u64) -> Log {
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        let leaves: Vec<Hash> = (0..size).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
        leaves.iter().for_each(|leaf| tree.append(*leaf, &mut full));
        Log { tree, tiles: full.into_iter().map(|tile| ((tile.level, tile.index), tile.hashes)).collect(), leaves }
    }

    impl TileSource for Log {
        fn tile(&self, level: u8, index: u64, width: usize) -> Option<Vec<Hash>> {
            let hashes = self.tiles.get(&(level, index)).map_or_else(|| self.tree.partial(level), Vec::as_slice);
            hashes.get(..width).map(<[Hash]>::to_vec)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn proofs_show_what_is_and_nothing_else(
            size in 1u64..1500, a in any::<u64>(), b in any::<u64>(), flip in any::<usize>()
        ) {
            let log = log(size);
            let root = log.tree.root();
            prop_assert_eq!(super::root(&log, size).unwrap(), root);
            let index = a % size;
            let leaf = log.leaves[index as usize];
            let mut proof = inclusion(&log, index, size).unwrap();
            prop_assert!(includes(&leaf, index, size, &proof, &root));
            prop_assert!(!includes(&Hash::leaf(b"other"), index, size, &proof, &root));
            if !proof.is_empty() {
                let at = flip % proof.len();
                proof[at].0[flip % 32] ^= 1;
                prop_assert!(!includes(&leaf, index, size, &proof, &root));
            }
            let old = b % size + 1;
            let old_root = super::root(&log_prefix(&log, old), old).unwrap();
            let mut proof = consistency(&log, old, size).unwrap();
            prop_assert!(extends(old, &old_root, size, &root, &proof));
            if !proof.is_empty() {
                let at = flip % proof.len();
                proof[at].0[flip % 32] ^= 1;
                prop_assert!(!extends(old, &old_root, size, &root, &proof));
            }
        }
    }

    fn log_prefix(whole: &Log, size: u64) -> Log {
        let prefix = log(size);
        assert_eq!(prefix.leaves, whole.leaves[..size as usize]);
        prefix
    }
}
