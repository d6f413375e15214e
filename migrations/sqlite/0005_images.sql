-- What is kept outside of the database, by name: since when nobody uses it, and NULL while somebody does.

CREATE TABLE images (
    name         TEXT    NOT NULL PRIMARY KEY,
    unused_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX images_unused ON images (unused_since) WHERE unused_since IS NOT NULL;
