"""Webhooks signed by the official Twilio and SendGrid libraries, and the handshakes of Zoom and Microsoft Graph."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from usher_process import exchange, post

TWILIO_TOKEN = "e2e0123456789abcdef0123456789abcd"
ZOOM_TOKEN = "e2e_zoom_secret_token_1"
GRAPH_STATE = "e2e-client-state-0123456789"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID_PUBLIC = base64.b64encode(SENDGRID_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).decode()

SOURCES = {
    "twilio": {"provider": "twilio", "secrets": ["env:E2E_TWILIO"]},
    "sendgrid": {"provider": "sendgrid", "secrets": ["env:E2E_SENDGRID"]},
    "zoom": {"provider": "zoom", "secrets": ["env:E2E_ZOOM"]},
    "graph": {"provider": "microsoft-graph", "secrets": ["env:E2E_GRAPH"]},
}
ENVIRONMENT = {"E2E_TWILIO": TWILIO_TOKEN, "E2E_SENDGRID": SENDGRID_PUBLIC, "E2E_ZOOM": ZOOM_TOKEN,
               "E2E_GRAPH": GRAPH_STATE}


def run(proof) -> None:
    twilio(proof)
    sendgrid(proof)
    zoom(proof)
    graph(proof)


def twilio(proof) -> None:
    url = proof.usher.webhook_url("twilio") + "?wedding=amara-jonas"
    fields = {"MessageSid": "SM" + "0" * 31 + "1", "MessageStatus": "delivered", "To": "+15005550006", "Body": "ça va?"}
    body = urllib.parse.urlencode(fields).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    signature = RequestValidator(TWILIO_TOKEN).compute_signature(url, fields)
    status, headers = post(url, body, form | {"X-Twilio-Signature": signature})
    proof.check("a callback signed by twilio-python is acknowledged", status in (200, 204), status)
    proof.wait("and arrives, its form unchanged",
               lambda: any(raw.endswith(body) for raw in proof.receiver.raw))
    status, _ = post(url.replace("amara", "other"), body, form | {"X-Twilio-Signature": signature})
    proof.check("for another URL it is refused", status in (401, 403), status)


def sendgrid(proof) -> None:
    url = proof.usher.webhook_url("sendgrid")
    events = [{"email": "a@example.com", "event": kind, "sg_event_id": f"e2e-{kind}", "timestamp": int(time.time()),
               "sg_message_id": "m1.filter", "wedding_id": "amara-jonas"} for kind in ("processed", "delivered", "open")]
    body = (json.dumps(events, indent=1) + "\r\n").encode()
    stamp = str(int(time.time()))
    signature = base64.b64encode(SENDGRID_KEY.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    library = EventWebhook(SENDGRID_PUBLIC)
    proof.check("SendGrid's own library accepts what is sent here",
                library.verify_signature(body.decode(), signature, stamp))
    headers = {"Content-Type": "application/json", "X-Twilio-Email-Event-Webhook-Signature": signature,
               "X-Twilio-Email-Event-Webhook-Timestamp": stamp}
    status, answer = post(url, body, headers)
    proof.check("an array of three SendGrid events is acknowledged", 200 <= status < 300, status)
    proof.wait("and arrives as three deliveries", lambda: sum(
        str(document.get("sg_event_id", "")).startswith("e2e-") for _, document in proof.receiver.bodies) == 3)
    status, _ = post(url, body, headers)
    time.sleep(0.5)
    proof.check("sent again it adds nothing", 200 <= status < 300 and sum(
        str(document.get("sg_event_id", "")).startswith("e2e-") for _, document in proof.receiver.bodies) == 3, status)
    status, _ = post(url, body.replace(b"\r\n", b"\n"), headers)
    proof.check("with another line end it is refused", status == 401, status)


def zoom_signature(body: bytes, stamp: str) -> str:
    return "v0=" + hmac.new(ZOOM_TOKEN.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def zoom(proof) -> None:
    url = proof.usher.webhook_url("zoom")
    stamp = str(int(time.time()))
    body = json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"},
                       "event_ts": int(time.time() * 1000)}).encode()
    headers = {"Content-Type": "application/json", "x-zm-request-timestamp": stamp,
               "x-zm-signature": zoom_signature(body, stamp)}
    status, _, answer = exchange(url, body, headers)
    expected = {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": hmac.new(
        ZOOM_TOKEN.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()}
    proof.check("Zoom's url_validation is answered", status == 200 and json.loads(answer) == expected, (status, answer))
    status, _ = post(url, body, headers | {"x-zm-signature": "v0=" + "0" * 64})
    proof.check("without Zoom's signature it is not", status == 401, status)


def graph(proof) -> None:
    url = proof.usher.webhook_url("graph")
    token = "Validation: Testing client application reachability & <b>escapes</b>"
    status, headers, answer = exchange(url + "?" + urllib.parse.urlencode({"validationToken": token}), b"", {})
    proof.check("Graph's validationToken is given back as plain text",
                status == 200 and answer.decode() == token
                and headers.get("content-type", "").startswith("text/plain"), (status, answer, headers))
    note = {"subscriptionId": "s1", "changeType": "updated", "clientState": GRAPH_STATE, "resource": "users/u/events/e1",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "e1", "@odata.etag": 'W/"1"'},
            "subscriptionExpirationDateTime": "2027-06-19T10:00:00Z", "tenantId": "t1"}
    missed = {"subscriptionId": "s1", "lifecycleEvent": "missed", "clientState": GRAPH_STATE, "resource": "users/u/events",
              "subscriptionExpirationDateTime": "2027-06-19T10:00:00Z", "tenantId": "t1"}
    body = json.dumps({"value": [note, missed]}).encode()
    status, _ = post(url, body, {"Content-Type": "application/json"})
    proof.check("a change and a lifecycle note are acknowledged with 202", status == 202, status)
    proof.wait("and arrive one by one", lambda: sum(
        document.get("subscriptionId") == "s1" for _, document in proof.receiver.bodies) == 2)
    forged = json.dumps({"value": [note | {"clientState": "another", "resource": "users/u/events/e2"}]}).encode()
    status, _ = post(url, forged, {"Content-Type": "application/json"})
    time.sleep(0.5)
    proof.check("a note with another clientState is not believed", status in (202, 401, 403) and sum(
        document.get("subscriptionId") == "s1" for _, document in proof.receiver.bodies) == 2, status)
