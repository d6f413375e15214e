## The email domains of an organization

delete-domain = Delete { $domain }
delete-domain-title = Delete { $domain }?
delete-domain-warning = Nobody can join with an address at this domain any more. Members who joined with one stay. You can add and verify the domain again.
