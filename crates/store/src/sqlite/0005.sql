-- Format 5. One index for every filter of the list of cases: rows of each kind lie together, in the order of their
-- identifiers. It takes the place of the one by holder alone, so that a command writes no more than before.
DROP INDEX cases_holder;
CREATE INDEX cases_listed ON cases (status, holder, accountable, id);
