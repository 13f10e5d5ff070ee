#!/bin/sh
# rusqlite 0.43.0 (bundled SQLite): `query_row` on `INSERT ... RETURNING`, outside a transaction, answers Ok with the
# row although the statement's own commit then fails, and nothing was stored.
#
# SQLite gives the rows of RETURNING before the statement is at its end, and commits at the end. `query_row` steps once,
# takes the row, and resets the statement; what the reset says is passed over. The same INSERT with `execute` steps to
# the end and answers Err. A full disk refuses at that same place; here a deferred foreign key does, which needs no disk.
#
# Output seen:
#   query_row: Ok(1), rows stored: 0
#   execute: Err(FOREIGN KEY constraint failed), rows stored: 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat > "$dir/Cargo.toml" <<'TOML'
[package]
name = "seen"
version = "0.0.0"
edition = "2024"
[dependencies]
rusqlite = { version = "=0.43.0", features = ["bundled"] }
[workspace]
TOML
cat > "$dir/src/main.rs" <<'RUST'
use rusqlite::Connection;
fn main() -> rusqlite::Result<()> {
    let db = Connection::open_in_memory()?;
    db.execute_batch(
        "PRAGMA foreign_keys = ON;
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (
             id INTEGER PRIMARY KEY,
             parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED
         );",
    )?;
    let stored = || db.query_row("SELECT COUNT(*) FROM child", [], |row| row.get::<_, i64>(0));
    let given = db.query_row("INSERT INTO child (parent) VALUES (7) RETURNING id", [], |row| row.get::<_, i64>(0));
    println!("query_row: {given:?}, rows stored: {}", stored()?);
    let run = db.execute("INSERT INTO child (parent) VALUES (7)", []);
    let run = run.map_or_else(|error| format!("Err({error})"), |rows| format!("Ok({rows})"));
    println!("execute: {run}, rows stored: {}", stored()?);
    Ok(())
}
RUST
(cd "$dir" && CARGO_TARGET_DIR="$dir/target" cargo run --quiet) > "$dir/seen"
cat "$dir/seen"
cat > "$dir/expected" <<'SEEN'
query_row: Ok(1), rows stored: 0
execute: Err(FOREIGN KEY constraint failed), rows stored: 0
SEEN
diff "$dir/expected" "$dir/seen"
