## The email domains of an organization

domains = Domains
domain = Domain
no-domains = No domains yet. After you verify a domain, people with an address of it can join without an invitation, if you allow it.
new-domain = Add domain
txt-record-explanation = Add this TXT record to the domain's DNS, then verify it. It can take up to an hour until the record is visible.
join-policy = People with an address at this domain
join-policy-none = must be invited
join-policy-request = can request to join
join-policy-join = can join
join-policy-auto = join automatically when they sign in
delete-domain = Delete { $domain }
delete-domain-title = Delete { $domain }?
delete-domain-warning = Nobody can join with an address at this domain any more. Members who joined with one stay. You can add and verify the domain again.
domains-explanation = People with an address at a verified domain can join without an invitation, if you allow it.
no-domains-title = No domains yet
record-type = Type
copy-record-name = Copy the name of the record for { $domain }
copy-record-value = Copy the value of the record for { $domain }
verify-domain = Verify { $domain }
join-policy-hint = Applies once the domain is verified, to people who have verified their address.
flash-domain-added = Domain added. Verify it next.
flash-domain-verified = Domain verified.
flash-domain-deleted = Domain deleted.
