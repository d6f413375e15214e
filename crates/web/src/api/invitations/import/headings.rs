//! The headings by which spreadsheets name a column.

use vestibule_core::search;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    Role,
    Workspace,
    WorkspaceRole,
}

impl Column {
    /// Recognizes a heading, in the languages in which spreadsheets and mail programs export addresses.
    pub(super) fn from_heading(heading: &str) -> Option<Self> {
        let heading = normalize(heading);
        let heading = heading.as_str();
        let columns = [
            (Self::Email, EMAIL),
            (Self::Role, &["roleid", "role", "rollenid", "rolle", "rol", "ruolo", "papel", "funcao"][..]),
            (Self::Workspace, &["workspaceid", "workspace", "arbeitsbereich", "espacedetravail"]),
            (Self::WorkspaceRole, &["workspaceroleid", "workspacerole", "arbeitsbereichsrolle"]),
        ];
        columns.into_iter().find(|(_, names)| names.contains(&heading)).map(|(column, _)| column)
    }

    /// Whether a heading looks like that of addresses, such as `Work e-mail` or `E-Mail (geschäftlich)`. It counts if
    /// no column has an exact heading.
    pub(super) fn is_like_email(heading: &str) -> bool {
        let heading = normalize(heading);
        ["email", "courriel", "epost"].iter().any(|word| heading.starts_with(word) || heading.ends_with(word))
    }
}

const EMAIL: &[&str] = &[
    // English
    "email",
    "emails",
    "mail",
    "emailaddress",
    "emailaddresses",
    "mailaddress",
    "emailid",
    "primaryemail",
    "workemail",
    "userprincipalname",
    // Google Contacts and Google Workspace
    "email1value",
    "emailaddressrequired",
    // German
    "emailadresse",
    "emailadressen",
    "mailadresse",
    "mailadressen",
    // French
    "courriel",
    "mel",
    "adresseemail",
    "adressemail",
    "adressecourriel",
    "adresseelectronique",
    "adressedemessagerie",
    "adressedecourriel",
    // Spanish
    "correo",
    "correoelectronico",
    "direcciondecorreo",
    "direcciondecorreoelectronico",
    "direcciondeemail",
    // Italian
    "indirizzoemail",
    "indirizzomail",
    "postaelettronica",
    "indirizzodipostaelettronica",
    // Dutch
    "emailadres",
    "mailadres",
    // Portuguese
    "enderecodeemail",
    "enderecoeletronico",
    "enderecodecorreioeletronico",
    "correioeletronico",
    // Danish, Norwegian, Swedish
    "epost",
    "epostadress",
    "epostadresse",
    "emailadress",
    // Polish
    "adresemail",
];

/// Letters and digits only, in lower case and without accents: `E‑Mail-Adresse` and `e_mail adresse` are the same.
fn normalize(heading: &str) -> String {
    search::fold(heading).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_usual_headings() {
        for heading in [
            "email",
            "E-Mail",
            " e-mail ",
            "E-MAIL ADDRESS",
            "E_Mail-Adresse",
            "E\u{2011}Mail",
            "Adresse e-mail",
            "Adresse électronique",
            "adresse e\u{301}lectronique",
            "Courriel",
            "Mél.",
            "Correo electrónico",
            "Indirizzo e-mail",
            "E-mailadres",
            "Endereço de e-mail",
            "Email Address [Required]",
            "E-mail 1 - Value",
        ] {
            assert_eq!(Column::from_heading(heading), Some(Column::Email), "{heading}");
        }
        assert_eq!(Column::from_heading("role_id"), Some(Column::Role));
        assert_eq!(Column::from_heading("Rôle"), Some(Column::Role));
        assert_eq!(Column::from_heading("workspace-role-id"), Some(Column::WorkspaceRole));
        for heading in ["", "Name", "Vorname", "Adresse", "nina@t.example", "e-mail opt-in", "Mailing"] {
            assert_eq!(Column::from_heading(heading), None, "{heading}");
        }
        assert!(Column::is_like_email("E-Mail (geschäftlich)") && Column::is_like_email("Work e-mail"));
        assert!(!Column::is_like_email("Vorname"));
    }
}
