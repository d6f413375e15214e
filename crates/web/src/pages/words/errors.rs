//! Error messages. A [`Problem`] has English messages; this file translates those that can appear on pages.

use vestibule_core::language::Language;
use vestibule_core::password_refusal::PasswordRefusal;
use vestibule_core::{Code, Problem};

use super::Words;

impl Words {
    /// Returns the messages of a problem, joined by spaces. A code without a translation falls back to English.
    pub(in super::super) fn problem(self, problem: &Problem) -> String {
        let message = |(code, english): (Code, &str)| match self.0 {
            // The messages of the API name its calls.
            _ if code == Code::ChallengeRequired => self.challenge_required_error(),
            _ if code == Code::ChallengeFailed => self.challenge_failed_error(),
            Language::German => match problem.password_refusal() {
                Some(refusal) => german_refusal(refusal),
                None => german(code).map_or_else(|| english.to_owned(), str::to_owned),
            },
            Language::English => english.to_owned(),
        };
        problem.errors().map(message).collect::<Vec<_>>().join(" ")
    }

    /// Returns the advice of an error page. Any problem of the API can appear there, so German has a sentence for each
    /// status.
    pub(in super::super) fn error_page_advice(self, problem: &Problem, public_url: &str) -> String {
        match problem.code() {
            Code::Forbidden => self.forbidden_advice(),
            Code::CrossSiteRequest => self.cross_site_advice(public_url),
            code if self.0 == Language::German && german(code).is_none() => german_status(code.status()).to_owned(),
            _ => self.problem(problem),
        }
    }
}

fn german_status(status: u16) -> &'static str {
    match status {
        401 => "Melden Sie sich zuerst an.",
        403 => "Das dürfen Sie nicht.",
        404 => "Diese Seite wurde nicht gefunden.",
        408 => "Die Anfrage kam nicht rechtzeitig an. Senden Sie sie noch einmal.",
        413 | 431 => "Das ist zu groß.",
        415 => "Dieses Format wird nicht unterstützt.",
        429 => "Zu viele Versuche. Warten Sie eine Weile.",
        503 => "Gerade geht das nicht. Versuchen Sie es gleich noch einmal.",
        500.. => "Etwas ist schiefgegangen. Versuchen Sie es später noch einmal.",
        _ => "Diese Anfrage lässt sich so nicht ausführen.",
    }
}

fn german_refusal(refusal: PasswordRefusal) -> String {
    let text = match refusal {
        PasswordRefusal::TooShort { min_length } => {
            return format!("Dieses Passwort ist zu kurz. Nehmen Sie mindestens {min_length} Zeichen.");
        }
        PasswordRefusal::TooLong { max_bytes } => {
            return format!("Dieses Passwort ist zu lang. Nehmen Sie höchstens {max_bytes} Bytes.");
        }
        PasswordRefusal::ControlCharacter => {
            "Dieses Passwort enthält einen Tabulator, einen Zeilenumbruch oder ein anderes Steuerzeichen. Entfernen Sie es."
        }
        PasswordRefusal::Common => {
            "Dieses Passwort gehört zu den häufigsten oder ist fast so wie eines davon. Wählen Sie ein anderes, etwa vier zufällige Wörter."
        }
        PasswordRefusal::Pattern => {
            "Dieses Passwort ist eine Folge oder wiederholt dieselben Zeichen und ist deshalb leicht zu erraten. Wählen Sie ein anderes, etwa vier zufällige Wörter."
        }
        PasswordRefusal::ContextWords => {
            "Dieses Passwort besteht nur aus Namen und Wörtern, die andere mit Ihnen, Ihrer Organisation oder diesem Dienst verbinden. Fügen Sie andere Wörter hinzu, oder wählen Sie ein anderes."
        }
        PasswordRefusal::Breached => {
            "Dieses Passwort ist bei einem Datenleck bekannt geworden, und Angreifer probieren es aus. Wählen Sie hier ein anderes, und ändern Sie es überall, wo Sie es noch verwenden."
        }
    };
    text.to_owned()
}

