## Webhooks: the endpoints of an organization, and what was delivered to them

webhooks = Webhooks
webhooks-explanation = When something happens in this organization, we send a POST request to the URLs below.
no-webhooks-title = No endpoints yet
no-webhooks = Add the URL of your server. We notify it when, for example, a member joins or an invitation is accepted.
webhook-limit-reached = An organization can have { $count } endpoints. Delete one to add another.
webhook-add = Add endpoint
webhook-edit = Edit endpoint
webhook-url = URL
webhook-url-hint = An https URL that can be reached from the internet.
webhook-description = Description (optional)
webhook-description-hint = What it is for, such as the name of the system behind it.
webhook-events = Events
webhook-all-events = All events
webhook-all-events-hint = Also those that we add later.
webhook-some-events = Only these events:
webhook-events-count =
    { $count ->
        [one] { $count } event
       *[other] { $count } events
    }
webhook-ordered = Deliver in order
webhook-ordered-hint = One event at a time, in the order in which they happened. If a delivery fails, those after it wait until it succeeds or is given up.
webhook-last-delivery = Last delivery
webhook-nothing-sent = Nothing sent yet

## Why a field of the form was refused

webhook-url-missing = Enter a URL.
webhook-url-not-https = Enter a whole URL that begins with https://.
webhook-url-has-credentials = Remove the user name and password. Verify the signature of our requests instead.
webhook-url-has-fragment = Remove the # and everything after it.
webhook-url-not-public = This is not a public address. Enter a host that can be reached from the internet.
webhook-url-blocked-port = This port belongs to another protocol. Use 443 or another port.
webhook-url-too-long = Enter a URL of up to 2,000 characters.
webhook-url-invalid = This is not a valid URL. Enter one such as https://example.com/webhooks.
webhook-description-error = Use up to 200 characters in one line.
webhook-events-missing = Select at least one event, or all events.

## The secret, which is shown once

webhook-added = Endpoint added
webhook-rotated = Signing secret replaced
webhook-secret = Signing secret
webhook-secret-once = Copy the signing secret now, and store it safely. You won't be able to see it again.
webhook-copy-secret = Copy secret
webhook-to-endpoint = Continue to the endpoint
webhook-verify-title = Verify our requests
webhook-verify = We sign every request with this secret, as Standard Webhooks specifies. Verify the signature with a Standard Webhooks library for your language, over the body exactly as you received it, and ignore requests without a valid one.
webhook-guide = Read the guide on webhooks
webhook-previous-secret-until = The previous secret remains valid until { $date }. Until then, we sign with both.

## States

webhook-enabled = Enabled
webhook-disabled = Disabled
webhook-failing = Failing
webhook-failing-since = Every attempt since { $date } has failed. After five days without a success, we disable the endpoint.
webhook-disabled-manual = Disabled on { $date }. Deliveries that were waiting are sent once you enable it; events that happen meanwhile are not.
webhook-disabled-gone = Disabled on { $date } because the receiver answered 410 Gone. Deliveries that were waiting are sent once you enable it; events that happen meanwhile are not.
webhook-disabled-failing = Disabled on { $date } after five days without a successful delivery. Deliveries that were waiting are sent once you enable it; events that happen meanwhile are not.
webhook-reason-since = since { $date }
webhook-reason-manual = by a member or the operator
webhook-reason-gone = The receiver answered 410 Gone
webhook-reason-failing = Five days without success
webhook-waiting = Waiting
webhook-retrying = Retrying
webhook-delivered = Delivered
webhook-failed = Failed
webhook-cancelled = Cancelled
webhook-due = Now
webhook-once-enabled = Once the endpoint is enabled
webhook-error-blocked-address = The host has an address that is not public
webhook-error-name-not-found = The host name does not exist
webhook-error-lookup-failed = The host name could not be looked up
webhook-error-unreachable = The server could not be reached
webhook-error-connection-lost = The connection was lost
webhook-error-tls-failed = The TLS certificate is not valid, or the handshake failed
webhook-error-timeout = No answer within 15 seconds
webhook-error-invalid-response = The answer was not valid HTTP
webhook-error-url-not-allowed = The URL is no longer allowed
webhook-error-internal = Error on our side

