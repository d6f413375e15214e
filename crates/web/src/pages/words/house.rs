//! The words inside an organization.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    organizations(): "Organizations", "Organisationen";
    organization(): "Organization", "Organisation";
    my_invitations(): "Invitations to you", "Einladungen an Sie";
    offered_to_me(): "Offered to you", "Ihnen angeboten";
    take_over(): "Take over", "Übernehmen";
    my_organizations(): "Your organizations", "Ihre Organisationen";
    no_organizations(): "You are in no organization yet. Found one below, or have somebody invite you.", "Sie sind noch in keiner Organisation. Gründen Sie unten eine, oder lassen Sie sich einladen.";
    not_from_here(): "not from here", "nicht von hier aus";
    open_to_me(): "Open to you", "Offen für Sie";
    by_domain(domain): "By your address of {domain}", "Durch Ihre Adresse bei {domain}";
    come_in_or_ask(): "Come in", "Hineingehen";
    deleted_organizations(): "Deleted", "Gelöscht";
    erased(): "Erased for good", "Endgültig gelöscht";
    bring_back(): "Bring back", "Zurückholen";
    new_organization(): "Found an organization", "Eine Organisation gründen";
    name(): "Name", "Name";
    create(): "Create", "Anlegen";
    save(): "Save", "Speichern";
    add(): "Add", "Hinzufügen";
    remove(): "Remove", "Entfernen";
    delete(): "Delete", "Löschen";
    change(): "Change", "Ändern";
    search(): "Search", "Suchen";
    none(): "None", "Keine";
    next_page(): "Next page", "Nächste Seite";
    actions(): "Actions", "Aktionen";
    copy(): "Copy", "Kopieren";
    copied(): "Copied", "Kopiert";
    value(): "Value", "Wert";
    description(): "Description", "Beschreibung";

    members(): "Members", "Mitglieder";
    search_people(): "Name or address", "Name oder Adresse";
    nobody_found(): "Nobody is found by that.", "Damit ist niemand zu finden.";
    person(): "Person", "Person";
    since(): "Since", "Seit";
    seats(used, held, free): "{used} seats taken, {held} held by invitations, {free} free", "{used} Plätze belegt, {held} durch Einladungen gehalten, {free} frei";
    take_role(): "Take it away", "Entziehen";
    give_role(): "One more role", "Noch eine Rolle";
    give(): "Give", "Geben";
    hand_over(): "Offer the organization", "Die Organisation anbieten";
    hand_over_to(name): "Offer the organization to {name}", "{name} die Organisation anbieten";
    hand_over_words(): "If they accept, they answer for the organization from then on, and you stay as a plain member. Nothing changes before, and you can withdraw the offer.", "Bei Annahme trägt diese Person von da an die Verantwortung, und Sie bleiben als einfaches Mitglied. Bis dahin ändert sich nichts, und Sie können das Angebot zurückziehen.";
    remove_member(name): "Remove {name}", "{name} entfernen";
    remove_member_words(): "They lose all access to the organization and its workspaces at once, and get a mail. You can invite them again.", "Der Zugang zur Organisation und ihren Arbeitsbereichen endet sofort, und es geht eine Mail hinaus. Sie können die Person wieder einladen.";

    invitations(): "Invitations", "Einladungen";
    invite_people(): "Invite people", "Leute einladen";
    one_or_many(): "One, or many with commas or line ends between them", "Eine, oder viele mit Kommas oder Zeilenenden dazwischen";
    address(): "E-mail address", "E-Mail-Adresse";
    days(): "Days", "Tage";
    preview(): "What would be done", "Was geschehen würde";
    preview_words(good, wrong): "Good: {good}. Not possible: {wrong}. Nothing has been sent yet.", "Gut: {good}. Nicht möglich: {wrong}. Noch ist nichts verschickt.";
    not_invited(): "Not invited, and why", "Nicht eingeladen, und warum";
    invite_so_many(count): "Invite {count}", "{count} einladen";
    nobody_invited(): "Nobody here. Whom you invite above stands here until they have come in.", "Niemand hier. Wen Sie oben einladen, der steht hier, bis er da ist.";
    state(): "State", "Stand";
    state_open(): "Not come in yet", "Noch nicht da";
    state_waiting(): "Waiting", "Wartet";
    state_expired(): "Run out", "Abgelaufen";
    state_suspended(): "Suspended", "Ausgesetzt";
    state_accepted(): "Accepted", "Angenommen";
    state_declined(): "Declined", "Abgelehnt";
    state_discarded(): "Taken back", "Zurückgezogen";
    state_all(): "All", "Alle";
    mail(): "Mail", "Mail";
    mail_queued(): "On its way", "Unterwegs";
    mail_sent(): "Sent", "Verschickt";
    mail_deferred(): "Put off", "Aufgeschoben";
    mail_failed(): "Refused", "Abgewiesen";
    mail_bounced(): "Came back", "Zurückgekommen";
    mail_not_sent(): "Not sent", "Nicht verschickt";
    next_try(): "Next try", "Nächster Versuch";
    by(name): "by {name}", "von {name}";
    inviter_gone(): "by somebody who has left", "von jemandem, der gegangen ist";
    resend(): "Send again", "Erneut senden";
    copy_link(): "Copy link", "Link kopieren";
    discard(): "Take back", "Zurückziehen";
    discard_words(): "Every link of this invitation is dead at once. You can invite them anew.", "Alle Links dieser Einladung sind sofort wertlos. Sie können neu einladen.";

    roles(): "Roles", "Rollen";
    role(): "Role", "Rolle";
    of_everybody(): "of all organizations", "aller Organisationen";
    replaced_by(): "Whoever has it gets instead", "Wer sie hat, bekommt stattdessen";
    new_role(): "One more role", "Noch eine Rolle";
    permissions(): "Permissions", "Rechte";
    one_a_line(): "One a line, such as organization:manage_members", "Eines pro Zeile, etwa organization:manage_members";

    workspaces(): "Workspaces", "Arbeitsbereiche";
    workspace(): "Workspace", "Arbeitsbereich";
    no_workspaces(): "You are in no workspace here yet.", "Sie sind hier noch in keinem Arbeitsbereich.";
    new_workspace(): "One more workspace", "Noch ein Arbeitsbereich";
    add_colleague(): "Add a member of the organization by address", "Ein Mitglied der Organisation nach Adresse hinzufügen";
    remove_roommate_words(): "They lose access to this workspace at once, and stay in the organization. You can add them again.", "Der Zugang zu diesem Arbeitsbereich endet sofort; die Person bleibt in der Organisation. Sie können sie wieder hinzufügen.";
    leave(): "Leave", "Verlassen";
    leave_words(): "You lose all access to the organization and its workspaces at once. Only somebody there can invite you again.", "Ihr Zugang zur Organisation und ihren Arbeitsbereichen endet sofort. Nur jemand dort kann Sie wieder einladen.";
    leave_workspace_words(): "You lose access to this workspace at once. Somebody there can add you again.", "Ihr Zugang zu diesem Arbeitsbereich endet sofort. Jemand dort kann Sie wieder hinzufügen.";
    delete_workspace(): "Delete the workspace", "Den Arbeitsbereich löschen";
    delete_workspace_words(): "The workspace and everybody's access to it are gone at once. This cannot be taken back.", "Der Arbeitsbereich und aller Zugang dazu sind sofort weg. Das lässt sich nicht zurücknehmen.";

    domains(): "Domains", "Domains";
    domain(): "Domain", "Domain";
    no_domains(): "No domains yet. Whoever has an address of a domain that is proved to be yours can come in by themselves, as you choose.", "Noch keine Domains. Wer eine Adresse einer Domain hat, die nachweislich Ihnen gehört, kann von selbst hereinkommen, wie Sie es wählen.";
    new_domain(): "One more domain", "Noch eine Domain";
    txt_record(): "Set this TXT record in the domain's DNS, then verify. It may take an hour to be seen everywhere.", "Setzen Sie diesen TXT-Eintrag im DNS der Domain, dann bestätigen Sie. Es kann eine Stunde dauern, bis er überall zu sehen ist.";
    joining(): "Who has an address of this domain", "Wer eine Adresse dieser Domain hat";
    joining_none(): "has to be invited", "muss eingeladen werden";
    joining_request(): "may ask to come in", "darf um Einlass bitten";
    joining_join(): "may come in", "darf hereinkommen";
    joining_auto(): "comes in when signing in", "kommt beim Anmelden herein";
    delete_domain(domain): "Delete {domain}", "{domain} löschen";
    delete_domain_words(): "Nobody comes in by this domain any more; whoever came stays. You can add and verify it again.", "Niemand kommt mehr durch diese Domain herein; wer kam, bleibt. Sie können sie wieder hinzufügen und bestätigen.";

    requests(): "Requests", "Anfragen";
    no_requests(): "Nobody asks to come in.", "Niemand bittet um Einlass.";
    asks_by_domain(): "asks by an address of a domain of yours", "bittet durch eine Adresse Ihrer Domain";
    asks_for_new_invitation(): "asks for a new invitation, since theirs ran out", "bittet um eine neue Einladung, weil die alte abgelaufen ist";
    asks_by_other_address(): "asks to be invited by this address instead", "bittet, unter dieser Adresse eingeladen zu werden";
    approve(): "Yes", "Ja";
    deny(): "No", "Nein";

    settings(): "Settings", "Einstellungen";
    withdraw_offer(): "Withdraw an offer of the organization", "Ein Angebot der Organisation zurückziehen";
    delete_organization(): "Delete the organization", "Die Organisation löschen";
    delete_organization_words(days): "It is hidden from everybody at once, and erased for good after {days} days. Until then you can bring it back from your list of organizations.", "Sie ist sofort für alle verborgen und nach {days} Tagen endgültig gelöscht. Bis dahin können Sie sie aus Ihrer Liste der Organisationen zurückholen.";

    told_joined(): "Welcome. You are in.", "Willkommen. Sie sind dabei.";
    told_created(): "It is there.", "Es ist angelegt.";
    told_saved(): "Saved.", "Gespeichert.";
    told_invited(): "Invited. Whether the mail has arrived stands below.", "Eingeladen. Ob die Mail angekommen ist, steht unten.";
    told_resent(): "Sent again. Older links are dead.", "Erneut verschickt. Ältere Links sind wertlos.";
    told_discarded(): "Taken back. Its links are dead.", "Zurückgezogen. Die Links sind wertlos.";
    told_removed(): "Removed.", "Entfernt.";
    told_offered(): "Offered. They get a mail, and decide.", "Angeboten. Die Person bekommt eine Mail und entscheidet.";
    told_withdrawn(): "The offer is withdrawn.", "Das Angebot ist zurückgezogen.";
    told_taken_over(): "The organization is yours now.", "Die Organisation gehört jetzt Ihnen.";
    told_declined(): "Declined.", "Abgelehnt.";
    told_approved(): "Said yes.", "Zugestimmt.";
    told_denied(): "Said no.", "Abgelehnt.";
    told_asked(): "They have been asked.", "Man ist gefragt.";
    told_left(): "You have left.", "Sie haben verlassen.";
    told_deleted(): "Deleted. It can be brought back below.", "Gelöscht. Unten können Sie sie zurückholen.";
    told_restored(): "It is back.", "Sie ist zurück.";
    told_verified(): "Verified.", "Bestätigt.";
    told_password_set(): "The password is set. Every other browser is signed out.", "Das Passwort ist gesetzt. Alle anderen Browser sind abgemeldet.";
    told_signed_out(): "You are signed out.", "Sie sind abgemeldet.";
    told_sent_again(): "Sent again. Only the newest code works.", "Noch einmal verschickt. Nur der neueste Code gilt.";
    told_account_deleted(): "Your account is deleted.", "Ihr Konto ist gelöscht.";
}