fn german(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::InvalidCredentials => "Das stimmt nicht. Prüfen Sie Adresse und Passwort.",
        Code::InvalidEmail => "Das ist keine E-Mail-Adresse, an die man schreiben kann.",
        Code::InvalidPassword => "Dieses Passwort ist zu kurz, zu lang oder leicht zu erraten. Wählen Sie ein anderes.",
        Code::InvalidUsername => {
            "Ein Benutzername hat 3 bis 32 Buchstaben a-z, Ziffern, Punkte, Striche und Unterstriche."
        }
        Code::RequiredField => "Ein Feld fehlt noch.",
        Code::TooManyRequests => "Zu viele Versuche. Warten Sie eine Weile.",
        Code::Busy => "Gerade ist viel los. Versuchen Sie es gleich noch einmal.",
        Code::UserDisabled => "Dieses Konto ist gesperrt. Fragen Sie die Betreiber.",
        Code::EmailExists => {
            "Zu dieser Adresse gibt es schon ein Konto. Melden Sie sich an, oder nehmen Sie eine andere."
        }
        Code::UsernameExists => "Diesen Benutzernamen hat schon jemand.",
        Code::ReauthenticationRequired => "Bestätigen Sie erst, dass Sie es sind.",
        Code::InvalidNoticeToken => {
            "Dieser Link gilt einmal und drei Tage lang. Setzen Sie ein neues Passwort, wenn Sie glauben, dass jemand anderes Ihr Konto benutzt."
        }
        Code::PasswordWrong => "Das jetzige Passwort stimmt nicht.",
        Code::BadSignInAttempt => {
            "Dieser Versuch ist vorbei oder begann in einem anderen Browser. Beginnen Sie von vorn."
        }
        Code::InvalidVerificationCode => "Das ist nicht der Code. Nehmen Sie die sechs Ziffern aus der neuesten Mail.",
        Code::VerificationCodeExpired => "Dieser Code gilt nicht mehr. Lassen Sie sich einen neuen senden.",
        Code::InvalidMagicLink => {
            "Dieser Link gilt einmal, fünf Minuten, und nur in dem Browser, der ihn angefordert hat. Fordern Sie einen neuen an, oder geben Sie dort den Code aus der Mail ein."
        }
        Code::InvalidResetToken => "Damit lässt sich kein Passwort mehr setzen. Fordern Sie einen neuen Code an.",
        Code::SignupRestricted | Code::SignupWaitlistOnly => "Konten gibt es hier nur auf Einladung.",
        Code::InvalidInvitationToken => "Dieser Einladungslink gilt nicht mehr. Bitten Sie um einen neuen.",
        Code::InvitationExpired => "Diese Einladung ist abgelaufen. Bitten Sie um eine neue.",
        Code::InvitationSuspended => {
            "Wer Sie eingeladen hat, darf das nicht mehr. Bitten Sie jemanden dort, die Einladung erneut zu senden."
        }
        Code::InvitationEmailMismatch => "Die Einladung gilt einer anderen Adresse.",
        Code::InvitationExists => "Diese Adresse ist schon eingeladen.",
        Code::AlreadyMember => "Diese Adresse gehört schon einem Mitglied.",
        Code::DuplicateRow => "Diese Adresse steht schon weiter oben.",
        Code::OrganizationFull => "In dieser Organisation ist kein Platz mehr frei.",
        Code::WorkspaceFull => "In diesem Arbeitsbereich ist kein Platz mehr frei.",
        Code::RoleExceedsYours => "Diese Rolle hat Rechte, die Sie selbst nicht haben.",
        Code::RoleLimit => "Mehr Rollen sind hier nicht möglich. Löschen Sie erst eine.",
        Code::RolesPerMember => "Mehr Rollen kann ein Mitglied nicht haben. Entfernen Sie erst eine.",
        Code::InvitationLimit => {
            "Diese Organisation hat so viele offene Einladungen, wie möglich sind. Widerrufen Sie erst einige."
        }
        Code::JoinRequestLimit => {
            "Diese Organisation hat so viele Beitrittsanfragen, wie möglich sind. Wenden Sie sich an jemanden, der sie verwaltet."
        }
        Code::RoleInUse => "Diese Rolle wird gebraucht. Wählen Sie, was sie ersetzt.",
        Code::LastAdmin => "Niemand sonst verwaltet hier. Machen Sie erst jemand anderen zum Admin.",
        Code::Forbidden => "Das dürfen Sie nicht.",
        Code::AddressNotAllowed => {
            "Diese Organisation lässt ihre Mitglieder nur von bestimmten Adressen aus herein, und Ihre gehört nicht dazu."
        }
        Code::TooManyRows => "Eine Liste hat höchstens tausend Zeilen.",
        Code::EmailNotVerified => "Diese Adresse ist noch nicht bestätigt.",
        Code::EmailIsPrimary => "Das ist Ihre Hauptadresse. Machen Sie erst eine andere dazu.",
        Code::TooManyAddresses => "Ein Konto hat höchstens zehn Adressen.",
        Code::DomainNotProved => "Der TXT-Eintrag ist nicht da, oder noch nicht.",
        Code::DomainTaken => "Eine andere Organisation hat diese Domain nachgewiesen.",
        Code::DomainIsPublic => "Bei dieser Domain kann jeder eine Adresse haben.",
        Code::InvalidDomain => "Das ist keine Domain. Schreiben Sie sie wie im DNS, etwa example.com.",
        Code::ImageUnreadable => "Das ist kein Bild, das sich lesen lässt. Nehmen Sie PNG, JPEG oder WebP.",
        Code::ImageTooLarge | Code::BodyTooLarge => "Das ist zu groß.",
        Code::RouteNotFound => "Diese Seite wurde nicht gefunden.",
        _ => return None,
    })
}
