//! Licences of everything that is built into the program: those that are listed, and no other.

/// The list: one SPDX expression a line, as the packages say it.
const LIST: &str = "xtask/licences.txt";

pub(super) fn faults() -> Result<Vec<String>, String> {
    let listed = std::fs::read_to_string(LIST).map_err(|error| format!("{LIST}: {error}"))?;
    let tree = ["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{l}|{p}"];
    let tree = [tree.as_slice(), &["--target", "x86_64-unknown-linux-gnu"]].concat();
    Ok(unlisted(&listed, &super::files::output("cargo", &tree)?))
}

/// Packages whose licence is not listed, and what is listed and is nobody's.
fn unlisted(listed: &str, tree: &str) -> Vec<String> {
    let listed: Vec<&str> = listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let used: Vec<(&str, &str)> = tree.lines().filter_map(|line| line.split_once('|')).collect();
    let mut faults: Vec<String> = used
        .iter()
        .filter(|(licence, _)| !listed.contains(licence))
        .map(|(licence, package)| {
            let name = package.split(' ').next().unwrap_or(package);
            format!("{LIST}: `{name}` is under `{licence}`, which is not listed; look whether it may be, and list it")
        })
        .collect();
    faults.extend(
        (listed.iter().filter(|line| !used.iter().any(|(licence, _)| licence == *line)))
            .map(|line| format!("{LIST}: nothing is under `{line}` any more; take it out")),
    );
    faults.sort();
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_and_what_is_listed_in_vain_is_named() {
        let faults = unlisted("# Why\nMIT\nISC\n", "MIT|a v1.0.0\n\nGPL-3.0|b v2.0.0 (proc-macro)\nMIT|a v1.0.0 (*)\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("`b` is under `GPL-3.0`") && faults[1].contains("`ISC`"), "{faults:?}");
    }
}
