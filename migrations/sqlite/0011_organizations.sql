-- Lists of all organizations by name. The PostgreSQL file of the same name makes the same changes.

-- What a list sorts by: the folded name. The server folds names better than `LOWER` does: a row has the exact value once the
-- organization changes.
ALTER TABLE organizations ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
UPDATE organizations SET sort_name = SUBSTR(LOWER(name), 1, 100);
CREATE INDEX organizations_by_name ON organizations (sort_name, id);
