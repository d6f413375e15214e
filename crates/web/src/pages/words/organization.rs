//! Phrases of the list of organizations and of the pages of one organization.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    organizations(): "Organizations", "Organisationen";
    organization(): "Organization", "Organisation";
    your_invitations(): "Invitations to you", "Einladungen an Sie";
    ownership_offers(): "Offered to you", "Ihnen angeboten";
    accept_ownership(): "Take over", "Übernehmen";
    your_organizations(): "Your organizations", "Ihre Organisationen";
    no_organizations(): "You are in no organization yet. Found one below, or have somebody invite you.", "Sie sind noch in keiner Organisation. Gründen Sie unten eine, oder lassen Sie sich einladen.";
    network_not_allowed(): "not from here", "nicht von hier aus";
    joinable_organizations(): "Open to you", "Offen für Sie";
    joinable_by_domain(domain): "By your address of {domain}", "Durch Ihre Adresse bei {domain}";
    join_by_domain(): "Come in", "Hineingehen";
    deleted_organizations(): "Deleted", "Gelöscht";
    permanently_deleted(): "Erased for good", "Endgültig gelöscht";
    restore(): "Bring back", "Zurückholen";
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
    search_members(): "Name or address", "Name oder Adresse";
    no_members_found(): "Nobody is found by that.", "Damit ist niemand zu finden.";
    person(): "Person", "Person";
    since(): "Since", "Seit";
    seats(used, reserved, free): "{used} seats taken, {reserved} held by invitations, {free} free", "{used} Plätze belegt, {reserved} durch Einladungen gehalten, {free} frei";
    revoke_role(): "Take it away", "Entziehen";
    add_role(): "One more role", "Noch eine Rolle";
    assign_role(): "Give", "Geben";
    offer_ownership(): "Offer the organization", "Die Organisation anbieten";
    offer_ownership_to(name): "Offer the organization to {name}", "{name} die Organisation anbieten";
    offer_ownership_explanation(): "If they accept, they answer for the organization from then on, and you stay as a plain member. Nothing changes before, and you can withdraw the offer.", "Bei Annahme trägt diese Person von da an die Verantwortung, und Sie bleiben als einfaches Mitglied. Bis dahin ändert sich nichts, und Sie können das Angebot zurückziehen.";
    remove_member(name): "Remove {name}", "{name} entfernen";
    remove_member_warning(): "They lose all access to the organization and its workspaces at once, and get a mail. You can invite them again.", "Der Zugang zur Organisation und ihren Arbeitsbereichen endet sofort, und es geht eine Mail hinaus. Sie können die Person wieder einladen.";

    invitations(): "Invitations", "Einladungen";
    invite_people(): "Invite people", "Leute einladen";
    emails_hint(): "One, or many with commas or line ends between them", "Eine, oder viele mit Kommas oder Zeilenenden dazwischen";
    email_address(): "E-mail address", "E-Mail-Adresse";
    expiry_days(): "Days", "Tage";
    preview_title(): "What would be done", "Was geschehen würde";
    preview_summary(good, wrong): "Good: {good}. Not possible: {wrong}. Nothing has been sent yet.", "Gut: {good}. Nicht möglich: {wrong}. Noch ist nichts verschickt.";
    rejected_addresses(): "Not invited, and why", "Nicht eingeladen, und warum";
    invite_count(count): "Invite {count}", "{count} einladen";
    no_invitations(): "Nobody here. Whom you invite above stands here until they have come in.", "Niemand hier. Wen Sie oben einladen, der steht hier, bis er da ist.";
    status(): "State", "Stand";
    status_open(): "Not come in yet", "Noch nicht da";
    status_pending(): "Waiting", "Wartet";
    status_expired(): "Run out", "Abgelaufen";
    revoke_them_too(): "Revoke them instead", "Stattdessen widerrufen";
    status_suspended(): "Suspended", "Ausgesetzt";
    status_accepted(): "Accepted", "Angenommen";
    status_declined(): "Declined", "Abgelehnt";
    status_discarded(): "Taken back", "Zurückgezogen";
    status_all(): "All", "Alle";
    delivery(): "Mail", "Mail";
    delivery_queued(): "On its way", "Unterwegs";
    delivery_sent(): "Sent", "Verschickt";
    delivery_deferred(): "Put off", "Aufgeschoben";
    delivery_failed(): "Refused", "Abgewiesen";
    delivery_bounced(): "Came back", "Zurückgekommen";
    delivery_not_sent(): "Not sent", "Nicht verschickt";
    next_attempt(): "Next try", "Nächster Versuch";
    by_inviter(name): "by {name}", "von {name}";
    by_former_member(): "by somebody who has left", "von jemandem, der gegangen ist";
    resend(): "Send again", "Erneut senden";
    copy_link(): "Copy link", "Link kopieren";
    discard(): "Take back", "Zurückziehen";
    discard_warning(): "Every link of this invitation is dead at once. You can invite them anew.", "Alle Links dieser Einladung sind sofort wertlos. Sie können neu einladen.";

    roles(): "Roles", "Rollen";
    role(): "Role", "Rolle";
    shared_role(): "of all organizations", "aller Organisationen";
    replacement_role(): "Members with this role get instead", "Mitglieder mit dieser Rolle erhalten stattdessen";
    new_role(): "One more role", "Noch eine Rolle";
    permissions(): "Permissions", "Rechte";
    permissions_hint(): "One a line, such as organization:manage_members", "Eines pro Zeile, etwa organization:manage_members";

    workspaces(): "Workspaces", "Arbeitsbereiche";
    workspace(): "Workspace", "Arbeitsbereich";
    no_workspaces(): "You are in no workspace here yet.", "Sie sind hier noch in keinem Arbeitsbereich.";
    new_workspace(): "One more workspace", "Noch ein Arbeitsbereich";
    add_workspace_member(): "Add a member of the organization by address", "Ein Mitglied der Organisation nach Adresse hinzufügen";
    remove_workspace_member_warning(): "They lose access to this workspace at once, and stay in the organization. You can add them again.", "Der Zugang zu diesem Arbeitsbereich endet sofort; die Person bleibt in der Organisation. Sie können sie wieder hinzufügen.";
    leave(): "Leave", "Verlassen";
    leave_organization_warning(): "You lose all access to the organization and its workspaces at once. Only somebody there can invite you again.", "Ihr Zugang zur Organisation und ihren Arbeitsbereichen endet sofort. Nur jemand dort kann Sie wieder einladen.";
    leave_workspace_warning(): "You lose access to this workspace at once. Somebody there can add you again.", "Ihr Zugang zu diesem Arbeitsbereich endet sofort. Jemand dort kann Sie wieder hinzufügen.";
    delete_workspace(): "Delete the workspace", "Den Arbeitsbereich löschen";
    delete_workspace_warning(): "The workspace and everybody's access to it are gone at once. Pending invitations to it are revoked. This cannot be taken back.", "Der Arbeitsbereich und aller Zugang dazu sind sofort weg. Ausstehende Einladungen dorthin werden widerrufen. Das lässt sich nicht zurücknehmen.";

    domains(): "Domains", "Domains";
    domain(): "Domain", "Domain";
    no_domains(): "No domains yet. After you verify a domain, people with an address of it can join without an invitation, if you allow it.", "Noch keine Domains. Nach der Bestätigung einer Domain können Personen mit einer Adresse dieser Domain ohne Einladung beitreten, wenn Sie es erlauben.";
    new_domain(): "One more domain", "Noch eine Domain";
    txt_record_explanation(): "Set this TXT record in the domain's DNS, then verify. It may take an hour to be seen everywhere.", "Setzen Sie diesen TXT-Eintrag im DNS der Domain, dann bestätigen Sie. Es kann eine Stunde dauern, bis er überall zu sehen ist.";
    join_policy(): "Who has an address of this domain", "Wer eine Adresse dieser Domain hat";
    join_policy_none(): "has to be invited", "muss eingeladen werden";
    join_policy_request(): "may ask to come in", "darf um Einlass bitten";
    join_policy_join(): "may come in", "darf hereinkommen";
    join_policy_auto(): "comes in when signing in", "kommt beim Anmelden herein";
    delete_domain(domain): "Delete {domain}", "{domain} löschen";
    delete_domain_warning(): "Nobody can join through this domain any more. Members who joined through it stay. You can add and verify it again.", "Niemand kann mehr über diese Domain beitreten. Mitglieder, die darüber beigetreten sind, bleiben. Sie können die Domain wieder hinzufügen und bestätigen.";

    join_requests(): "Requests", "Anfragen";
    no_join_requests(): "Nobody asks to come in.", "Niemand bittet um Einlass.";
    requested_by_domain(): "asks by an address of a domain of yours", "bittet durch eine Adresse Ihrer Domain";
    requested_renewal(): "asks for a new invitation, since theirs ran out", "bittet um eine neue Einladung, weil die alte abgelaufen ist";
    requested_for_other_address(): "asks to be invited by this address instead", "bittet, unter dieser Adresse eingeladen zu werden";
    approve(): "Yes", "Ja";
    deny(): "No", "Nein";

    settings(): "Settings", "Einstellungen";
    withdraw_ownership_offer(): "Withdraw an offer of the organization", "Ein Angebot der Organisation zurückziehen";
    delete_organization(): "Delete the organization", "Die Organisation löschen";
    delete_organization_warning(days): "It is hidden from everybody at once, and erased for good after {days} days. Until then you can bring it back from your list of organizations.", "Sie ist sofort für alle verborgen und nach {days} Tagen endgültig gelöscht. Bis dahin können Sie sie aus Ihrer Liste der Organisationen zurückholen.";
}
