-- A person's picture: the name of an image, or empty.

ALTER TABLE users ADD COLUMN image_url TEXT NOT NULL DEFAULT '';
