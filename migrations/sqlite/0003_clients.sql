-- What clients and real-world input needed. The PostgreSQL file of the same name makes the same changes.

-- Whether the magic link opens return_to itself, with its token in the query, and not our page.
ALTER TABLE attempts ADD COLUMN opens_return_to INTEGER NOT NULL DEFAULT 0 CHECK (opens_return_to IN (0, 1));
