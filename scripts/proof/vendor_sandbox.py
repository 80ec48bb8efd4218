"""Runs `usher sandbox` with the payment processors, and asks for its faults and ledgers."""

import contextlib
import json
import pathlib
import subprocess
import time
import urllib.request

VENDORS = ["stripe", "square", "paypal"]

# What the sandbox accepts, and signs its webhooks with.
SECRETS = {
    "SANDBOX_STRIPE": "sk_test_usher_sandbox",
    "SANDBOX_SQUARE": "EAAA-usher-sandbox",
    "SANDBOX_PAYPAL_ID": "usher-sandbox-client",
    "SANDBOX_PAYPAL_SECRET": "usher-sandbox-secret",
    "WEBHOOK_STRIPE": "whsec_usher_sandbox_stripe",
    "WEBHOOK_SQUARE": "usher-sandbox-square-signature-key",
}


class Sandbox:
    """Stripe, Square and PayPal on loopback."""

    def __init__(self, binary: str, folder: pathlib.Path, base: int):
        self.binary = binary
        self.base = base
        self.ports = {vendor: base + number for number, vendor in enumerate(VENDORS, 1)}
        self.log = (folder / "sandbox.log").open("wb")
        self.process: subprocess.Popen | None = None

    def url(self, vendor: str) -> str:
        return f"http://127.0.0.1:{self.ports[vendor]}"

    def start(self, webhooks_to: str) -> None:
        self.process = subprocess.Popen(
            [self.binary, "sandbox", "--only", ",".join(VENDORS), "--port-base", str(self.base),
             "--webhooks-to", webhooks_to],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                for vendor in VENDORS:
                    self.ledger(vendor)
                return
            time.sleep(0.05)
        raise RuntimeError("the sandbox did not start")

    def ask(self, vendor: str, path: str, body: object = None, method: str = "GET") -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url(vendor) + path, method=method, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def ledger(self, vendor: str) -> list[dict]:
        """What took effect, oldest first."""
        found = self.ask(vendor, "/_ledger")
        return found["entries"] if isinstance(found, dict) else found

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)


def integrations(sandbox: Sandbox) -> dict:
    """The sandbox's vendors as `usher.yaml` has them."""
    credentials = {
        "stripe": {"key": "env:SANDBOX_STRIPE"},
        "square": {"token": "env:SANDBOX_SQUARE"},
        "paypal": {"client_id": "env:SANDBOX_PAYPAL_ID", "client_secret": "env:SANDBOX_PAYPAL_SECRET"},
    }
    return {
        vendor: {"provider": vendor, "credential": credentials[vendor], "allow_private": True,
                 "base_url": sandbox.url(vendor)}
        for vendor in VENDORS
    }
