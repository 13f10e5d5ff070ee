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
  id TEXT PRIMARY KEY,
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
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_customer ON cases (customer, opened_ms);
CREATE INDEX cases_holder ON cases (holder, status, id);
CREATE TABLE depths (holder TEXT PRIMARY KEY, open INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE customers (id TEXT PRIMARY KEY, wrapped_key BLOB NOT NULL) STRICT, WITHOUT ROWID;
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
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  response BLOB NOT NULL,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_ms);
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
