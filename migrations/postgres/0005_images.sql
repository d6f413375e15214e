-- What is kept outside of the database, by name: since when nobody uses it, and NULL while somebody does.

CREATE TABLE images (
    name         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unused_since BIGINT
);

CREATE INDEX images_unused ON images (unused_since) WHERE unused_since IS NOT NULL;
