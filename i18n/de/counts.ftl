## Phrases with a number, and relative times

members-count =
    { $count ->
        [one] { $count } Mitglied
       *[other] { $count } Mitglieder
    }
open-invitations-warning =
    { $count ->
        [one] { $count } ausstehende Einladung dieser Person wird ausgesetzt: Sie kann erst angenommen werden, wenn jemand sie erneut sendet.
       *[other] { $count } ausstehende Einladungen dieser Person werden ausgesetzt: Sie können erst angenommen werden, wenn jemand sie erneut sendet.
    }
removed-and-suspended =
    { $count ->
        [one] Mitglied entfernt. { $count } Einladung dieser Person ist ausgesetzt.
       *[other] Mitglied entfernt. { $count } Einladungen dieser Person sind ausgesetzt.
    }
removed-and-revoked =
    { $count ->
        [one] Mitglied entfernt. { $count } Einladung dieser Person wurde widerrufen.
       *[other] Mitglied entfernt. { $count } Einladungen dieser Person wurden widerrufen.
    }
just-now = gerade eben
minutes-ago =
    { $count ->
        [one] vor { $count } Minute
       *[other] vor { $count } Minuten
    }
hours-ago =
    { $count ->
        [one] vor { $count } Stunde
       *[other] vor { $count } Stunden
    }
days-ago =
    { $count ->
        [one] vor { $count } Tag
       *[other] vor { $count } Tagen
    }
in-minutes =
    { $count ->
        [one] in { $count } Minute
       *[other] in { $count } Minuten
    }
in-hours =
    { $count ->
        [one] in { $count } Stunde
       *[other] in { $count } Stunden
    }
in-days =
    { $count ->
        [one] in { $count } Tag
       *[other] in { $count } Tagen
    }
