//! Writes the seeds into a directory, a folder for each property, where libFuzzer takes them from.

use remit_fuzz::{TARGETS, seeds};
use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| io::Error::other("usage: remit-fuzz DIRECTORY"))?;
    for (name, _) in TARGETS {
        let folder = directory.join(name);
        fs::create_dir_all(&folder)?;
        for (at, seed) in seeds::of(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{at}")), seed)?;
        }
        println!("{name}");
    }
    Ok(())
}
