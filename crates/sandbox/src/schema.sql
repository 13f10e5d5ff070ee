-- What was done, one row a key.
CREATE TABLE effect (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    action TEXT NOT NULL,
    customer TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    minor INTEGER,
    currency TEXT,
    effect TEXT NOT NULL,
    CHECK ((minor IS NULL) = (currency IS NULL))
) STRICT;
CREATE INDEX effect_by_time ON effect (at_ms, id);

-- What is done wrong on purpose.
CREATE TABLE mischief (
    target TEXT NOT NULL CHECK (target IN ('key', 'action')),
    name TEXT NOT NULL,
    kept TEXT NOT NULL,
    times INTEGER NOT NULL CHECK (times > 0),
    PRIMARY KEY (target, name)
) STRICT, WITHOUT ROWID;

-- The shop.
CREATE TABLE shop_product (
    product_id TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE shop_item (
    item_id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES shop_product,
    options TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    available INTEGER NOT NULL CHECK (available IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE shop_customer (
    customer_id TEXT PRIMARY KEY,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    address1 TEXT NOT NULL,
    address2 TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    country TEXT NOT NULL,
    zip TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE shop_method (
    method_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES shop_customer,
    kind TEXT NOT NULL CHECK (kind IN ('gift_card', 'paypal', 'credit_card')),
    -- Of gift cards: what is on it, and what was on it at the beginning.
    balance INTEGER CHECK (balance >= 0),
    opening INTEGER CHECK (opening >= 0),
    CHECK ((kind = 'gift_card') = (balance IS NOT NULL) AND (balance IS NULL) = (opening IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX shop_method_by_customer ON shop_method (customer_id);
CREATE TABLE shop_order (
    order_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES shop_customer,
    status TEXT NOT NULL CHECK (status IN ('pending', 'pending (items modified)', 'processed', 'delivered', 'cancelled',
        'return requested', 'exchange requested')),
    cancel_reason TEXT,
    address1 TEXT NOT NULL,
    address2 TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    country TEXT NOT NULL,
    zip TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX shop_order_by_customer ON shop_order (customer_id);
CREATE TABLE shop_order_item (
    order_id TEXT NOT NULL REFERENCES shop_order,
    position INTEGER NOT NULL,
    item_id TEXT NOT NULL REFERENCES shop_item,
    price INTEGER NOT NULL CHECK (price >= 0),
    -- What becomes of it once it is delivered, and for what it is exchanged.
    stays INTEGER NOT NULL DEFAULT 1 CHECK (stays IN (0, 1)),
    new_item_id TEXT REFERENCES shop_item,
    PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;
-- What was paid for orders (above 0) and paid back (below 0).
CREATE TABLE shop_payment (
    id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES shop_order,
    method_id TEXT NOT NULL REFERENCES shop_method,
    minor INTEGER NOT NULL CHECK (minor <> 0),
    effect INTEGER REFERENCES effect DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX shop_payment_by_order ON shop_payment (order_id, id);
CREATE INDEX shop_payment_by_method ON shop_payment (method_id);
-- What is paid back (above 0) or paid (below 0) once items have come back.
CREATE TABLE shop_due (
    id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES shop_order,
    method_id TEXT NOT NULL REFERENCES shop_method,
    minor INTEGER NOT NULL,
    effect INTEGER NOT NULL REFERENCES effect DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX shop_due_by_order ON shop_due (order_id);

-- The bank.
CREATE TABLE bank_customer (
    customer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    address1 TEXT NOT NULL,
    address2 TEXT NOT NULL,
    city TEXT NOT NULL,
    postcode TEXT NOT NULL,
    country TEXT NOT NULL,
    address_changed_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE bank_account (
    account_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES bank_customer,
    kind TEXT NOT NULL CHECK (kind IN ('current', 'savings')),
    currency TEXT NOT NULL,
    balance INTEGER NOT NULL,
    opening INTEGER NOT NULL,
    frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    CHECK (status = 'open' OR balance = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX bank_account_by_customer ON bank_account (customer_id);
CREATE TABLE bank_card (
    card_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES bank_account,
    status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'replaced', 'cancelled')),
    frozen_by TEXT NOT NULL CHECK (frozen_by IN ('none', 'customer', 'bank')),
    max_minor INTEGER NOT NULL CHECK (max_minor >= 0),
    limit_raised_ms INTEGER,
    pin_sent_ms INTEGER,
    replaced_by TEXT REFERENCES bank_card,
    CHECK ((status = 'frozen') = (frozen_by <> 'none'))
) STRICT, WITHOUT ROWID;
CREATE INDEX bank_card_by_account ON bank_card (account_id);
-- Charges to cards, fees and direct debits: what was taken from accounts, and how much of it came back.
CREATE TABLE bank_taken (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'fee', 'debit')),
    account_id TEXT NOT NULL REFERENCES bank_account,
    -- The merchant, the kind of fee, the creditor.
    what TEXT NOT NULL,
    minor INTEGER NOT NULL CHECK (minor > 0),
    returned INTEGER NOT NULL DEFAULT 0,
    -- When it last came back.
    returned_ms INTEGER,
    settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bank_taken_by_account ON bank_taken (account_id);
CREATE TABLE bank_transfer (
    transfer_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES bank_account,
    payee TEXT NOT NULL,
    minor INTEGER NOT NULL CHECK (minor > 0),
    sent_ms INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX bank_transfer_by_account ON bank_transfer (account_id);
-- Each effect on money as entries whose sum is nothing: of accounts, and of the bank's own books.
CREATE TABLE bank_entry (
    id INTEGER PRIMARY KEY,
    effect INTEGER NOT NULL REFERENCES effect DEFERRABLE INITIALLY DEFERRED,
    account_id TEXT REFERENCES bank_account,
    book TEXT CHECK (book IN ('charges', 'fees', 'debits', 'goodwill', 'transfers')),
    minor INTEGER NOT NULL,
    CHECK ((account_id IS NULL) <> (book IS NULL))
) STRICT;
CREATE INDEX bank_entry_by_account ON bank_entry (account_id);
CREATE INDEX bank_entry_by_effect ON bank_entry (effect);
