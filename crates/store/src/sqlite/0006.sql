-- Format 6. What tells the keys that this database was made with from others: it says nothing of them.
CREATE TABLE keys (name TEXT PRIMARY KEY, mark BLOB NOT NULL) STRICT;
-- The format in which the database was made; nothing where that was an earlier one.
CREATE TABLE born (format INTEGER NOT NULL) STRICT;
