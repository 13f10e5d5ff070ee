#!/bin/sh
# clippy 0.1.95 (Rust 1.95.0): `allow-unwrap-in-tests = true` in clippy.toml, and a helper function that unwraps in a
# module that is compiled for tests alone.
#
# The module is taken for one of tests if its attribute is exactly `#[cfg(test)]`. With `#[cfg(all(test, unix))]`, or with
# `test` as the only member of `all(…)`, the compiler includes it in tests alone as well, and the same helper is told as
# using unwrap outside of them. The function marked `#[test]` itself is allowed in each. So a test module that is bound to
# a platform needs an inner `#[cfg(test)]`, or an `#[expect]` of its own.
#
# Output seen:
#   #[cfg(test)]: 0 warnings of unwrap_used
#   #[cfg(all(test))]: 1 warnings of unwrap_used
#   #[cfg(all(test, unix))]: 1 warnings of unwrap_used
#   #[cfg(unix)] around #[cfg(test)]: 0 warnings of unwrap_used
set -eu
case $(rustc --version) in "rustc 1.95."*) ;; *) echo "this was seen with Rust 1.95, not with $(rustc --version)"; exit 1 ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
printf '[package]\nname = "helper"\nversion = "0.1.0"\nedition = "2024"\n' > "$dir/Cargo.toml"
printf 'allow-unwrap-in-tests = true\n' > "$dir/clippy.toml"
body='mod tests {
    fn read(text: &str) -> u8 {
        text.parse().unwrap()
    }

    #[test]
    fn one() {
        assert_eq!(read("1"), "1".parse::<u8>().unwrap());
    }
}'
told() {
  printf '#![warn(clippy::unwrap_used)]\n\n%s\n' "$2" > "$dir/src/lib.rs"
  count=$(cd "$dir" && CARGO_TARGET_DIR="$dir/target" cargo clippy --offline --quiet --tests 2>&1 \
    | grep -c 'used `unwrap()` on a `Result` value' || true)
  echo "$1: $count warnings of unwrap_used"
}
{
  told '#[cfg(test)]' "#[cfg(test)]
$body"
  told '#[cfg(all(test))]' "#[cfg(all(test))]
$body"
  told '#[cfg(all(test, unix))]' "#[cfg(all(test, unix))]
$body"
  told '#[cfg(unix)] around #[cfg(test)]' "#[cfg(unix)]
mod on_unix {
#[cfg(test)]
$body
}"
} > "$dir/seen"
cat "$dir/seen"
cat > "$dir/expected" <<'SEEN'
#[cfg(test)]: 0 warnings of unwrap_used
#[cfg(all(test))]: 1 warnings of unwrap_used
#[cfg(all(test, unix))]: 1 warnings of unwrap_used
#[cfg(unix)] around #[cfg(test)]: 0 warnings of unwrap_used
SEEN
diff "$dir/expected" "$dir/seen"
