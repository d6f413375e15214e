## Requests to join an organization

join-requests = Anfragen
requested-by-domain = möchte mit einer Adresse Ihrer Domain beitreten
requested-renewal = bittet um eine neue Einladung, weil die alte abgelaufen ist
requested-after-revocation = bittet um eine neue Einladung, weil die alte widerrufen wurde
requested-after-decline = bittet um eine neue Einladung, nachdem die alte abgelehnt wurde
requested-while-suspended = bittet um eine neue Einladung, weil die bisherige ausgesetzt ist
approved-without-mail = Diese Personen erreicht keine E-Mail. Kopieren Sie den Link, und geben Sie ihn weiter.
requested-for-other-address = bittet um eine Einladung an diese Adresse
approve = Annehmen
deny = Ablehnen
join-requests-explanation = Ihre Antwort wird den Personen per E-Mail mitgeteilt.
no-join-requests = Keine ausstehenden Anfragen
no-join-requests-explanation = Personen mit einer Adresse einer Ihrer bestätigten Domains können den Beitritt anfragen, und wessen Einladung nicht mehr funktioniert, kann um eine neue bitten.
requester = Person
reason = Grund
requested-at = Angefragt
approve-request = Anfrage von { $name } annehmen
deny-request = Anfrage von { $name } ablehnen
selected-requests = Ausgewählte Anfragen
approve-selected = Ausgewählte Anfragen annehmen
deny-selected = Ausgewählte Anfragen ablehnen
requests-decided =
    { $count ->
        [0] Es wurde nichts geändert. Der Grund steht bei jeder Anfrage.
        [one] { $count } Anfrage wurde beantwortet, die übrigen nicht: Der Grund steht bei jeder.
       *[other] { $count } Anfragen wurden beantwortet, die übrigen nicht: Der Grund steht bei jeder.
    }
range-of = { $from }–{ $to } von { $total }
search-requests = Anfragen nach Name oder Adresse suchen
no-requests-found = Keine passenden Anfragen.
request-approved = Angenommen
request-denied = Abgelehnt
answered-at = Beantwortet
requests-count =
    { $count ->
        [one] { $count } Anfrage
       *[other] { $count } Anfragen
    }
requests-more-than = Mehr als { $count } Anfragen
flash-approved-count =
    { $count ->
        [one] { $count } Anfrage angenommen.
       *[other] { $count } Anfragen angenommen.
    }
flash-denied-count =
    { $count ->
        [one] { $count } Anfrage abgelehnt.
       *[other] { $count } Anfragen abgelehnt.
    }
flash-none-selected = Wählen Sie zuerst mindestens eine Anfrage aus.
