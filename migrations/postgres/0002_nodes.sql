-- Processes that share a database make ids of their own, each under a number that is in every id it makes. A process
-- takes a number for the length of a lease, renews it while it lives, and gives it back when it ends in order; the number
-- of one that died is free when its lease is over.

CREATE TABLE nodes (
    node      BIGINT  NOT NULL PRIMARY KEY CHECK (node BETWEEN 1 AND 1023),
    -- Random, so that a process knows its own lease from one that came after it.
    holder    BYTEA   NOT NULL,
    lease_end BIGINT  NOT NULL
);
