# The audit log of an organization.

audit-log = Audit log
audit-log-explanation = Who changed what in this organization. Entries cannot be changed.
audit-log-event = Event
audit-log-actor = Who
audit-log-target = About
audit-log-details = Details
audit-log-time = Time
audit-log-any-event = Any event
audit-log-from = From
audit-log-to = Until
audit-log-filter = Filter
audit-log-only-by = Only what { $name } did
audit-log-only-about = Only what is about { $name }
audit-log-nothing = No entries found
audit-log-system = The service
audit-log-operator = The operator
audit-log-anonymous = Somebody without an account
audit-log-api-key = API key { $id }
audit-log-impersonated = { $impersonator } as { $user }
audit-log-erased = Erased
audit-log-export-csv = Export as CSV
audit-log-export-json = Export as JSON Lines
audit-log-newest = Newest entries
audit-log-older = Older entries
