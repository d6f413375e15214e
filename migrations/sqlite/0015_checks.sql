-- A list of more than two words makes SQLite build a table of them for every statement that has to check one, which was a
-- tenth of what it takes to invite somebody. The same checks in lists of two.
--
-- A check cannot be altered. Making the tables anew would write every invitation once more; so their declarations are
-- changed where SQLite keeps them, which it provides for as long as no row is stored otherwise by it (lang_altertable,
-- "Making Other Kinds Of Table Schema Changes"). Nobody else has the database open while steps like this one run, so nobody
-- has to be told to read the declarations again.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
   SET sql = replace(replace(sql,
           'CHECK (status IN (''pending'', ''accepted'', ''discarded'', ''declined''))',
           'CHECK (status IN (''pending'', ''accepted'') OR status IN (''discarded'', ''declined''))'),
           'CHECK (delivery IN (''queued'', ''sent'', ''deferred'', ''failed'', ''bounced'', ''not_sent''))',
           'CHECK (delivery IN (''queued'', ''sent'') OR delivery IN (''not_sent'', ''deferred'') OR delivery IN (''failed'', ''bounced''))')
 WHERE type = 'table' AND name = 'invitations';
UPDATE sqlite_schema
   SET sql = replace(sql,
           'CHECK (kind IN (''invitation'', ''reminder'', ''attempt'', ''removed'', ''handover''))',
           'CHECK (kind IN (''invitation'', ''reminder'') OR kind IN (''attempt'', ''removed'') OR kind = ''handover'')')
 WHERE type = 'table' AND name = 'outbox';
PRAGMA writable_schema = RESET;
