-- Format 3. What became of cases, counted by what happened.
CREATE TABLE outcome_counts (
  responder TEXT NOT NULL,
  intent TEXT NOT NULL,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (responder, intent, kind)
) STRICT, WITHOUT ROWID;
