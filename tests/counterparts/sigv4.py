"""Signs a request as Amazon's own library does; reads {method, url, headers, body, region, key_id, key, at} as JSON."""

import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

case = json.load(sys.stdin)
at = datetime.datetime.fromtimestamp(case["at"] / 1000, datetime.timezone.utc)
if hasattr(botocore.auth, "get_current_datetime"):
    botocore.auth.get_current_datetime = lambda *args, **kwargs: at
else:
    class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return at.replace(tzinfo=None)
    botocore.auth.datetime.datetime = Fixed
request = AWSRequest(method=case["method"], url=case["url"], data=case["body"].encode(), headers=case["headers"])
credentials = Credentials(case["key_id"], case["key"], case.get("token"))
botocore.auth.SigV4Auth(credentials, "ses", case["region"]).add_auth(request)
print(json.dumps(dict(request.headers)))
