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

/// What is missing to restore an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile {index} of level {level} of the ledger is missing or not full")]
pub struct EdgeError {
    /// The tile's level.
    pub level: u8,
    /// Its index.
    pub index: u64,
}

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

    /// The edge of a log of `size` leaves: `leaves` are the hashes of those since the last full tile, and
    /// `tile` gives full tiles by level and index.
    ///
    /// # Errors
    /// When leaves or tiles are missing, or tiles are not full.
    pub fn restore(
        size: u64,
        leaves: Vec<Hash>,
        mut tile: impl FnMut(u8, u64) -> Option<Vec<Hash>>,
    ) -> Result<Self, EdgeError> {
        const WIDTH: u64 = TILE_WIDTH as u64;
        if leaves.len() as u64 != size % WIDTH {
            return Err(EdgeError { level: 0, index: size / WIDTH });
        }
        let mut edge = vec![leaves];
        let mut full = size / WIDTH;
        for below in 0_u8.. {
            if full == 0 {
                break;
            }
            let roots = (full - full % WIDTH..full).map(|index| {
                let hashes = tile(below, index).filter(|hashes| hashes.len() == TILE_WIDTH);
                hashes.and_then(|hashes| perfect_root(&hashes)).ok_or(EdgeError { level: below, index })
            });
            edge.push(roots.collect::<Result<_, _>>()?);
            full /= WIDTH;
        }
        Ok(Self { size, edge })
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
    fn roots_follow_the_definition_and_the_edge_is_restored() {
        let leaves: Vec<Hash> = (0..1100u32).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
        let mut tree = Tree::default();
        let mut full = Vec::new();
        assert_eq!(tree.root(), definition(&[]));
        for (n, leaf) in leaves.iter().enumerate() {
            tree.append(*leaf, &mut full);
            if n % 37 == 0 || (n + 1) % 256 < 2 {
                assert_eq!(tree.root(), definition(&leaves[..=n]), "{n}");
                let since = (n + 1) / 256 * 256;
                let tile = |level, index| {
                    full.iter().find(|t: &&Tile| (t.level, t.index) == (level, index)).map(|t| t.hashes.clone())
                };
                let again = Tree::restore(n as u64 + 1, leaves[since..=n].to_vec(), tile).unwrap();
                assert_eq!(again.root(), tree.root(), "{n}");
                let (mut one, mut two) = (tree.clone(), again);
                one.append(*leaf, &mut Vec::new());
                two.append(*leaf, &mut Vec::new());
                assert_eq!(one.root(), two.root(), "{n}");
            }
        }
        assert_eq!(full.len(), 4);
        assert_eq!(Tree::restore(1100, Vec::new(), |_, _| None), Err(EdgeError { level: 0, index: 4 }));
        let last = leaves[1024..].to_vec();
        assert_eq!(Tree::restore(1100, last, |_, _| None), Err(EdgeError { level: 0, index: 0 }));
    }

    /// The reference leaves and roots that implementations of Certificate Transparency share
    /// (github.com/transparency-dev/merkle, testonly/constants.go).
    #[test]
    fn roots_are_those_of_other_implementations() {
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        for (leaf, root) in leaves.into_iter().zip(roots) {
            let bytes = (0..leaf.len()).step_by(2).map(|at| u8::from_str_radix(&leaf[at..at + 2], 16).unwrap());
            tree.append(Hash::leaf(&bytes.collect::<Vec<_>>()), &mut Vec::new());
            assert_eq!(tree.root().to_string(), root, "{leaf}");
        }
    }

    #[test]
    fn an_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(
            Tree::default().root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
