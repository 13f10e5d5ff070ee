//! What a process wrote to its files and when it waited for the disk, as `strace` saw it; and from that, what a disk
//! may hold where the power goes.

use crate::plan::Dice;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The calls by which a program writes, renames, waits for the disk, and tells others.
pub(crate) const CALLS: &str = "openat,creat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,\
    ftruncate,fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,copy_file_range,sendfile";
/// What a disk writes whole, in bytes: mostly, and at the least.
const SECTORS: [usize; 2] = [4096, 512];

/// One call. Times are lines of the trace.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) start: usize,
    /// When it was done; never, where the process ended before.
    end: usize,
    /// From when on the disk has it for certain.
    certain: usize,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A file that was not there.
    Create(PathBuf),
    Folder(PathBuf),
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    /// The disk has all that was written to a file, or what a folder lists.
    Sync(PathBuf),
    /// Somebody else was told.
    Tell(Vec<u8>),
}

/// A call that is being read.
struct Line<'a> {
    name: &'a str,
    arguments: &'a str,
    result: &'a str,
}

/// Reads the trace of a process, of which only what lies under `root` counts, and what it told others.
pub(crate) fn read(trace: &str, root: &Path) -> Vec<Call> {
    let (mut calls, mut begun) = (Vec::<Call>::new(), BTreeMap::<&str, (usize, &str)>::new());
    let (mut places, mut there) = (BTreeMap::new(), BTreeSet::new());
    for (at, line) in trace.lines().enumerate() {
        let Some((process, line)) = line.split_once(' ') else { continue };
        let line = line.trim_start();
        if let Some(first) = line.strip_suffix("<unfinished ...>") {
            begun.insert(process, (at, first));
            continue;
        }
        let (start, whole) = match line.strip_prefix("<... ") {
            Some(rest) => {
                let (start, first) = begun.remove(process).unwrap();
                (start, format!("{first}{}", rest.split_once("resumed>").unwrap().1))
            }
            None => (at, line.to_owned()),
        };
        let Some(line) = split(&whole) else { continue };
        if line.result.starts_with("-1") {
            continue;
        }
        let found = what(&line, root, &mut places, &mut there);
        calls.extend(found.map(|what| Call { start, end: at, certain: usize::MAX, what }));
    }
    // What had begun when the process ended may have been done as well as not.
    for (at, first) in begun.into_values() {
        if let Some(line) = split(&format!("{first}) = 0")) {
            let found = what(&line, root, &mut places, &mut there);
            calls.extend(found.map(|what| Call { start: at, end: usize::MAX, certain: usize::MAX, what }));
        }
    }
    calls.sort_by_key(|call| call.start);
    settle(calls)
}

/// Finds out from when on the disk has what each call did.
fn settle(mut calls: Vec<Call>) -> Vec<Call> {
    let mut syncs: BTreeMap<PathBuf, Vec<(usize, usize)>> = BTreeMap::new();
    for call in &calls {
        if let What::Sync(path) = &call.what {
            syncs.entry(path.clone()).or_default().push((call.start, call.end));
        }
    }
    for call in &mut calls {
        let synced = |path: &Path| {
            let later = syncs.get(path).into_iter().flatten().filter(|(start, _)| *start > call.end);
            later.map(|(_, end)| *end).min().unwrap_or(usize::MAX)
        };
        call.certain = match &call.what {
            What::Write(path, ..) | What::Truncate(path, _) => synced(path),
            what => changes(what).map_or(usize::MAX, |path| synced(path).min(path.parent().map_or(usize::MAX, synced))),
        };
    }
    calls
}

/// The same, had the process not waited for the disk from a line on.
pub(crate) fn careless(mut calls: Vec<Call>, from: usize) -> Vec<Call> {
    calls.retain(|call| call.start < from || !matches!(call.what, What::Sync(_)));
    settle(calls)
}

fn split(call: &str) -> Option<Line<'_>> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") ").or_else(|| rest.rsplit_once(')'))?;
    Some(Line { name, arguments, result: result.trim_start().trim_start_matches("= ") })
}

/// Bytes that are written as `\x2f\x74`.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<&str> = hex.split("\\x").skip(1).collect();
    digits.iter().map(|digits| u8::from_str_radix(&digits[..2], 16).unwrap()).collect()
}

fn path(hex: &str) -> PathBuf {
    String::from_utf8(bytes(hex)).unwrap().into()
}

impl Line<'_> {
    /// Everything between quotes.
    fn quoted(&self) -> Vec<Vec<u8>> {
        self.arguments.split('"').skip(1).step_by(2).map(bytes).collect()
    }

    /// The file of the first descriptor.
    fn file(&self) -> PathBuf {
        self.arguments
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or_else(PathBuf::new, |f| path(f.0))
    }

    fn named(&self, which: usize) -> PathBuf {
        String::from_utf8(self.quoted()[which].clone()).unwrap().into()
    }

    /// The last argument.
    fn last(&self) -> usize {
        self.arguments.rsplit(", ").next().unwrap().trim_end().parse().unwrap()
    }
}

/// Whether what is kept of it matters: not who has locked the directory, nor what is made anew.
fn counts(path: &Path, root: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.starts_with(root)
        && name != "lock"
        && name != "reserve"
        && !name.ends_with("-shm")
        && !path.starts_with(root.join("models"))
}

