//! The growing edge of the tree: everything needed to append, and nothing that grows with the log.

use crate::{
    hash::Hash,
    tile::{TILE_WIDTH, Tile, perfect_root},
};

/// The edge: the size, and for each level the hashes of its last tile, which is not full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    edge: Vec<Vec<Hash>>,
}

/// Stored bytes that are no edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored edge of the tree is damaged")]
pub struct EdgeError;

impl Tree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash; full tiles go to `full` as they fill up.
    pub fn append(&mut self, leaf: Hash, full: &mut Vec<Tile>) {
        let mut hash = leaf;
        let mut index = self.size / TILE_WIDTH as u64;
        self.size += 1;
        for level in 0u8.. {
            let at = usize::from(level);
            if self.edge.len() == at {
                self.edge.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(edge) = self.edge.get_mut(at) else { return };
            edge.push(hash);
            if edge.len() < TILE_WIDTH {
                return;
            }
            let hashes = std::mem::replace(edge, Vec::with_capacity(TILE_WIDTH));
            let Some(root) = perfect_root(&hashes) else { return };
            full.push(Tile { level, index, hashes });
            hash = root;
            index /= TILE_WIDTH as u64;
        }
    }

    /// The root over all leaves (RFC 6962, section 2.1).
    pub fn root(&self) -> Hash {
        // Subtrees from the smallest, on the right, to the largest, on the left.
        let mut root: Option<Hash> = None;
        for level in &self.edge {
            let mut rest = level.as_slice();
            let mut perfect = Vec::new();
            while !rest.is_empty() {
                let width = 1 << (usize::BITS - 1 - rest.len().leading_zeros());
                let (left, right) = rest.split_at(width);
                perfect.extend(perfect_root(left));
                rest = right;
            }
            for subtree in perfect.iter().rev() {
                root = Some(root.map_or(*subtree, |right| Hash::node(subtree, &right)));
            }
        }
        root.unwrap_or_else(Hash::empty)
    }

    /// The last tile of a level, which is not full.
    pub fn partial(&self, level: u8) -> &[Hash] {
        self.edge.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The edge as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        out.extend(self.edge.iter().flatten().flat_map(|hash| hash.0));
        out
    }

    /// The edge of stored bytes.
    ///
    /// # Errors
    /// When they are of another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EdgeError> {
        let (size, mut rest) = bytes.split_first_chunk::<8>().ok_or(EdgeError)?;
        let size = u64::from_be_bytes(*size);
        let mut edge = Vec::new();
        let mut left = size;
        while left > 0 {
            let width = usize::try_from(left % TILE_WIDTH as u64).map_err(|_| EdgeError)?;
            let (level, after) = rest.split_at_checked(width * 32).ok_or(EdgeError)?;
            edge.push(crate::tile::hashes(level).ok_or(EdgeError)?);
            rest = after;
            left /= TILE_WIDTH as u64;
        }
        if rest.is_empty() { Ok(Self { size, edge }) } else { Err(EdgeError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, word by word.
    fn definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::empty(),
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                Hash::node(&definition(&more[..split]), &definition(&more[split..]))
            }
        }
    }

    #[test]
    fn roots_follow_the_definition_and_the_edge_reads_back() {
        let leaves: Vec<Hash> = (0..1100u32).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
        let mut tree = Tree::default();
        let mut full = Vec::new();
        assert_eq!(tree.root(), definition(&[]));
        for (n, leaf) in leaves.iter().enumerate() {
            tree.append(*leaf, &mut full);
            if n % 37 == 0 || (n + 1) % 256 < 2 {
                assert_eq!(tree.root(), definition(&leaves[..=n]), "{n}");
                assert_eq!(Tree::from_bytes(&tree.to_bytes()).unwrap(), tree, "{n}");
            }
        }
        assert_eq!(full.len(), 4);
        assert!(Tree::from_bytes(&tree.to_bytes()[1..]).is_err());
    }

    #[test]
    fn an_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(
            Tree::default().root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
