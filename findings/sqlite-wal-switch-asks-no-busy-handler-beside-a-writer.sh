#!/bin/sh
# SQLite 3.54.1 (apsw 3.54.1.0): `PRAGMA journal_mode=WAL` on a connection with a busy handler, while another connection
# has a transaction open.
#
# Beside a reader, and beside an exclusive transaction, the busy handler is asked like anywhere else, so that a timeout
# is waited for. Beside a transaction that only reserves the right to write (BEGIN IMMEDIATE), the switch is refused at
# once with SQLITE_BUSY and the handler is never asked, while an INSERT in its place does ask it. Two processes that start
# on a new database at the same moment, each with a timeout of seconds and each beginning with that pragma, therefore
# fail now and then at once: a timeout does not do, the pragma has to be tried again.
#
# Output seen:
#   SQLite 3.54.1
#   the switch beside a reader: SQLITE_BUSY, the handler asked 6 times
#   the switch beside BEGIN EXCLUSIVE: SQLITE_BUSY, the handler asked 6 times
#   the switch beside BEGIN IMMEDIATE: SQLITE_BUSY, the handler asked 0 times
#   an INSERT beside BEGIN IMMEDIATE: SQLITE_BUSY, the handler asked 6 times
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/python"
"$dir/python/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat > "$dir/seen.py" <<'PY'
import os
import sys
import apsw

SWITCH = "PRAGMA journal_mode=WAL"


def tried(name, held, statement):
    path = os.path.join(sys.argv[1], name + ".db")
    holder, other, asked = apsw.Connection(path), apsw.Connection(path), []
    holder.execute("CREATE TABLE t (x)")

    def busy(count):
        asked.append(count)
        return count < 5

    other.set_busy_handler(busy)
    for one in held:
        list(holder.execute(one))
    try:
        list(other.execute(statement))
        outcome = "done"
    except apsw.BusyError:
        outcome = "SQLITE_BUSY"
    return f"{outcome}, the handler asked {len(asked)} times"


print("SQLite", apsw.sqlite_lib_version())
print("the switch beside a reader:", tried("reader", ["BEGIN", "SELECT * FROM t"], SWITCH))
print("the switch beside BEGIN EXCLUSIVE:", tried("exclusive", ["BEGIN EXCLUSIVE"], SWITCH))
print("the switch beside BEGIN IMMEDIATE:", tried("immediate", ["BEGIN IMMEDIATE"], SWITCH))
print("an INSERT beside BEGIN IMMEDIATE:", tried("insert", ["BEGIN IMMEDIATE"], "INSERT INTO t VALUES (1)"))
PY
"$dir/python/bin/python" "$dir/seen.py" "$dir" > "$dir/seen"
cat "$dir/seen"
cat > "$dir/expected" <<'SEEN'
SQLite 3.54.1
the switch beside a reader: SQLITE_BUSY, the handler asked 6 times
the switch beside BEGIN EXCLUSIVE: SQLITE_BUSY, the handler asked 6 times
the switch beside BEGIN IMMEDIATE: SQLITE_BUSY, the handler asked 0 times
an INSERT beside BEGIN IMMEDIATE: SQLITE_BUSY, the handler asked 6 times
SEEN
diff "$dir/expected" "$dir/seen"
