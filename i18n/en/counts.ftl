## Phrases with a number, and relative times

members-count =
    { $count ->
        [one] { $count } member
       *[other] { $count } members
    }
open-invitations-warning =
    { $count ->
        [one] { $count } pending invitation that they sent will be suspended: it cannot be accepted until somebody resends it.
       *[other] { $count } pending invitations that they sent will be suspended: they cannot be accepted until somebody resends them.
    }
removed-and-suspended =
    { $count ->
        [one] Member removed. { $count } of their invitations is suspended.
       *[other] Member removed. { $count } of their invitations are suspended.
    }
removed-and-revoked =
    { $count ->
        [one] Member removed. { $count } of their invitations was revoked.
       *[other] Member removed. { $count } of their invitations were revoked.
    }
just-now = just now
minutes-ago =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
hours-ago =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
days-ago =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
in-minutes =
    { $count ->
        [one] in { $count } minute
       *[other] in { $count } minutes
    }
in-hours =
    { $count ->
        [one] in { $count } hour
       *[other] in { $count } hours
    }
in-days =
    { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }
