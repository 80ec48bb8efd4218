"""Alerts on every kind of channel; started by scripts/e2e-alerts, which installs the libraries."""

import argparse
import base64
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

from usher_process import Usher
from vendor_ports import free_port_range, wait_for

SECRET = "whsec_" + base64.b64encode(b"the-secret-of-the-alert-channel!").decode()
VENDORS = ["twilio", "sendgrid", "stripe"]


class Inbox(http.server.ThreadingHTTPServer):
    """Takes every POST and keeps it: the application, the chat and the browser's push service."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), InboxHandler)
        self.kept: list[tuple[str, dict[str, str], bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def at(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for to, headers, body in self.kept if to == path]


class InboxHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.kept.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(201)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Browser:
    """What a browser keeps of a subscription."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opened(self, body: bytes) -> dict:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


class Proof:
    def __init__(self, usher: Usher, vendors: dict[str, dict], inbox: Inbox):
        self.usher = usher
        self.vendors = vendors
        self.inbox = inbox
        self.browser = Browser()
        self.passed = 0
        self.failed = 0

    def check(self, what: str, holds: bool, detail: object = "") -> None:
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)

    def wait(self, seconds: float, holds) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return True
            time.sleep(0.2)
        return bool(holds())

    def post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.usher.url + path, data=json.dumps(body).encode(), method="POST",
            headers={"Authorization": f"Bearer {self.usher.key}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"USHER_URL": self.usher.url, "USHER_API_KEY": self.usher.key}
        return subprocess.run([self.usher.binary, *arguments], env=environment, capture_output=True, text=True, timeout=60)

    def ledger(self, vendor: str) -> list[dict]:
        with urllib.request.urlopen(self.vendors[vendor]["url"] + "/_ledger", timeout=10) as answer:
            document = json.load(answer)
        return document if isinstance(document, list) else document.get("entries", [])

    def faults(self, vendor: str, fault: dict | None) -> None:
        request = urllib.request.Request(
            self.vendors[vendor]["url"] + "/_faults", method="POST" if fault else "DELETE",
            data=json.dumps(fault).encode() if fault else None)
        urllib.request.urlopen(request, timeout=10).close()

    # MARK: Each channel

    def subscribe(self) -> None:
        self.application_key = self.usher.get("/api/push/key")["key"]
        encoded = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")
        added = self.post("/api/push/subscriptions", {
            "endpoint": f"{self.inbox.url}/push/1", "expirationTime": None, "label": "the venue's tablet",
            "keys": {"p256dh": encoded(self.browser.public), "auth": encoded(self.browser.auth)}})
        self.check("a browser subscribes", added["label"] == "the venue's tablet", added)

    def every_channel(self) -> None:
        result = self.cli("alerts", "test")
        self.check("usher alerts test reaches every channel", result.returncode == 0, result.stdout + result.stderr)
        headers, body = (self.inbox.at("/ops") or [({}, b"")])[-1]
        try:
            told = Webhook(SECRET).verify(body, headers)
            self.check("Standard Webhooks' library accepts the webhook", told["type"] == "alert", told)
        except Exception as error:  # The library has several.
            self.check("Standard Webhooks' library accepts the webhook", False, error)
        chat = [json.loads(body) for _, body in self.inbox.at("/chat")]
        self.check("the chat gets text and blocks", chat and chat[0]["text"] and chat[0]["blocks"], chat)
        self.check("the text message is at Twilio", len(self.ledger("twilio")) == 1, self.ledger("twilio"))
        self.check("the mail is at SendGrid", len(self.ledger("sendgrid")) == 1, self.ledger("sendgrid"))
        self.pushed()

    def pushed(self) -> None:
        kept = self.inbox.at("/push/1")
        self.check("the push service gets one message", len(kept) == 1, len(kept))
        if not kept:
            return
        headers, body = kept[0]
        told = self.browser.opened(body)
        self.check("http_ece opens it", "test of the channel browsers" in told["title"], told)
        self.check("it says how long it keeps", headers.get("ttl") == "3600" and headers.get("urgency") == "high", headers)
        fields = dict(part.strip().split("=", 1) for part in headers["authorization"].removeprefix("vapid ").split(","))
        self.check("it is signed with the key that browsers subscribe with", fields["k"] == self.application_key, fields)
        point = base64.urlsafe_b64decode(fields["k"] + "=" * (-len(fields["k"]) % 4))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims = jwt.decode(fields["t"], key, algorithms=["ES256"], audience=self.inbox.url)
        self.check("PyJWT accepts its token", claims["sub"] == "mailto:ops@example.com", claims)

    # MARK: An outage

    def outage(self) -> None:
        texts, mails = len(self.ledger("twilio")), len(self.ledger("sendgrid"))
        self.faults("twilio", {"kind": "refuse"})
        told = lambda: [json.loads(body) for _, body in self.inbox.at("/ops")][1:]
        self.check("Twilio's outage is told", self.wait(120, told), self.usher.log_end())
        self.check("and told of Twilio", any(a["subject"] == "integration twilio" for t in told() for a in t["alerts"]), told())
        self.check("by mail too", self.wait(60, lambda: len(self.ledger("sendgrid")) > mails))
        self.faults("twilio", None)
        self.check("and not by text message: it would leave by Twilio", len(self.ledger("twilio")) == texts)
        alerts = self.usher.get("/api/alerts")["data"]
        notices = {n["channel"]: n["state"] for n in self.usher.get(f"/api/alerts/{alerts[0]['id']}")["notices"]}
        self.check("the record says so", notices.get("phone") == "passed" and notices.get("ops") == "sent", notices)
        over = lambda: any(a["occasion"] == "over" for t in told() for a in t["alerts"])
        self.check("its end is told", self.wait(240, over), told())


@contextlib.contextmanager
def sandbox(binary: str):
    """`usher sandbox`; gives its vendors by name."""
    base = free_port_range(10)
    command = [binary, "sandbox", "--only", ",".join(VENDORS), "--port-base", str(base), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        vendors = {vendor["provider"]: vendor for vendor in json.loads(process.stdout.readline())["vendors"]}
        for vendor in vendors.values():
            wait_for(vendor["url"] + "/_ledger")
        yield vendors
    finally:
        process.terminate()
        process.wait()


def configuration(inbox: Inbox, vendors: dict[str, dict]) -> dict:
    return {
        "integrations": {
            name: {"provider": name, "credential": vendor["credential"], "base_url": vendor["url"], "allow_private": True}
            for name, vendor in vendors.items()
        },
        "alerts": {
            "contact": "mailto:ops@example.com",
            "channels": {
                "ops": {"type": "webhook", "url": f"{inbox.url}/ops", "secret": SECRET, "allow_private": True},
                "chat": {"type": "slack", "url": f"{inbox.url}/chat", "allow_private": True},
                "mail": {"type": "email", "to": ["ops@example.com"], "from": "usher@example.com"},
                "phone": {"type": "sms", "to": ["+15005550010"], "from": "+15005550006"},
                "browsers": {"type": "push", "allow_private": True},
            },
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build/debug/usher", help="the binary to test")
    parser.add_argument("--channels-only", action="store_true", help="leave the outage out")
    arguments = parser.parse_args()
    os.environ.pop("HTTP_PROXY", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-e2e-alerts-"))
    inbox = Inbox()
    with sandbox(str(pathlib.Path(arguments.usher).resolve())) as vendors:
        usher = Usher(arguments.usher, folder, {}, {}, {}, more=configuration(inbox, vendors))
        try:
            usher.start()
            usher.wait_ready()
            proof = Proof(usher, vendors, inbox)
            proof.subscribe()
            proof.every_channel()
            if not arguments.channels_only:
                proof.outage()
            usher.stop()
        finally:
            usher.kill()
    print(f"e2e-alerts: {proof.passed} passed, {proof.failed} failed")
    if not proof.failed:
        shutil.rmtree(folder)
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())
