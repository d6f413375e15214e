## Requests to join an organization

join-requests = Requests
requested-by-domain = wants to join with an address at one of your domains
requested-renewal = asks for a new invitation because theirs expired
requested-after-revocation = asks for a new invitation because theirs was revoked
requested-after-decline = asks for a new invitation after declining one
requested-while-suspended = asks for a new invitation because theirs is on hold
approved-without-mail = No email reaches these people. Copy their link and pass it on.
requested-for-other-address = asks to be invited at this address instead
approve = Approve
deny = Deny
join-requests-explanation = People learn your answer by email.
no-join-requests = No pending requests
no-join-requests-explanation = People can ask to join with an address at one of your verified domains, or ask for a new invitation when theirs no longer works.
requester = Person
reason = Reason
requested-at = Requested
approve-request = Approve the request of { $name }
deny-request = Deny the request of { $name }
selected-requests = Selected requests
approve-selected = Approve the selected requests
deny-selected = Deny the selected requests
requests-decided =
    { $count ->
        [0] Nothing was changed. See the reason at each request.
        [one] { $count } request was answered. The others could not be: see the reason at each.
       *[other] { $count } requests were answered. The others could not be: see the reason at each.
    }
range-of = { $from }–{ $to } of { $total }
search-requests = Search requests by name or address
no-requests-found = No requests match.
request-approved = Approved
request-denied = Denied
answered-at = Answered
requests-count =
    { $count ->
        [one] { $count } request
       *[other] { $count } requests
    }
requests-more-than = More than { $count } requests
flash-approved-count =
    { $count ->
        [one] { $count } request approved.
       *[other] { $count } requests approved.
    }
flash-denied-count =
    { $count ->
        [one] { $count } request denied.
       *[other] { $count } requests denied.
    }
flash-none-selected = Select at least one request first.
