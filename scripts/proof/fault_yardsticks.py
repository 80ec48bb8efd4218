"""HAProxy and nginx in front of two Stripe accounts of the sandbox, beside Usher, under the same faults and calls.

The proxies forward a raw `POST /v1/payment_intents` with its Idempotency-Key, which charges at once; Usher gets the same
payment as a call. So only what the caller sees is compared, and the ledgers of both accounts: an amount that belongs to
one purchase may stand charged once. Each has the first account, and the second as its backup, probes that stay green
while requests fail, and 10 s for an answer.
"""

import http.client
import json
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse

from fault_cases import BROKEN, Setting
from fault_rig import CARRIED, charge, percentile
from usher_process import Usher, free_port
from vendor_sandbox import CREDENTIALS, SECRETS, Sandbox

CASES = ["T1", "T2", "T3", "T4", "T5", "F4"]

HAPROXY = """global
  maxconn 4000
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 10s
  timeout check 2s
  retries 3
  option redispatch 1
  {retry}
frontend calls
  bind 127.0.0.1:{port}
  default_backend stripe
backend stripe
  option httpchk GET /_faults
  default-server check inter 2s fall 3 rise 2 {observe}
  server first 127.0.0.1:{first}
  server second 127.0.0.1:{second} backup
"""
NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 2048; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
upstream stripe {{ server 127.0.0.1:{first} max_fails=5 fail_timeout=10s; server 127.0.0.1:{second} backup; keepalive 32; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://stripe; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_connect_timeout 1s; proxy_read_timeout 10s;
proxy_next_upstream error timeout http_500 http_502 http_503 http_504 {more}; }} }} }}
"""
L7 = "retry-on conn-failure empty-response response-timeout 500 502 503 504"
RIVALS = {
    "HAProxy, backup, observe": ("haproxy", {"retry": "", "observe": "observe layer7 error-limit 5 on-error mark-down"}),
    "HAProxy, backup, retry-on": ("haproxy", {"retry": L7, "observe": "observe layer7 error-limit 5 on-error mark-down"}),
    "nginx, next_upstream": ("nginx", {"more": ""}),
    "nginx, next_upstream non_idempotent": ("nginx", {"more": "non_idempotent"}),
}
US = "Usher"


class Place:
    """One of them, before two accounts, to be charged through."""

    def __init__(self, setting: Setting, rival: str):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-yardstick-"))
        self.accounts = [Sandbox(setting.binary, self.folder, vendors=["stripe"]) for _ in range(2)]
        for account in self.accounts:
            account.start()
        self.process: subprocess.Popen | None = None
        self.usher: Usher | None = None
        ports = {"first": self.accounts[0].ports["stripe"], "second": self.accounts[1].ports["stripe"]}
        if rival == US:
            own = {name: {"provider": "stripe", "credential": CREDENTIALS["stripe"], "allow_private": True,
                          "base_url": f"http://127.0.0.1:{port}"} for name, port in ports.items()}
            self.usher = Usher(setting.binary, self.folder, {}, {}, SECRETS, more={
                "integrations": own, "routes": {"payments": {"order": ["first", "second"], "strategy": "gradual"}}})
            self.usher.start()
            self.usher.wait_ready()
            self.port = self.usher.port
            return
        self.port = free_port()
        program, more = RIVALS[rival]
        config = self.folder / program
        config.write_text((HAPROXY if program == "haproxy" else NGINX).format(port=self.port, folder=self.folder, **ports, **more))
        command = ["haproxy", "-q", "-db", "-f", str(config)] if program == "haproxy" else ["nginx", "-p", str(self.folder), "-c", str(config)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(self.folder / "stderr").open("wb"))
        time.sleep(1)
        if self.process.poll() is not None:
            raise RuntimeError(f"{program} ended: {(self.folder / 'stderr').read_text()}")

    def request(self, number: int) -> tuple[str, bytes, dict]:
        if self.usher:
            body, key = charge(number, sources={"stripe": "pm_card_visa"})
            return "/api/calls", json.dumps(body).encode(), {
                "Authorization": f"Bearer {self.usher.key}", "Content-Type": "application/json", "Idempotency-Key": key}
        form = {"amount": 1_000 + number, "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
        return "/v1/payment_intents", urllib.parse.urlencode(form).encode(), {
            "Authorization": f"Bearer {SECRETS['SANDBOX_STRIPE']}", "Content-Type": "application/x-www-form-urlencoded",
            "Idempotency-Key": f"faults-{number}"}

    def buy(self, number: int) -> tuple[float, float, str]:
        """When it began, how long it took, and what the caller saw: `paid`, `promised` or `error`."""
        path, body, headers = self.request(number)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        begun = time.monotonic()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            found = answer.read()
            seen = "paid" if answer.status < 300 else "error"
            if self.usher and seen == "paid":
                state = json.loads(found)["state"]
                seen = "paid" if state == "succeeded" else "promised" if state in CARRIED else "error"
        except (OSError, http.client.HTTPException, ValueError):
            seen = "error"
        finally:
            connection.close()
        return begun, time.monotonic() - begun, seen

    def charges(self) -> dict[int, int]:
        """How many charges of each amount stand at both accounts."""
        counts = self.accounts[0].standing("amount")
        counts.update(self.accounts[1].standing("amount"))
        return counts

    def close(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)
        if self.usher:
            self.usher.kill()
        for account in self.accounts:
            account.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(setting: Setting, rival: str, name: str) -> dict:
    warm, length, after = (3, 10, 4) if setting.isShort else (10, 30, 10)
    place = Place(setting, rival)
    try:
        slow = name == "T5"
        if slow:
            place.accounts[0].fault("stripe", kind="slow", delay_ms=100)
        seen: list[tuple[float, float, str, int]] = []
        work: queue.Queue = queue.Queue()

        def serve() -> None:
            while (number := work.get()) is not None:
                found = place.buy(number)
                seen.append((*found, number))

        threads = [threading.Thread(target=serve, daemon=True) for _ in range(128)]
        for thread in threads:
            thread.start()
        number = 0

        def run(seconds: float) -> None:
            nonlocal number
            due = time.monotonic()
            end = due + seconds
            while due < end:
                time.sleep(max(0, due - time.monotonic()))
                number += 1
                work.put(number)
                due += 1 / setting.rate

        run(warm + (10 if slow else 0))
        begun = time.monotonic()
        for fault in BROKEN[name].faults:
            # The proxies' one request charges; of Usher's two the second does.
            fault = dict(fault)
            if not place.usher and "path" in fault:
                fault["path"] = "/v1/payment_intents"
            place.accounts[0].fault("stripe", **fault)
        run(length)
        mended = time.monotonic()
        place.accounts[0].mend()
        run(after)
        for _ in threads:
            work.put(None)
        for thread in threads:
            thread.join(timeout=90)
        if place.usher:
            end = time.monotonic() + 60
            while time.monotonic() < end and any(
                    place.usher.get(f"/api/calls?limit=1&state={state}")["data"] for state in ("queued", "working", "in_doubt")):
                time.sleep(1)
        charges = place.charges()
        during = [item for item in seen if begun <= item[0] < mended]
        isCharged = lambda item: charges.get(1_000 + item[3], 0) > 0
        # A promise that was not kept is an error too.
        isError = lambda item: item[2] == "error" or item[2] == "promised" and not isCharged(item)
        failed = [item for item in during if isError(item)]
        return {
            "case": name, "rival": rival, "calls": len(during), "errors": len(failed),
            "errors_percent": 100 * len(failed) / max(len(during), 1),
            "p50": percentile([item[1] for item in during], 0.5), "p99": percentile([item[1] for item in during], 0.99),
            "over_3s_percent": 100 * sum(item[1] > 3 for item in during) / max(len(during), 1),
            "errors_after": sum(isError(item) for item in seen if item[0] >= mended),
            "charged_twice": sum(count > 1 for count in charges.values()),
            "error_but_charged": sum(isCharged(item) for item in failed),
            "promised": sum(item[2] == "promised" for item in during),
            "told_paid_but_not": sum(item[2] == "paid" and not isCharged(item) for item in seen),
        }
    finally:
        place.close()


def compare(setting: Setting, names: list[str], path: str | None) -> int:
    """Prints one row for each; fails when Usher shows more errors, or charges anybody twice."""
    rivals = {rival: parts for rival, parts in RIVALS.items() if shutil.which(parts[0])}
    for program in sorted({parts[0] for parts in RIVALS.values()} - {parts[0] for parts in rivals.values()}):
        print(f"{program} is left out: it is not installed (apt-get install {program})")
    print(__doc__)
    print("| case | | calls | errors | wait p50 / p99 s | over 3 s | promised | errors after | charged twice | error, yet charged | "
          "told paid, not charged |\n|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    for name in names or CASES:
        for rival in [*rivals, US]:
            found = measure(setting, rival, name)
            rows.append(found)
            print(f"| {name} {BROKEN[name].title} | {rival} | {found['calls']} | {found['errors_percent']:.1f} % | "
                  f"{found['p50']:.2f} / {found['p99']:.2f} | {found['over_3s_percent']:.1f} % | {found['promised']} | {found['errors_after']} | "
                  f"{found['charged_twice']} | {found['error_but_charged']} | {found['told_paid_but_not']} |", flush=True)
            if path:
                pathlib.Path(path).write_text(json.dumps(rows, indent=1))
    behind = [row["case"] for row in rows if row["rival"] == US and (
        row["charged_twice"] or row["told_paid_but_not"]
        or any(row["errors"] > other["errors"] for other in rows if other["case"] == row["case"]))]
    print(f"\nUsher has no more errors than any and charges nobody twice{': not in ' + ', '.join(behind) if behind else ''}")
    return 1 if behind else 0
