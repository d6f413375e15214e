-- What is over is found by when it ended.
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_last_use ON sessions (last_seen_at);
CREATE INDEX attempt_limits_by_end ON attempt_limits (window_end);
CREATE INDEX idempotent_answers_by_time ON idempotent_answers (created_at);
