//! What the build asks of the disk: where it is short of room, nothing is kept for builds that come after.

use std::process::Command;

/// What is free below which builds keep nothing for later ones. A whole build takes some 5 GB, and what cargo keeps to
/// build a changed crate faster 3 GB more (`du` after `cargo xtask test`).
const AMPLE_KIB: u64 = 16 << 20;

/// Variables for cargo, by what is free on the disk where this runs.
pub(crate) fn variables() -> &'static [(&'static str, &'static str)] {
    match free_kib() {
        Some(free) if free < AMPLE_KIB => {
            eprintln!("── {:.1} GiB of the disk are free: built without what makes later builds faster", gib(free));
            &[("CARGO_INCREMENTAL", "0")]
        }
        _ => &[],
    }
}

fn gib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib >> 10).unwrap_or(u32::MAX)) / 1024.0
}

/// What is free on the disk of the target directory, as POSIX's `df` tells it; nothing if it doesn't.
fn free_kib() -> Option<u64> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_default();
    let place = if std::path::Path::new(&target).is_dir() { target.as_str() } else { "." };
    let told = Command::new("df").args(["-P", "-k", place]).output().ok()?;
    free_of(&String::from_utf8(told.stdout).ok()?)
}

/// The fourth column of the line after the heading.
fn free_of(told: &str) -> Option<u64> {
    told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_free_room_is_read() {
        let told =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263995104 39873572 55010208 43% /\n";
        assert_eq!(super::free_of(told), Some(55_010_208));
        assert_eq!(super::free_of("df: no such file"), None);
        assert!(super::free_kib().is_some_and(|free| free > 0));
    }
}
