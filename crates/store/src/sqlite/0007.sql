-- Format 7. Customers' keys in a table of their own: added at its end, where nothing is moved to make room, and destroyed
-- in their place. Where rows are moved, copies of them stay in the file; so the table that had them is made anew.
CREATE TABLE customer_keys (num INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE keyed (num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) STRICT;
INSERT INTO keyed (id, wrapped) SELECT id, wrapped_key FROM customers WHERE opened_ms = -1 AND wrapped_key IS NOT NULL ORDER BY id;
INSERT INTO customer_keys SELECT num, wrapped FROM keyed ORDER BY num;
-- The number of a customer's key, in the row whose moment is -1, and every case of theirs after it, with the number of
-- the key that seals its words.
CREATE TABLE customers_keyed (
  id TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  stream TEXT NOT NULL,
  key INTEGER,
  PRIMARY KEY (id, opened_ms, stream)
) STRICT, WITHOUT ROWID;
INSERT INTO customers_keyed SELECT c.id, c.opened_ms, c.stream, k.num FROM customers AS c LEFT JOIN keyed AS k ON k.id = c.id
  ORDER BY c.id, c.opened_ms, c.stream;
DROP TABLE keyed;
DROP TABLE customers;
ALTER TABLE customers_keyed RENAME TO customers;
-- Kept answers go with their case. Hashes are keyed from now on: none that could be guessed stays, and a request that was
-- made before is refused when it is repeated, not carried out again.
ALTER TABLE idempotency ADD COLUMN stream TEXT;
UPDATE idempotency SET request_hash = zeroblob(32);
CREATE INDEX idempotency_stream ON idempotency (stream) WHERE stream IS NOT NULL;
