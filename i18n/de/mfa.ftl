## Zwei-Faktor-Authentifizierung, die Organisationen und Arbeitsbereiche verlangen

mfa = Zwei-Faktor-Authentifizierung
mfa-required = Zwei-Faktor-Authentifizierung erforderlich

# The page instead of those of an organization
mfa-required-here-title = Zwei-Faktor-Authentifizierung erforderlich
mfa-required-title = { $name } verlangt die Zwei-Faktor-Authentifizierung
passkey-required-title = { $name } verlangt einen Passkey
workspace-mfa-required-title = Dieser Arbeitsbereich verlangt die Zwei-Faktor-Authentifizierung
workspace-passkey-required-title = Dieser Arbeitsbereich verlangt einen Passkey
mfa-required-why = So reicht ein gestohlenes Passwort oder ein fremder Zugriff auf Ihr Postfach nicht aus, um hineinzukommen.
passkey-required-why = Ein Passkey funktioniert nur auf der echten Website. Eine gefälschte Website kann ihn nicht stehlen.
mfa-confirm-next = Sie haben sie eingerichtet, sich aber ohne sie angemeldet. Bestätigen Sie einmal, um fortzufahren.
passkey-confirm-next = Sie haben einen Passkey, sich aber ohne ihn angemeldet. Bestätigen Sie einmal mit dem Passkey, um fortzufahren.
mfa-set-up-next = Richten Sie in Ihrem Konto eine Authenticator-App oder einen Passkey ein. Das dauert etwa zwei Minuten, danach kommen Sie hierher zurück.
passkey-set-up-next = Fügen Sie in Ihrem Konto einen Passkey hinzu: Ihr Smartphone oder Computer bestätigt dann per Fingerabdruck, Gesicht oder PIN, dass Sie es sind. Das dauert etwa eine Minute, danach kommen Sie hierher zurück.
passkey-instead-of-app = Codes einer Authenticator-App reichen hier nicht aus.
mfa-confirm-now = Jetzt bestätigen
passkey-confirm-now = Mit Passkey bestätigen
mfa-set-up = Zwei-Faktor-Authentifizierung einrichten
passkey-set-up = Passkey hinzufügen
confirm-second-factor = Sie haben sich ohne zweiten Faktor angemeldet. Bestätigen Sie jetzt mit ihm, um fortzufahren.
joined-one-more-step = Sie sind { $name } beigetreten. Es fehlt noch ein Schritt.

# The banner of the grace period
mfa-grace-banner = Richten Sie bis zum { $date } die Zwei-Faktor-Authentifizierung ein. Danach lässt sich { $name } nur noch mit ihr öffnen.
passkey-grace-banner = Fügen Sie bis zum { $date } einen Passkey hinzu. Danach lässt sich { $name } nur noch damit öffnen.

# The invitation page
invitation-requires-mfa = { $name } verlangt die Zwei-Faktor-Authentifizierung. Falls Sie sie noch nicht eingerichtet haben, tun Sie das nach dem Beitritt: mit einer Authenticator-App oder einem Passkey, in etwa zwei Minuten.
invitation-requires-passkey = { $name } verlangt einen Passkey. Falls Sie noch keinen haben, fügen Sie ihn nach dem Beitritt hinzu: Ihr Smartphone oder Computer bestätigt, dass Sie es sind. Das dauert etwa eine Minute.
invitation-requires-mfa-later = { $name } verlangt ab dem { $date } die Zwei-Faktor-Authentifizierung. Sie können sie nach dem Beitritt einrichten.
invitation-requires-passkey-later = { $name } verlangt ab dem { $date } einen Passkey. Sie können ihn nach dem Beitritt hinzufügen.