fn what(
    line: &Line<'_>,
    root: &Path,
    places: &mut BTreeMap<PathBuf, usize>,
    there: &mut BTreeSet<PathBuf>,
) -> Option<What> {
    let of = |path: PathBuf| counts(&path, root).then_some(path);
    match line.name {
        "openat" => {
            let path = of(line.named(0))?;
            places.insert(path.clone(), 0);
            let new = line.arguments.contains("O_CREAT") && there.insert(path.clone());
            let emptied = line.arguments.contains("O_TRUNC").then(|| What::Truncate(path.clone(), 0));
            if new { Some(What::Create(path)) } else { emptied }
        }
        "mkdir" => Some(What::Folder(of(line.named(0))?)),
        "unlink" => {
            let path = of(line.named(0))?;
            there.remove(&path);
            Some(What::Unlink(path))
        }
        "rename" => {
            let (from, to) = (of(line.named(0))?, line.named(1));
            there.remove(&from);
            there.insert(to.clone());
            Some(What::Rename(from, to))
        }
        "fsync" | "fdatasync" => Some(What::Sync(of(line.file())?)),
        "ftruncate" => Some(What::Truncate(of(line.file())?, line.last())),
        "pwrite64" => Some(What::Write(of(line.file())?, line.last(), line.quoted().concat())),
        "write" | "writev" | "sendto" => {
            let (file, bytes) = (line.file(), line.quoted().concat());
            let Some(file) = of(file.clone()) else {
                // Everything is a file, but who is told hears through a pipe or a socket.
                let name = file.to_string_lossy();
                return (name.starts_with("socket:") || name.starts_with("pipe:")).then_some(What::Tell(bytes));
            };
            let place = places.entry(file.clone()).or_default();
            let at = *place;
            *place += bytes.len();
            Some(What::Write(file, at, bytes))
        }
        other => {
            let ours = line.arguments.split(['"', '<', '>']).any(|part| {
                part.starts_with("\\x") && counts(Path::new(&String::from_utf8_lossy(&bytes(part)).into_owned()), root)
            });
            assert!(!ours, "`{other}` is not understood: {}", &line.arguments[..line.arguments.len().min(400)]);
            None
        }
    }
}

/// What became of all that the disk did not have for certain.
#[derive(Debug, Clone, Copy)]
enum Rest {
    Lost,
    Written,
    /// Each whole, or not.
    Some,
    /// Each in part, in sectors of so many bytes.
    Torn(usize),
}

/// Which file or folder lists what a call changed, and the one that holds its bytes.
fn changes(what: &What) -> Option<&Path> {
    match what {
        What::Create(path) | What::Folder(path) | What::Truncate(path, _) | What::Unlink(path) => Some(path),
        What::Rename(_, to) => Some(to),
        _ => None,
    }
}

/// The files as a disk may have them after the power went at a line, under `root`: everything that it was waited for,
/// and of the rest what chance left.
pub(crate) fn image(calls: &[Call], when: usize, dice: &mut Dice) -> BTreeMap<PathBuf, Vec<u8>> {
    let sector = *dice.of(&SECTORS);
    let rest = *dice.of(&[Rest::Lost, Rest::Written, Rest::Some, Rest::Torn(sector), Rest::Torn(sector)]);
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    // What a folder lists changes in order: what comes after something lost is lost too.
    let mut over: BTreeSet<&Path> = BTreeSet::new();
    for call in calls.iter().take_while(|call| call.start < when) {
        let certain = call.certain < when;
        let kept = certain
            || match rest {
                Rest::Lost => false,
                Rest::Written => true,
                Rest::Some | Rest::Torn(_) => dice.roll(2) == 0,
            };
        if let Some(path) = changes(&call.what)
            && (!kept || (over.contains(path) && !certain))
        {
            over.insert(path);
            continue;
        }
        match &call.what {
            What::Create(path) => _ = files.entry(path.clone()).or_default(),
            What::Truncate(path, length) => {
                files.entry(path.clone()).and_modify(|bytes| bytes.resize(*length, 0));
            }
            What::Unlink(path) => _ = files.remove(path),
            What::Rename(from, to) => {
                if let Some(bytes) = files.remove(from) {
                    files.insert(to.clone(), bytes);
                }
            }
            What::Write(path, at, bytes) => {
                let Some(file) = files.get_mut(path) else { continue };
                let size = match rest {
                    Rest::Torn(sector) if !certain => sector,
                    _ if kept => usize::MAX,
                    _ => continue,
                };
                write(file, *at, bytes, size, dice);
            }
            What::Folder(_) | What::Sync(_) | What::Tell(_) => {}
        }
    }
    files
}

/// Writes bytes at a place: all of them where `sector` has no bound, else those in sectors that chance picks.
fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8], sector: usize, dice: &mut Dice) {
    let mut done = 0;
    while done < bytes.len() {
        let place = at + done;
        let left = if sector == usize::MAX { usize::MAX } else { sector - place % sector };
        let length = left.min(bytes.len() - done);
        if sector == usize::MAX || dice.roll(2) == 0 {
            if file.len() < place + length {
                file.resize(place + length, 0);
            }
            file[place..place + length].copy_from_slice(&bytes[done..done + length]);
        }
        done += length;
    }
}

/// Lays an image of what was under `root` out in another folder.
pub(crate) fn lay(files: &BTreeMap<PathBuf, Vec<u8>>, root: &Path, to: &Path) {
    for (path, bytes) in files {
        let to = to.join(path.strip_prefix(root).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}
