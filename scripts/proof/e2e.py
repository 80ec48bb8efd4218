"""Official libraries on both sides of Usher; started by scripts/e2e, which installs them."""

import argparse
import base64
import datetime
import http.server
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import standardwebhooks
import stripe
from usher_process import Usher, free_port, post

import e2e_providers
import stripe_events

STRIPE_SECRET = "whsec_e2e_of_the_stripe_source_0001"
PARTNER_SECRET = "whsec_" + base64.b64encode(b"end to end, the partner's secret").decode()
APP_SECRET = "whsec_" + base64.b64encode(b"end to end, the app's own secret").decode()
# Runs localstripe on loopback only; its own command always listens on every interface.
LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Checks every delivery with the official library and keeps its body by webhook-id."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.verifier = standardwebhooks.Webhook(APP_SECRET)
        self.bodies: list[tuple[str, dict]] = []
        self.raw: list[bytes] = []
        self.faults: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self.lock:
            try:
                document = self.verifier.verify(body, headers)
            except json.JSONDecodeError:  # Verified, and no JSON: the form of a Twilio callback.
                document = {}
            except Exception as error:  # The library has an error for each mistake; any of them is a fault.
                self.faults.append(f"a delivery was not verified: {error!r}")
                return 400
            self.bodies.append((headers["webhook-id"], document))
            self.raw.append(body)
            return 200

    def of(self, identifier: str) -> list[str]:
        """The webhook-ids under which an event of this id came."""
        with self.lock:
            return [webhook for webhook, body in self.bodies if body.get("id") == identifier]

    def types(self) -> list[str]:
        with self.lock:
            return [body.get("type", "?") for _, body in self.bodies]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status = self.server.take({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


class Proof:
    """Says what is checked, and gathers what is wrong."""

    def __init__(self, usher: Usher, receiver: Receiver):
        self.usher = usher
        self.receiver = receiver
        self.passed = 0
        self.failed = 0

    def check(self, what: str, holds: bool, detail: object = "") -> None:
        self.passed += holds
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)

    def wait(self, what: str, condition, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.05)
        self.check(what, bool(condition()), f"not within {seconds:.0f} s")

    def stripe_library(self) -> None:
        url = self.usher.webhook_url("stripe")
        sent = []
        for number, kind in enumerate(["payment_intent.succeeded", "charge.refunded", "invoice.paid"], 1):
            identifier, body = stripe_events.event(number, f"pi_e2e{number}", kind, run="e2e")
            header = stripe.WebhookSignature.generate_signature_header(body.decode(), STRIPE_SECRET)
            stripe.WebhookSignature.verify_header(body, header, STRIPE_SECRET, tolerance=300)
            status, _ = post(url, body, {"Content-Type": "application/json", "Stripe-Signature": header})
            self.check(f"stripe {kind} is acknowledged", status == 200, status)
            status, _ = post(url, body, {"Content-Type": "application/json", "Stripe-Signature": header})
            self.check(f"stripe {kind} sent again is acknowledged", status == 200, status)
            sent.append(identifier)
        for identifier in sent:
            self.wait(f"{identifier} arrives, verified", lambda identifier=identifier: self.receiver.of(identifier))
        time.sleep(1)
        for identifier in sent:
            self.check(f"{identifier} arrives once", len(self.receiver.of(identifier)) == 1, self.receiver.of(identifier))
        self.refusals(url)

    def refusals(self, url: str) -> None:
        _, body = stripe_events.event(9, "pi_e2e9", run="e2e")
        good = stripe.WebhookSignature.generate_signature_header(body.decode(), STRIPE_SECRET)
        stale = stripe.WebhookSignature.generate_signature_header(body.decode(), STRIPE_SECRET, int(time.time()) - 301)
        other = stripe.WebhookSignature.generate_signature_header(body.decode(), STRIPE_SECRET + "x")
        cases = {
            "of another secret": (body, {"Stripe-Signature": other}),
            "of another body": (body + b" ", {"Stripe-Signature": good}),
            "301 s old": (body, {"Stripe-Signature": stale}),
            "that is missing": (body, {}),
        }
        for name, (content, headers) in cases.items():
            status, _ = post(url, content, headers)
            self.check(f"a stripe signature {name} is refused", status == 401, status)
        status, _ = post(self.usher.webhook_url("nobody"), body, {"Stripe-Signature": good})
        self.check("a source nobody set up is 404", status == 404, status)

    def standard_webhooks_library(self) -> None:
        url = self.usher.webhook_url("partner")
        library = standardwebhooks.Webhook(PARTNER_SECRET)
        identifier = "msg_e2e_0001"
        body = json.dumps({"id": identifier, "type": "contract.signed", "data": {"note": "ä ß 日本 \u2028"}})
        now = datetime.datetime.now(datetime.timezone.utc)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": library.sign(identifier, now, body),
        }
        for again in ["", " again"]:
            status, _ = post(url, body.encode(), headers)
            self.check(f"a standard webhook sent{again} is acknowledged", 200 <= status < 300, status)
        self.wait("it arrives, verified", lambda: self.receiver.of(identifier))
        time.sleep(1)
        self.check("it arrives once", len(self.receiver.of(identifier)) == 1, self.receiver.of(identifier))
        status, _ = post(url, body.encode(), headers | {"webhook-id": "msg_e2e_0002"})
        self.check("a standard webhook under another id is refused", status == 401, status)
        wrong = standardwebhooks.Webhook(APP_SECRET).sign(identifier, now, body)
        status, _ = post(url, body.encode(), headers | {"webhook-signature": wrong})
        self.check("a standard webhook of another secret is refused", status == 401, status)

    def localstripe(self) -> None:
        if importlib.util.find_spec("localstripe") is None:
            print("skipped: localstripe is not installed")
            return
        port = free_port()
        process = subprocess.Popen([sys.executable, "-c", LOCALSTRIPE, str(port)], stdin=subprocess.DEVNULL)
        try:
            self.localstripe_events(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()

    def localstripe_events(self, base: str) -> None:
        form = {"url": self.usher.webhook_url("stripe"), "secret": STRIPE_SECRET}
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(
                    f"{base}/_config/webhooks/usher", data=urllib.parse.urlencode(form).encode(), timeout=5
                ).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        client = stripe.StripeClient("sk_test_e2e", base_addresses={"api": base})
        client.v1.customers.create(params={"email": "couple@example.com"})
        method = client.v1.payment_methods.create(
            params={"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
        )
        client.v1.payment_intents.create(
            params={"amount": 245_000, "currency": "eur", "payment_method": method.id, "confirm": True}
        )
        self.wait(
            "localstripe's own webhooks arrive, verified",
            lambda: "customer.created" in self.receiver.types()
            and self.receiver.types().count("payment_intent.succeeded") == 2,
        )
        print("     customer.created, payment_intent.succeeded")

    def api(self) -> None:
        stored = self.usher.events()
        taken = len({webhook for webhook, _ in self.receiver.bodies})
        self.check("the API lists as many events as arrived", len(stored) == taken, f"{len(stored)} and {taken}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    options = parser.parse_args()
    if not pathlib.Path(options.usher).exists():
        print(f"e2e: no binary at {options.usher}; run `make build` or say --usher PATH")
        return 2
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-e2e-"))
    receiver = Receiver()
    usher = Usher(
        options.usher,
        folder,
        sources={
            "stripe": {"provider": "stripe", "secrets": ["env:E2E_STRIPE_SECRET"]},
            "partner": {"provider": "standard-webhooks", "secrets": ["env:E2E_PARTNER_SECRET"]},
            **e2e_providers.SOURCES,
        },
        destinations={
            "app": {
                "url": f"http://127.0.0.1:{receiver.server_address[1]}/hooks",
                "secret": "env:E2E_APP_SECRET",
                "allow_private": True,
            }
        },
        environment={
            "E2E_STRIPE_SECRET": STRIPE_SECRET,
            "E2E_PARTNER_SECRET": PARTNER_SECRET,
            "E2E_APP_SECRET": APP_SECRET,
            **e2e_providers.ENVIRONMENT,
        },
    )
    proof = Proof(usher, receiver)
    try:
        usher.start()
        usher.wait_ready()
        proof.stripe_library()
        proof.standard_webhooks_library()
        e2e_providers.run(proof)
        proof.localstripe()
        proof.api()
        usher.stop()
        proof.check("every delivery was verified", not receiver.faults, receiver.faults[:3])
    finally:
        usher.kill()
        receiver.shutdown()
    print(f"\n{proof.passed} passed, {proof.failed} failed")
    if proof.failed:
        print(f"the log is in {usher.log}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