# The settings
mfa-setting-explanation = Mitglieder bestätigen die Anmeldung zusätzlich zum Passwort mit etwas, das nur sie haben. Ein gestohlenes Passwort reicht dann nicht aus.
mfa-requirement = Was Mitglieder brauchen
mfa-not-required = Keinen zweiten Faktor
mfa-any-factor = Zwei-Faktor-Authentifizierung
mfa-any-factor-hint = Mit einer Authenticator-App oder einem Passkey.
mfa-passkey-only = Einen Passkey
mfa-passkey-only-hint = Am sichersten. Codes einer Authenticator-App reichen nicht aus, weil eine gefälschte Website sie abfragen kann.
mfa-grace-days = Tage, bis es gilt
mfa-grace-days-hint = Bis dahin werden Mitglieder erinnert, denen noch etwas fehlt. 0: Es gilt sofort.
mfa-grace-days-unchanged-hint = Zählt nur, wenn Sie mehr verlangen als bisher. Leer lassen, um das Datum beizubehalten. 0: Es gilt sofort.
mfa-applies-from = Erforderlich ab dem { $date }. Bis dahin werden Mitglieder erinnert, denen noch etwas fehlt.
mfa-applies-since = Erforderlich seit dem { $date }.
mfa-members-have-it =
    { $total ->
        [one] Eingerichtet: { $count } von { $total } Mitglied.
       *[other] Eingerichtet: { $count } von { $total } Mitgliedern.
    }
mfa-members-have-passkey =
    { $total ->
        [one] Mit Passkey: { $count } von { $total } Mitglied.
       *[other] Mit Passkey: { $count } von { $total } Mitgliedern.
    }
mfa-show-missing = Mitglieder ohne zweiten Faktor anzeigen
passkey-show-holders = Mitglieder mit Passkey anzeigen
mfa-confirm-own-first = Sie haben sich ohne zweiten Faktor angemeldet. Bestätigen Sie zuerst mit ihm, sonst würden Sie sich selbst aussperren.
mfa-set-up-own-first = Richten Sie die Zwei-Faktor-Authentifizierung zuerst für Ihr eigenes Konto ein, sonst würden Sie sich selbst aussperren.
passkey-set-up-own-first = Fügen Sie zuerst Ihrem eigenen Konto einen Passkey hinzu, sonst würden Sie sich selbst aussperren.
mfa-turn-on = Zwei-Faktor-Authentifizierung verlangen
mfa-turn-on-title = Zwei-Faktor-Authentifizierung in { $name } verlangen?
passkey-turn-on = Passkey verlangen
passkey-turn-on-title = Passkey in { $name } verlangen?
mfa-turn-off = Nicht mehr verlangen
mfa-turn-off-title = Zwei-Faktor-Authentifizierung in { $name } nicht mehr verlangen?
mfa-turn-off-warning = Mitglieder kommen dann mit ihrem Passwort oder einem Code per E-Mail allein hinein.
mfa-nobody-loses-access = Niemand verliert den Zugriff.
mfa-lose-access =
    { $count ->
        [one] { $count } Person würde den Zugriff verlieren, bis sie das nachholt.
       *[other] { $count } Personen würden den Zugriff verlieren, bis sie das nachholen.
    }
mfa-lose-access-later =
    { $count ->
        [one] { $count } Person hat dafür bis zum { $date } Zeit und würde danach den Zugriff verlieren.
       *[other] { $count } Personen haben dafür bis zum { $date } Zeit und würden danach den Zugriff verlieren.
    }
mfa-signed-in-without = Mitglieder, die das Verlangte eingerichtet, sich aber ohne zweiten Faktor angemeldet haben, müssen einmal damit bestätigen.
confirm-require-mfa = Sie möchten ändern, welche Zwei-Faktor-Authentifizierung von Mitgliedern verlangt wird. Bestätigen Sie mit Ihrem eigenen zweiten Faktor, damit Sie sich nicht selbst aussperren.
flash-mfa-required = Gespeichert. Die Zwei-Faktor-Authentifizierung ist erforderlich.
flash-mfa-not-required = Gespeichert. Die Zwei-Faktor-Authentifizierung ist nicht mehr erforderlich.

# The list of members
mfa-column = Zweiter Faktor
mfa-any-state = Zweiter Faktor: alle
mfa-is-set-up = Zweiter Faktor: eingerichtet
mfa-is-missing = Zweiter Faktor: fehlt
mfa-has-passkey = Zweiter Faktor: Passkey
mfa-missing = Nicht eingerichtet
mfa-authenticator = Authenticator-App
mfa-passkey = Passkey