## The page of an endpoint

webhook-order = Order
webhook-order-strict = In the order of the events
webhook-order-none = As soon as possible, in no particular order
webhook-send-test = Send test event
webhook-enable = Enable endpoint
webhook-disable = Disable endpoint
webhook-disable-hint = Deliveries that are waiting are sent once you enable it again. Events that happen meanwhile are not.
webhook-rotate = Replace secret
webhook-rotate-hint = If the secret may have leaked, or as often as your policy requires.
webhook-rotate-title = Replace the signing secret?
webhook-rotation-at-once = The current secret stops working immediately. Requests fail until the receiver has the new one.
webhook-rotation-until = We sign with both secrets until { $date }. Change the secret of the receiver before then.
webhook-grace = Current secret
webhook-grace-none = ends immediately
webhook-grace-hours =
    { $count ->
        [one] stays valid for { $count } hour
       *[other] stays valid for { $count } hours
    }
webhook-grace-days =
    { $count ->
        [one] stays valid for { $count } day
       *[other] stays valid for { $count } days
    }
webhook-delete = Delete endpoint
webhook-delete-title = Delete { $url }?
webhook-delete-warning = Nothing more is sent to it, and its deliveries are deleted.

## Deliveries

webhook-deliveries = Deliveries
webhook-event = Event
webhook-any-state = Any status
webhook-attempts = Attempts
webhook-time = Time
webhook-newest = Newest
webhook-older = Older
webhook-retention =
    { $days ->
        [one] Deliveries are kept for { $days } day.
       *[other] Deliveries are kept for { $days } days.
    }
no-deliveries-title = Nothing has been sent yet
no-deliveries = Send a test event to check that your server receives it.
no-deliveries-found = No deliveries match
webhook-replay-heading = Send the deliveries of a period again
webhook-replay-explanation = For example, after an outage of your server. Your server gets the same requests, with the same ids.
webhook-replay-from = Events from (UTC)
webhook-replay-to = Until (UTC; empty for now)
webhook-replay-only-failed = Only those that failed
webhook-replay = Send again
webhook-replay-error = Enter a start, and an end that is later or empty.
webhook-replay-title = Send these deliveries again?
webhook-replay-failed-between = Failed deliveries of events from { $from } until { $to }.
webhook-replay-all-between = All deliveries of events from { $from } until { $to }, also those that succeeded.
webhook-replay-until-now = now
webhook-replay-warning = At most 10,000 are sent at once, oldest first.

## The page of a delivery

webhook-send-again = Send again
webhook-cancel-delivery = Cancel delivery
webhook-message-id = Message id
webhook-sequence = Sequence number
webhook-attempt = Attempt
webhook-outcome = Result
webhook-duration = Duration
webhook-milliseconds = { $count } ms
webhook-no-attempts = No attempt yet.
webhook-last-attempts = The last { $shown } of { $count } attempts.
webhook-body = Body

## Messages

flash-webhook-enabled = Endpoint enabled. Waiting deliveries are sent now.
flash-webhook-disabled = Endpoint disabled.
flash-webhook-deleted = Endpoint deleted.
flash-webhook-test-sent = Test event sent. Reload this page to see the result.
flash-webhook-sent-again = The delivery is sent again.
flash-webhook-being-sent = The delivery is already being sent. Try again if it fails.
flash-webhook-delivery-cancelled = Delivery cancelled.
flash-webhooks-replayed =
    { $count ->
        [0] No deliveries in this period to send again.
        [one] { $count } delivery is sent again.
       *[other] { $count } deliveries are sent again.
    }
flash-webhooks-replayed-most = { $count } deliveries are sent again, the most possible at once. Choose a later start for the rest.
