## Turning a kind of notification off. The topics complete a sentence.

notifications-stop-title = Turn these emails off?
notifications-stop-explanation = You will get no more emails when { $topic }. You can turn them on again in your account.
notifications-stopped = You will get no more emails when { $topic }.
notifications-join-requests = someone asks to join an organization whose members you manage
notifications-request-answers = a request of yours is approved or denied
notifications-invitation-answers = someone accepts or declines your invitation
notifications-webhook-failures = a webhook endpoint is disabled in an organization that you manage
