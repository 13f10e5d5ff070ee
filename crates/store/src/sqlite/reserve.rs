//! Room on the disk that is kept back for what must be possible when the disk is full: taking a right away.

use super::setup;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// The file that takes the room, in the data directory.
pub const FILE: &str = "reserve";
/// How much, in bytes: of a revocation's pages a hundred times what they take.
const BYTES: usize = 1 << 20;

/// A file of zeros that gives way.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    there: AtomicBool,
}

impl Reserve {
    /// In the data directory `data`. A disk without room for it has none to keep back.
    pub(super) fn keep(data: &Path) -> Self {
        let path = data.join(FILE);
        let there = fs::metadata(&path).is_ok_and(|file| file.len() == BYTES as u64);
        let reserve = Self { path, there: AtomicBool::new(there) };
        reserve.renew();
        reserve
    }

    /// Takes the room again after it was given up, if there is enough.
    pub(super) fn renew(&self) {
        if self.there.swap(true, Ordering::AcqRel) {
            return;
        }
        // Written rather than made long: a file with holes takes no room.
        let written = setup::private(&self.path).and_then(|mut file| {
            file.write_all(&vec![0; BYTES])?;
            file.sync_data()
        });
        if written.is_err() {
            self.give_up();
        }
    }

    /// Gives the room up; says whether there was any.
    pub(super) fn give_up(&self) -> bool {
        self.there.store(false, Ordering::Release);
        fs::remove_file(&self.path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_given_up_and_taken_again() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(FILE);
        let bytes = || fs::read(&file).map(|bytes| bytes.len()).unwrap_or_default();
        let reserve = Reserve::keep(data.path());
        assert_eq!(bytes(), BYTES);
        assert!(reserve.give_up());
        assert_eq!((bytes(), reserve.give_up()), (0, false));
        reserve.renew();
        assert_eq!(bytes(), BYTES);
        // A start after a crash in between takes it whole.
        fs::write(&file, "half").unwrap();
        Reserve::keep(data.path());
        assert_eq!(bytes(), BYTES);
    }

    #[test]
    fn a_disk_without_room_has_none_to_keep_back() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(FILE)).unwrap();
        let reserve = Reserve::keep(data.path());
        assert!(!reserve.there.load(Ordering::Acquire));
    }
}
