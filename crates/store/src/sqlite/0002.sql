-- Format 2. What remains to be done because of something that was committed: at once, or when it is due.
CREATE TABLE outbox (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  stream TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (kind, due_ms, num);
-- Settings of the organisation that change by the day: staff, subscriptions, breakers.
CREATE TABLE items (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
-- Of the cases not resolved, those that tell against the responder: not those that it gave up in time.
ALTER TABLE outcomes ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN staff TEXT;
