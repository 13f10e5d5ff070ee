//! A small file system of its own in memory, which can really be full.

use crate::{
    files::copy,
    house::{House, Served, models},
};
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Set to pass over what needs root where it can't be had.
const WITHOUT: &str = "REMIT_ATTACKS_WITHOUT_ROOT";

/// It is mounted where only who enters its namespace sees it, for as long as this lives.
pub(crate) struct SmallDisk {
    room: TempDir,
    holder: Child,
}

impl SmallDisk {
    /// One that has so many MiB of room beside trained models, which lie on it. None where `who` was told to do
    /// without.
    pub(crate) fn mount(who: &str, mebibytes: u64) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            let why = format!("only root can make a disk that is full; run as root, or set {WITHOUT}=1 to do without");
            assert!(std::env::var(WITHOUT).is_ok_and(|without| without == "1"), "{why}");
            eprintln!("{who}: NOT TRIED, since {WITHOUT}=1");
            return None;
        }
        let room = tempfile::tempdir().unwrap();
        let at = room.path().join("data");
        fs::create_dir_all(&at).unwrap();
        let bytes: u64 = fs::read_dir(models()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        let size = (bytes >> 20) + 1 + mebibytes;
        // It lasts as long as its standard input.
        let script = format!("mount -t tmpfs -o size={size}m none '{}' && echo ready && read _", at.display());
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n", "no file system could be mounted at {}", at.display());
        let disk = Self { room, holder };
        copy(models(), &disk.seen("models"));
        Some(disk)
    }

    /// Where it lies for who has entered its namespace.
    pub(crate) fn at(&self) -> PathBuf {
        self.room.path().join("data")
    }

    /// Where a file of it lies for who stays outside.
    pub(crate) fn seen(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.at().strip_prefix(Path::new("/")).unwrap()).join(name)
    }

    /// A command that is run in there.
    pub(crate) fn enter(&self, command: &[String]) -> Command {
        let mut entered = Command::new("nsenter");
        entered.args(["--target", &self.holder.id().to_string(), "--mount", "--"]).args(command);
        entered
    }

    pub(crate) fn serve(&self) -> Served {
        Served::start(&mut self.enter(&House::at(&self.at()).command()))
    }

    /// Takes all room that is left, by a file of this name.
    pub(crate) fn fill(&self, name: &str) {
        let mut ballast = File::options().create(true).append(true).open(self.seen(name)).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            let block = vec![7; size];
            let refused = (0..).find_map(|_| ballast.write(&block).err()).unwrap();
            assert_eq!(refused.kind(), ErrorKind::StorageFull, "{refused}");
        }
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.seen(name)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
