-- Who would like to come in as long as sign-up is closed.

CREATE TABLE waitlist (
    id          BIGINT NOT NULL PRIMARY KEY,
    address     TEXT    NOT NULL,
    address_key TEXT COLLATE "C" NOT NULL UNIQUE,
    first_name  TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    created_at  BIGINT NOT NULL
);
