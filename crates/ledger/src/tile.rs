//! Tiles: 256 hashes of one level, and the paths under which they are published (c2sp.org/tlog-tiles).

use crate::hash::Hash;

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;
/// Highest level of tile that 2⁶⁴ leaves need.
pub const LEVEL_MAX: u8 = 7;

/// Up to 256 hashes of one level of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// 0 for leaves; each level's hashes are the roots of full tiles one level down.
    pub level: u8,
    /// Which tile of the level, from 0.
    pub index: u64,
    /// The hashes.
    pub hashes: Vec<Hash>,
}

/// The address of a tile or of an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileAddress {
    /// The level; none for an entry bundle.
    pub level: Option<u8>,
    /// Which tile of the level, from 0.
    pub index: u64,
    /// How many hashes or entries; 256 when full.
    pub width: u16,
}

/// The root of the perfect tree over `hashes`, of which there is a power of two.
pub fn perfect_root(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(Hash::node(left, right)),
                _ => None,
            })
            .collect();
    }
    level.first().copied()
}

impl Tile {
    /// The hashes one after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| hash.0).collect()
    }
}

/// Hashes that stand one after the other in `bytes`.
pub fn hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && chunks.len() <= TILE_WIDTH).then(|| chunks.iter().map(|chunk| Hash(*chunk)).collect())
}

/// Entries as an entry bundle: each with its length in 16 bits before it.
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        // Entries are bounded where they are made.
        out.extend_from_slice(&u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(entry);
    }
    out
}

/// The entries of an entry bundle; none if it is not one.
pub fn unbundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
        if entries.len() > TILE_WIDTH {
            return None;
        }
    }
    Some(entries)
}

impl TileAddress {
    /// The path, such as `tile/0/x001/067` or `tile/entries/000.p/17`.
    pub fn path(&self) -> String {
        let level = self.level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.insert(0, format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        let partial = if usize::from(self.width) == TILE_WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{}{partial}", groups.join("/"))
    }

    /// The address that a path names; none if the path is not written as [`TileAddress::path`] writes it.
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > 100 {
            return None;
        }
        let rest = path.strip_prefix("tile/")?;
        let (level, rest) = rest.split_once('/')?;
        let level =
            if level == "entries" { None } else { Some(level.parse().ok().filter(|level| *level <= LEVEL_MAX)?) };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| (1..256).contains(width))?),
            None => (rest, 256),
        };
        let mut index: u64 = 0;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let address = Self { level, index, width };
        (address.path() == path).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_specification() {
        for (level, index, width, path) in [
            (Some(0), 0, 256, "tile/0/000"),
            (Some(1), 1_234_067, 256, "tile/1/x001/x234/067"),
            (None, 5, 17, "tile/entries/005.p/17"),
        ] {
            let address = TileAddress { level, index, width };
            assert_eq!(address.path(), path);
            assert_eq!(TileAddress::parse(path), Some(address));
        }
        for wrong in [
            "tile/8/000",
            "tile/0/0",
            "tile/0/x000/001",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/00/000",
            "tile/0/",
            "",
        ] {
            assert_eq!(TileAddress::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bundles_read_back() {
        let entries: Vec<&[u8]> = vec![b"one", b"", b"three"];
        let bytes = bundle(entries.clone());
        assert_eq!(unbundle(&bytes), Some(entries));
        assert_eq!(unbundle(&bytes[..4]), None);
    }
}
