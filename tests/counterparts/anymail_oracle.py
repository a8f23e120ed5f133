"""What django-anymail makes of webhooks: the oracle of our own reading.

Reads JSON lines {service, key, headers, body} and prints, for each, the events that Anymail sends as its signals, or
the status with which it refuses.
"""

import json
import sys

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x", DEBUG=False, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    ANYMAIL={"WEBHOOK_SECRET": "wayfare:hush"},
)
django.setup()

import warnings  # noqa: E402

warnings.filterwarnings("ignore")

from anymail.signals import tracking  # noqa: E402
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView  # noqa: E402
from anymail.webhooks.mailgun import MailgunTrackingWebhookView  # noqa: E402
from anymail.webhooks.postmark import PostmarkTrackingWebhookView  # noqa: E402
from anymail.webhooks.resend import ResendTrackingWebhookView  # noqa: E402
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView  # noqa: E402
from django.test import RequestFactory  # noqa: E402

import datetime  # noqa: E402

import standardwebhooks.webhooks  # noqa: E402

# The cases were signed at an instant of their own.
standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp = lambda self, text: datetime.datetime.fromtimestamp(
    float(text), tz=datetime.timezone.utc)

urlpatterns = []
seen = []
BASIC = "Basic d2F5ZmFyZTpodXNo"


def keep(sender, event, esp_name, **kwargs):
    seen.append({
        "kind": event.event_type,
        "at": int(event.timestamp.timestamp() * 1000) if event.timestamp else None,
        "id": event.event_id,
        "message": event.message_id.strip("<>") if event.message_id else None,
        "recipient": event.recipient,
        "reason": event.reject_reason,
        "url": event.click_url,
        "user_agent": event.user_agent,
        "response": event.mta_response or None,
    })


tracking.connect(keep)


VIEWS = {
    "sendgrid": (SendGridTrackingWebhookView, "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY"),
    "mailgun": (MailgunTrackingWebhookView, "MAILGUN_WEBHOOK_SIGNING_KEY"),
    "resend": (ResendTrackingWebhookView, "RESEND_SIGNING_SECRET"),
    "postmark": (PostmarkTrackingWebhookView, None),
    "ses": (AmazonSESTrackingWebhookView, None),
}


def view(service, key):
    made, name = VIEWS[service]
    settings.ANYMAIL = {"WEBHOOK_SECRET": "wayfare:hush", "AMAZON_SES_AUTO_CONFIRM_SNS_SUBSCRIPTIONS": False}
    if name:
        settings.ANYMAIL[name] = key
    return made.as_view()


for line in sys.stdin:
    case = json.loads(line)
    seen.clear()
    headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in case["headers"]}
    headers["HTTP_AUTHORIZATION"] = headers.get("HTTP_AUTHORIZATION", BASIC)
    request = RequestFactory().post(
        "/", data=case["body"].encode(), content_type="application/json", **headers)
    try:
        status = view(case["service"], case["key"])(request).status_code
    except Exception as error:
        status = type(error).__name__
    print(json.dumps({"status": status, "events": seen}), flush=True)
