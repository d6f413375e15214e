-- How often a session has changed, or its user as they themselves see it, so that what was read of it before can be known
-- to hold still. A number is the time of the change in microseconds, or one more than the one before.
ALTER TABLE sessions ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
