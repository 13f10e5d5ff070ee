#!/bin/sh
# cargo 1.95.0: two checkouts of one workspace (such as git worktrees) that share a target directory. What the first one
# built is taken as fresh in the second, although the sources differ, and its code is what runs there.
#
# A package of the workspace is named in the target directory by its path below the workspace's root, so that both
# checkouts have the same name for it; and it is fresh while no source, at that path below the root it is asked from, is
# newer than the artefact. Files that were written before the other checkout built are not. So `cargo test` in a worktree
# can pass with the code of another one. After a touch of the file that differs it is built anew.
#
# Output seen:
#   checkout one runs the code of one
#   checkout two runs the code of one
#   checkout two, its file touched, runs the code of two
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for name in one two; do
  mkdir -p "$dir/$name/words/src" "$dir/$name/tell/src"
  printf '[workspace]\nmembers = ["words", "tell"]\nresolver = "3"\n' > "$dir/$name/Cargo.toml"
  printf '[package]\nname = "words"\nversion = "0.1.0"\nedition = "2024"\n' > "$dir/$name/words/Cargo.toml"
  printf '[package]\nname = "tell"\nversion = "0.1.0"\nedition = "2024"\n' > "$dir/$name/tell/Cargo.toml"
  printf '[dependencies]\nwords = { path = "../words" }\n' >> "$dir/$name/tell/Cargo.toml"
  printf 'pub const CHECKOUT: &str = "%s";\n' "$name" > "$dir/$name/words/src/lib.rs"
  printf 'fn main() {\n    println!("{}", words::CHECKOUT);\n}\n' > "$dir/$name/tell/src/main.rs"
done
run() { (cd "$dir/$1" && CARGO_TARGET_DIR="$dir/target" cargo run --offline --quiet); }
{
  echo "checkout one runs the code of $(run one)"
  echo "checkout two runs the code of $(run two)"
  touch "$dir/two/words/src/lib.rs"
  echo "checkout two, its file touched, runs the code of $(run two)"
} > "$dir/seen"
cat "$dir/seen"
cat > "$dir/expected" <<'SEEN'
checkout one runs the code of one
checkout two runs the code of one
checkout two, its file touched, runs the code of two
SEEN
diff "$dir/expected" "$dir/seen"
