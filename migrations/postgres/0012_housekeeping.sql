-- What is over is found by when it ended.
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_last_use ON sessions (last_seen_at);
CREATE INDEX attempt_limits_by_end ON attempt_limits (window_end);
CREATE INDEX idempotent_answers_by_time ON idempotent_answers (created_at);

-- Pages are read in this very order, which no other index has: see `PAGE` in invitation/sql.rs.
DROP INDEX invitations_by_status;
CREATE INDEX invitations_by_status ON invitations (organization_id, status, id DESC NULLS LAST);
