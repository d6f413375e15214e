-- Lists of all organizations by name. The SQLite file of the same name makes the same changes, and explains them.

ALTER TABLE organizations ADD COLUMN sort_name TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE organizations SET sort_name = SUBSTR(LOWER(name), 1, 100);
CREATE INDEX organizations_by_name ON organizations (sort_name, id);
