## Turning a kind of notification off. The topics complete a sentence.

notifications-stop-title = Diese E-Mails abbestellen?
notifications-stop-explanation = Sie bekommen keine E-Mails mehr, wenn { $topic }. In Ihrem Konto können Sie sie wieder einschalten.
notifications-stopped = Sie bekommen keine E-Mails mehr, wenn { $topic }.
notifications-join-requests = jemand einer Organisation beitreten möchte, deren Mitglieder Sie verwalten
notifications-request-answers = eine Ihrer Anfragen angenommen oder abgelehnt wird
notifications-invitation-answers = jemand Ihre Einladung annimmt oder ablehnt
notifications-webhook-failures = ein Webhook-Endpunkt einer Organisation deaktiviert wird, die Sie verwalten
