"""Segment's own Python client, sending to the server that is named: URL, write key, how many events, gzip."""

import sys

from segment.analytics.client import Client

url, key, count, packed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "gzip"
failed = []
client = Client(key, host=url, gzip=packed, on_error=lambda error, items: failed.append(str(error)))
client.identify("ann", {"plan": "trial", "email": "ann@acme.example"})
client.group("ann", "acme", {"name": "Acme"})
for number in range(count):
    client.track("ann", "Login", {"number": number}, context={"groupId": "acme"})
client.page("ann", "Docs", "Pricing")
client.flush()
client.join()
print("failed: " + failed[0] if failed else "sent")
