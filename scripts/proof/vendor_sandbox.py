"""Runs `usher sandbox`, and asks for its faults, its ledgers and what came to it."""

import collections
import contextlib
import json
import pathlib
import subprocess
import time
import urllib.request

from vendor_ports import free_port_range

VENDORS = ["stripe", "square", "paypal"]

# In the order in which the sandbox hands out ports.
ALL = ["stripe", "square", "paypal", "twilio", "sendgrid", "zoom", "google-calendar", "microsoft-graph", "apple-calendar",
       "openweathermap", "weatherapi", "aws-s3", "cloudinary"]

# What the sandbox accepts, and signs its webhooks with.
SECRETS = {
    "SANDBOX_STRIPE": "sk_test_usher_sandbox",
    "SANDBOX_SQUARE": "EAAA-usher-sandbox",
    "SANDBOX_PAYPAL_ID": "usher-sandbox-client",
    "SANDBOX_PAYPAL_SECRET": "usher-sandbox-secret",
    "SANDBOX_OPENWEATHERMAP": "0123456789abcdef0123456789abcdef",
    "SANDBOX_WEATHERAPI": "fedcba9876543210fedcba98765432",
    "WEBHOOK_STRIPE": "whsec_usher_sandbox_stripe",
    "WEBHOOK_SQUARE": "usher-sandbox-square-signature-key",
}
CREDENTIALS = {
    "stripe": {"key": "env:SANDBOX_STRIPE"},
    "square": {"token": "env:SANDBOX_SQUARE"},
    "paypal": {"client_id": "env:SANDBOX_PAYPAL_ID", "client_secret": "env:SANDBOX_PAYPAL_SECRET"},
    "openweathermap": {"key": "env:SANDBOX_OPENWEATHERMAP"},
    "weatherapi": {"key": "env:SANDBOX_WEATHERAPI"},
}

# A request that reached a vendor: when in seconds of the epoch, and what became of it.
Request = collections.namedtuple("Request", "at method path status fate")


class Sandbox:
    """Some vendors on loopback."""

    def __init__(self, binary: str, folder: pathlib.Path, base: int | None = None, vendors: list[str] | None = None):
        self.binary = binary
        self.vendors = vendors or VENDORS
        self.base = base or free_port_range(len(ALL) + 1)
        self.ports = {vendor: self.base + 1 + ALL.index(vendor) for vendor in self.vendors}
        self.log = (folder / f"sandbox-{self.base}.log").open("wb")
        self.process: subprocess.Popen | None = None

    def url(self, vendor: str) -> str:
        return f"http://127.0.0.1:{self.ports[vendor]}"

    def start(self, webhooks_to: str | None = None) -> None:
        command = [self.binary, "sandbox", "--only", ",".join(self.vendors), "--port-base", str(self.base)]
        self.process = subprocess.Popen(command + (["--webhooks-to", webhooks_to] if webhooks_to else []),
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                for vendor in self.vendors:
                    self.ask(vendor, "/_faults")
                return
            time.sleep(0.05)
        raise RuntimeError("the sandbox did not start")

    def ask(self, vendor: str, path: str, body: object = None, method: str = "GET") -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url(vendor) + path, method=method, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, vendor: str, **fault: object) -> None:
        self.ask(vendor, "/_faults", fault, "POST")

    def mend(self, *vendors: str) -> None:
        """Ends the faults of these vendors, or of all."""
        for vendor in vendors or self.vendors:
            self.ask(vendor, "/_faults", method="DELETE")

    def ledger(self, vendor: str) -> list[dict]:
        """What took effect, oldest first; the last 10,000."""
        return self.ask(vendor, "/_ledger")["entries"]

    def standing(self, by: str = "tag") -> collections.Counter:
        """How many charges of each call stand at all vendors: made, and neither voided nor refunded."""
        counts: collections.Counter = collections.Counter()
        for vendor in self.vendors:
            entries = self.ledger(vendor)
            undone = {entry["of"] for entry in entries if entry["kind"] in ("refund", "void")}
            counts.update(entry[by] for entry in entries if entry["kind"] == "charge" and entry["id"] not in undone)
        return counts

    def traffic(self, vendor: str) -> list[Request]:
        """What came, oldest first; the last 37,500 at least."""
        found: list[Request] = []
        first = 0
        while True:
            page = self.ask(vendor, f"/_traffic?from={first}")
            found += [Request(at / 1e6, *rest) for at, *rest in page["requests"]]
            first = page["first"] + len(page["requests"])
            if first >= page["count"]:
                return found

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)


def integrations(sandbox: Sandbox) -> dict:
    """The sandbox's vendors as `usher.yaml` has them."""
    return {
        vendor: {"provider": vendor, "credential": CREDENTIALS[vendor], "allow_private": True,
                 "base_url": sandbox.url(vendor)}
        for vendor in sandbox.vendors
    }
