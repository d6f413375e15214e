-- How often what lists show of an organization has changed, so that what was read before can be known to hold still.
--
-- `scope` is an organization for its invitations, the same below zero for what surrounds them (its members, roles and
-- workspaces), or 0 for what surrounds everybody's (people). A scope has several rows, so that commands running at once
-- need not wait for one another: its revision is their sum, which only grows. A number is the time of the change in
-- microseconds, or one more than the one before, so that a database that was put back from a copy does not use a number
-- again.
CREATE TABLE revisions (
    scope    INTEGER NOT NULL,
    shard    INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (scope, shard)
) STRICT, WITHOUT ROWID;
