-- Format 1. Identifiers of cases sort by time, so that new rows go to the right edge of every tree.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  ver INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  ts_ms INTEGER NOT NULL,
  subject TEXT,
  body BLOB NOT NULL,
  salt BLOB NOT NULL,
  entry BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (stream, ver);
CREATE UNIQUE INDEX events_subject ON events (subject) WHERE subject IS NOT NULL;
CREATE TABLE cases (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  holder TEXT,
  holder_kind TEXT,
  accountable TEXT,
  customer TEXT NOT NULL,
  intent TEXT,
  opened_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  state BLOB NOT NULL
) STRICT;
CREATE INDEX cases_holder ON cases (holder, status, id);
CREATE TABLE depths (holder TEXT PRIMARY KEY, open INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- A customer's key, in the row whose moment is -1, and every case of theirs after it. Pseudonyms come in no
-- order, so that each new customer costs a page of its own: here it is one page for both.
CREATE TABLE customers (
  id TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  stream TEXT NOT NULL,
  wrapped_key BLOB,
  PRIMARY KEY (id, opened_ms, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE words (stream TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (stream, id)) STRICT, WITHOUT ROWID;
CREATE TABLE exceptions (
  id TEXT PRIMARY KEY,
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  taken_by TEXT,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX exceptions_state ON exceptions (state, owner, id);
CREATE TABLE outcomes (
  responder TEXT NOT NULL,
  intent TEXT NOT NULL,
  resolved INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (responder, intent)
) STRICT, WITHOUT ROWID;
-- Rows are added as they expire: the oldest are the first.
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  response BLOB NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  responder TEXT,
  source TEXT,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE bundles (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE activations (at_ms INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE TABLE tiles (level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
-- What bodies of a kind are packed against; never changed, since what was packed needs it.
CREATE TABLE shapes (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
