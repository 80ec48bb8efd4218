"""Official SDKs through Usher's proxy; started by scripts/e2e-calls, which installs them."""

import argparse
import base64
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import stripe
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail
from square import Square
from square.core.api_error import ApiError
from twilio.base.exceptions import TwilioException
from twilio.rest import Client as Twilio

from usher_process import Usher, free_port
from vendor_ports import free_port_range, wait_for

# Runs localstripe on loopback only; its own command always listens on every interface.
LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
LOCALSTRIPE_KEY = "sk_test_e2e_calls"
OWN = ["stripe", "square", "twilio", "sendgrid", "google-calendar", "apple-calendar", "openweathermap"]


class Proof:
    """Says what is checked, and gathers what is wrong."""

    def __init__(self, usher: Usher, vendors: dict[str, dict], localstripe: str | None):
        self.usher = usher
        self.vendors = vendors
        self.localstripe = localstripe
        self.passed = 0
        self.failed = 0

    def check(self, what: str, holds: bool, detail: object = "") -> None:
        self.passed += holds
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)

    def proxy(self, integration: str) -> str:
        return f"{self.usher.url}/api/proxy/{integration}"

    def calls(self, query: str = "") -> list[dict]:
        time.sleep(1.5)  # What went through is written down every second.
        return self.usher.get(f"/api/proxy-calls?limit=200{query}")["data"]

    def ledger(self, vendor: str) -> list[dict]:
        with urllib.request.urlopen(self.vendors[vendor]["url"] + "/_ledger", timeout=10) as answer:
            document = json.load(answer)
        return document if isinstance(document, list) else document.get("entries") or document.get("ledger") or []

    def stripe_library(self, integration: str) -> None:
        client = stripe.StripeClient(
            self.usher.key, base_addresses={"api": self.proxy(integration)}, max_network_retries=0
        )
        customer = client.v1.customers.create(params={"email": "couple@example.com"})
        self.check(f"stripe-python makes a customer at {integration}", customer.id.startswith("cus_"), customer)
        method = client.v1.payment_methods.create(
            params={"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
        )
        intent = client.v1.payment_intents.create(
            params={"amount": 245_000, "currency": "eur", "payment_method": method.id, "confirm": True},
            options={"idempotency_key": str(uuid.uuid4())},
        )
        self.check("and a payment intent that succeeds", intent.status == "succeeded", intent)
        again = client.v1.payment_intents.retrieve(intent.id)
        self.check("and reads it back", again.amount == 245_000, again)

    def stripe_at_sandbox(self) -> None:
        client = stripe.StripeClient(
            self.usher.key, base_addresses={"api": self.proxy("stripe")}, max_network_retries=0
        )
        key = str(uuid.uuid4())
        params = {"amount": 5_000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
                  "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
        first = client.v1.payment_intents.create(params=params, options={"idempotency_key": key})
        second = client.v1.payment_intents.create(params=params, options={"idempotency_key": key})
        self.check("stripe-python's idempotency key goes through", first.id == second.id, (first.id, second.id))
        written = self.calls("&integration=stripe")
        self.check("both are written down as answered",
                   [call["state"] for call in written if call["path"] == "/v1/payment_intents"] == ["answered"] * 2, written)
        try:
            client.v1.payment_intents.create(
                params=params | {"payment_method": "pm_card_chargeDeclined"}, options={"idempotency_key": key + "-d"})
            self.check("a decline comes back as stripe's own error", False, "it succeeded")
        except stripe.CardError as error:
            self.check("a decline comes back as stripe's own error", error.http_status == 402, error)

    def twilio_library(self) -> None:
        account = self.vendors["twilio"]["credential"]["account"]
        client = Twilio(account, self.usher.key)
        client.api.base_url = self.proxy("twilio")
        message = client.messages.create(to="+15005550010", from_="+15005550006", body="Ça va? 🎉")
        self.check("twilio-python sends a message", message.sid.startswith("SM"), message)
        self.check("and reads it back", client.messages(message.sid).fetch().body == "Ça va? 🎉")
        other = Twilio("AC" + "f" * 32, self.usher.key)
        other.api.base_url = self.proxy("twilio")
        try:
            other.messages.create(to="+15005550010", from_="+15005550006", body="x")
            self.check("another account's SID is refused", False, "it was sent")
        except TwilioException as error:
            self.check("another account's SID is refused", "403" in str(error), error)

    def sendgrid_library(self) -> None:
        client = SendGridAPIClient(api_key=self.usher.key, host=self.proxy("sendgrid"))
        mail = Mail(from_email="weddings@usher.example", to_emails="guest@example.com", subject="Samstag",
                    plain_text_content="Um 15 Uhr")
        answer = client.send(mail)
        self.check("sendgrid-python sends a mail", answer.status_code == 202, answer.status_code)
        self.check("and gets its message id", bool(answer.headers.get("X-Message-Id")), answer.headers)

    def square_library(self) -> None:
        client = Square(token=self.usher.key, base_url=self.proxy("square"))
        key = str(uuid.uuid4())
        money = {"amount": 12_300, "currency": "USD"}
        first = client.payments.create(source_id="cnon:card-nonce-ok", idempotency_key=key, amount_money=money)
        second = client.payments.create(source_id="cnon:card-nonce-ok", idempotency_key=key, amount_money=money)
        self.check("squareup's SDK takes a payment", first.payment.status == "COMPLETED", first)
        self.check("once for its key in the body", first.payment.id == second.payment.id)
        self.check("and reads it back", client.payments.get(payment_id=first.payment.id).payment.amount_money.amount == 12_300)
        try:
            client.payments.get(payment_id="nothing")
            self.check("a missing payment is Square's own 404", False)
        except ApiError as error:
            self.check("a missing payment is Square's own 404", error.status_code == 404, error)

    def google_library(self) -> None:
        service = build("calendar", "v3", credentials=Credentials(token=self.usher.key), static_discovery=True,
                        cache_discovery=False, client_options={"api_endpoint": self.proxy("google-calendar") + "/"})
        event = {"summary": "Trauung", "start": {"dateTime": "2027-06-19T15:00:00+02:00"},
                 "end": {"dateTime": "2027-06-19T16:00:00+02:00"}}
        made = service.events().insert(calendarId="primary", body=event).execute()
        self.check("google-api-python-client makes an event", made["summary"] == "Trauung", made)
        read = service.events().get(calendarId="primary", eventId=made["id"]).execute()
        self.check("and reads it back", read["id"] == made["id"], read)
        listed = service.events().list(calendarId="primary").execute()
        self.check("and lists it", made["id"] in [item["id"] for item in listed["items"]], listed)
        service.events().delete(calendarId="primary", eventId=made["id"]).execute()
        try:
            service.events().get(calendarId="anna/../../secret", eventId="x").execute()
            self.check("a path that leads elsewhere is refused", False)
        except HttpError as error:
            self.check("a path that leads elsewhere is refused", error.resp.status == 400, error)

    def raw(self, method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, dict, bytes]:
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def by_hand(self) -> None:
        basic = base64.b64encode(f"anna:{self.usher.key}".encode()).decode()
        status, _, body = self.raw(
            "PROPFIND", self.proxy("apple-calendar") + "/", {"Authorization": f"Basic {basic}", "Depth": "0"},
            b'<d:propfind xmlns:d="DAV:"><d:prop><d:current-user-principal/></d:prop></d:propfind>')
        self.check("CalDAV's PROPFIND goes through with Basic", status == 207 and b"principal" in body, (status, body[:200]))
        url = self.proxy("openweathermap") + "/data/2.5/weather?lat=47.4&lon=8.5&appid=mine"
        status, headers, body = self.raw("GET", url, {"Usher-Key": self.usher.key})
        self.check("OpenWeatherMap's key is put into the query", status == 200 and b"main" in body, (status, body[:200]))
        secret = self.vendors["openweathermap"]["credential"]["key"]
        self.check("and is not in the answer", secret.encode() not in body and secret not in str(headers))
        status, _, _ = self.raw("GET", self.proxy("stripe") + "/v1/balance", {"Authorization": "Bearer sk_test_other"})
        self.check("a stranger's key is refused", status == 401, status)
        log = self.usher.log.read_text(errors="replace")
        secrets = [value for vendor in self.vendors.values() for name, value in vendor["credential"].items()
                   if name in ("key", "token", "password", "client_secret", "refresh_token")]
        self.check("no credential is in the log", not any(secret in log for secret in secrets))

    def after_a_crash(self) -> None:
        self.calls()
        faults = self.vendors["stripe"]["url"] + "/_faults"
        fault = json.dumps({"kind": "slow", "delay_ms": 20_000, "path": "/v1/payment_intents"}).encode()
        urllib.request.urlopen(urllib.request.Request(faults, data=fault, method="POST"), timeout=10).close()
        command = ["curl", "-s", "-m", "20", self.proxy("stripe") + "/v1/payment_intents", "-H", f"Usher-Key: {self.usher.key}",
                   "-H", "Idempotency-Key: crash", "-d", "amount=100&currency=eur"]
        caller = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 15
        while not self.usher.get("/api/proxy-calls?state=sent")["data"] and time.monotonic() < end:
            time.sleep(0.1)
        sent = self.usher.get("/api/proxy-calls?state=sent")["data"]
        self.check("a write with a key is on record while it is on its way", [call["status"] for call in sent] == [None], sent)
        self.usher.kill()
        caller.wait()
        urllib.request.urlopen(urllib.request.Request(faults, method="DELETE"), timeout=10).close()
        self.usher.start()
        self.usher.wait_ready()
        unknown = self.usher.get("/api/proxy-calls?state=unknown")["data"]
        self.check("and unknown after a kill -9", [call["id"] for call in unknown] == [call["id"] for call in sent], unknown)


@contextlib.contextmanager
def sandbox(binary: str):
    """`usher sandbox`; gives its vendors by name."""
    base = free_port_range(20)
    command = [binary, "sandbox", "--only", ",".join(OWN), "--port-base", str(base), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline()
        vendors = {vendor["provider"]: vendor for vendor in json.loads(line)["vendors"]}
        for vendor in vendors.values():
            wait_for(vendor["url"] + "/_ledger")
        yield vendors
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def localstripe():
    """A localstripe's URL; nil when it is not installed."""
    if importlib.util.find_spec("localstripe") is None:
        print("skipped: localstripe is not installed")
        yield None
        return
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", LOCALSTRIPE, str(port)], stdin=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def integrations(vendors: dict[str, dict], local: str | None) -> dict:
    own = {
        name: {"provider": name, "credential": vendor["credential"], "base_url": vendor["url"], "allow_private": True}
        for name, vendor in vendors.items()
    }
    if local is not None:
        own["local"] = {"provider": "stripe", "credential": {"key": LOCALSTRIPE_KEY}, "base_url": local,
                        "allow_private": True}
    return own


def add(usher: Usher, name: str, definition: dict) -> None:
    body = json.dumps({"name": name} | definition).encode()
    headers = {"Authorization": f"Bearer {usher.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(usher.url + "/api/integrations", data=body, headers=headers, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build/debug/usher", help="the binary to test")
    arguments = parser.parse_args()
    os.environ.pop("HTTP_PROXY", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-e2e-calls-"))
    usher = Usher(arguments.usher, folder, {}, {}, {})
    try:
        with sandbox(usher.binary) as vendors, localstripe() as local:
            usher.start()
            usher.wait_ready()
            for name, definition in integrations(vendors, local).items():
                add(usher, name, definition)
            proof = Proof(usher, vendors, local)
            if local is not None:
                proof.stripe_library("local")
            proof.stripe_at_sandbox()
            proof.twilio_library()
            proof.sendgrid_library()
            proof.square_library()
            proof.google_library()
            proof.by_hand()
            proof.after_a_crash()
            usher.stop()
    finally:
        usher.kill()
    print(f"e2e-calls: {proof.passed} passed, {proof.failed} failed")
    if not proof.failed:
        shutil.rmtree(folder)
    return 1 if proof.failed else 0


if __name__ == "__main__":
    sys.exit(main())
