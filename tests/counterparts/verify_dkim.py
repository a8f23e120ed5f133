"""Verifies DKIM signatures with dkimpy.

The first argument is the TXT record of the key; the input is a JSON list of messages in base64, the output one of what
became of each.
"""

import base64
import json
import sys

import dkim

record = sys.argv[1].encode()


def holds(message):
    try:
        return dkim.DKIM(base64.b64decode(message)).verify(dnsfunc=lambda name, timeout=5: record)
    except dkim.DKIMException:
        return False


print(json.dumps([holds(message) for message in json.load(sys.stdin)]))
