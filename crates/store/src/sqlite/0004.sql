-- Format 4. Files that came with messages, sealed like words; large, and so in a table of their own with a row each.
CREATE TABLE attachments (num INTEGER PRIMARY KEY, stream TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL, UNIQUE (stream, id)) STRICT;
