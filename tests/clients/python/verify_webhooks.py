"""Verifies webhooks with the package `standardwebhooks`: python verify_webhooks.py FILE.

The file has a JSON list of cases, each with the secret, the headers, the body in base64 and the time. Prints a list of
answers: {"accepted": PARSED_BODY} or {"refused": MESSAGE}.
"""

import base64
import json
import sys
from datetime import datetime, timezone

from standardwebhooks import webhooks


def at(seconds):
    """Returns the class whose time the package reads, with another time."""

    class FixedTime(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(seconds, tz or timezone.utc)

    return FixedTime


def verify(case):
    webhooks.datetime = at(case["now"])
    try:
        webhook = webhooks.Webhook(case["secret"])
        return {"accepted": webhook.verify(base64.b64decode(case["body"]), case["headers"])}
    except webhooks.WebhookVerificationError as error:
        return {"refused": str(error)}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([verify(case) for case in json.load(file)]))
