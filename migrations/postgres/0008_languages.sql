-- Languages are folders of `i18n/`: the server parses them, and no check lists them any more. The SQLite file of the same name
-- has the same effect.

ALTER TABLE users DROP CONSTRAINT users_language_check;
ALTER TABLE attempts DROP CONSTRAINT attempts_language_check;
ALTER TABLE attempts ALTER COLUMN language SET DEFAULT 'en';
ALTER TABLE invitations DROP CONSTRAINT invitations_language_check;
ALTER TABLE security_notices DROP CONSTRAINT security_notices_language_check;
