"""Reads messages with Python's own parser, which raises on any defect.

The input is a JSON list of messages in base64, the output one of what each holds.
"""

import base64
import email
import json
import sys
from email import policy

strict = policy.SMTP.clone(raise_on_defect=True)


def read(encoded):
    message = email.message_from_bytes(base64.b64decode(encoded), policy=strict)
    parts = {part.get_content_type(): part.get_content().replace("\r\n", "\n")
             for part in message.walk() if not part.is_multipart()}
    to = message["To"].addresses[0]
    return {
        "subject": str(message["Subject"]),
        "to": [to.display_name, to.addr_spec],
        "message_id": str(message["Message-ID"]),
        "date": message["Date"].datetime.isoformat(),
        "parts": parts,
        "defects": [str(defect) for defect in message.defects],
    }


print(json.dumps([read(message) for message in json.load(sys.stdin)]))
