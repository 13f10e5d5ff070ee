"""Verifies messages with PyPI's `standardwebhooks`: one message a line in, `true` or `false` a line out."""

import base64
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(base64.b64decode(message["body"]), message["headers"])
        print("true")
    except WebhookVerificationError:
        print("false")
