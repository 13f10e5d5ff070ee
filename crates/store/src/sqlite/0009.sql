-- Format 9. Items have versions: another after each write, drawn from one number for all of them, so that none is given
-- twice.
ALTER TABLE items ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE TABLE item_versions (one INTEGER PRIMARY KEY CHECK (one = 1), newest INTEGER NOT NULL) STRICT;
INSERT INTO item_versions VALUES (1, 1);
-- What was taken from counters and what is held back on them, and what each reservation holds back.
CREATE TABLE counters (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  window_ms INTEGER NOT NULL,
  spent INTEGER NOT NULL CHECK (spent >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  PRIMARY KEY (scope, key, window_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE reservations (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  window_ms INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0)
) STRICT, WITHOUT ROWID;
