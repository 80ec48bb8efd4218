"""The cases of `scripts/faults` about judging a provider: early warning, probes, callers' own mistakes, retries, cost."""

import contextlib
import http.client
import json
import pathlib
import random
import re
import subprocess
import threading
import time
import urllib.parse

from fault_cases import Figure, Found, Setting, money, served
from fault_rig import Rig, charge, percentile
from money_stories import play

STRIPE_ONLY = {"stripe": "pm_card_visa"}


def creeping(setting: Setting) -> Found:
    """T6: answers take 100 ms, then slowly 800; three in ten fail from 180 s on."""
    span = setting.creep
    with Rig(setting.binary, ["stripe", "square"], ["stripe", "square"], "gradual") as rig:
        rig.sandbox.fault("stripe", kind="slow", delay_ms=100)
        rig.caller.run(setting.rate, 60)
        begun = time.monotonic()
        rig.sandbox.mend("stripe")
        rig.sandbox.fault("stripe", kind="creep", delay_ms=100, over_seconds=span)
        rig.caller.run(setting.rate, 0.6 * span)
        failing = time.monotonic()
        rig.sandbox.fault("stripe", kind="fail_before", status=500, share=0.3)
        rig.caller.run(setting.rate, 0.1 * span + 15)
        mended = time.monotonic()
        rig.sandbox.mend()
        rig.caller.close()
        rig.settle(60)
        warned = rig.watch.first("stripe", ("degraded", "unhealthy", "down"), begun, "state", mended)
        early = rig.watch.first("stripe", ("degraded", "unhealthy", "down"), begun - 40, "state", begun)
        opened = rig.watch.first("stripe", ("open", "half_open"), begun, until=mended)
        moved = sum(r.integration == "square" and begun <= r.began < (opened or mended) for r in rig.caller.results)
        seen = served(rig, rig.caller, begun, mended)
        figures = [
            Figure("false warnings before", int(early is not None), most=0),
            Figure("warned", warned and warned - begun, unit=" s"), Figure("failures begin", failing - begun, unit=" s"),
            Figure("breaker opens", opened and opened - begun, unit=" s"),
            Figure("warned before the breaker", None if None in (warned, opened) else opened - warned, least=120 * span / 300, unit=" s"),
            Figure("payments by Square before the breaker", moved, least=1), *seen, *money(rig),
        ]
    return Found("T6", f"Stripe's answers creep to eight times as long over {span:g} s", figures)


def mistaken(setting: Setting) -> Found:
    """T18: refusals that are the caller's own fault say nothing about the provider, neither good nor bad."""
    # Reads what does not exist: Stripe says 404, which is no proof of health.
    bad = lambda number: ({"capability": "payments", "operation": "get", "input": {},
                           "of": {"integration": "stripe", "reference": f"pi_nobody{number}"}}, f"bad-{number}")
    declined = lambda number: charge(number, "declined", {"stripe": "pm_card_chargeDeclined"})
    good = lambda number: charge(number, sources=STRIPE_ONLY)
    hasty = lambda number: charge(number, sources=STRIPE_ONLY, deadline=time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 8)))
    with Rig(setting.binary, ["stripe"], ["stripe"]) as rig:
        begun = time.monotonic()
        floods = [rig.caller.beside(8, 15, bad, "bad"), rig.caller.beside(6, 15, declined, "declined")]
        rig.caller.run(4, 15, good, "good")
        for flood in floods:
            flood.join()
        trips = rig.watch.trips("stripe", begun)
        rig.sandbox.fault("stripe", kind="refuse")
        rig.caller.run(10, 5, hasty, "while broken")
        opened = rig.watch.first("stripe", ("open", "half_open"), begun)
        while rig.watch.seen[-1][1]["stripe"]["breaker"] in ("closed", "ramping") and time.monotonic() < begun + 60:
            time.sleep(0.1)
        # Whoever still waits would be a good probe.
        rig.settle(40)
        mended = time.monotonic()
        rig.sandbox.mend()
        rig.caller.run(10, 20, bad, "probing")
        judged = time.monotonic()
        reached = len([r for r in rig.requests("stripe", mended, judged) if r.status == 404])
        closed = rig.watch.first("stripe", ("ramping", "closed"), mended, until=judged)
        rig.caller.run(5, 20, good, "good again")
        back = rig.watch.first("stripe", ("ramping", "closed"), judged)
        rig.caller.close()
        rig.settle(60)
        rest = [r.state for r in rig.caller.labelled("probing")]
        states = [r.state for r in rig.caller.labelled("bad") + rig.caller.labelled("declined")]
        figures = [
            Figure("refusals in the flood", len(states), least=100), Figure("told refused or failed", 100 * sum(state in ("refused", "failed") for state in states) / len(states), unit=" %"),
            Figure("trips in the flood", trips, most=0),
            Figure("good calls failed in it", sum(r.is_error for r in rig.caller.labelled("good")), most=0),
            Figure("opened when broken", int(opened is not None), least=1),
            Figure("refusals that reached it half open", reached, least=1),
            Figure("told refused or failed while half open", 100 * sum(state in ("refused", "failed") for state in rest) / max(len(rest), 1), unit=" %"),
            Figure("closed by refusals", int(closed is not None), most=0),
            Figure("closed by good calls after", back and back - judged, most=20, unit=" s"), *money(rig),
        ]
    return Found("T18", "One caller sends cards that are declined and requests that are wrong", figures)


def hanging(setting: Setting) -> Found:
    """T19: the probes of an open breaker hang too."""
    seconds = 25 if setting.isShort else 60
    with Rig(setting.binary, ["stripe", "square"], ["stripe", "square"]) as rig:
        rig.caller.run(setting.rate, 10)
        begun = time.monotonic()
        rig.sandbox.fault("stripe", kind="black_hole")
        rig.caller.run(setting.rate, seconds)
        mended = time.monotonic()
        rig.sandbox.mend()
        rig.caller.run(setting.rate, 10)
        rig.caller.close()
        rig.settle(60)
        opened = rig.watch.first("stripe", ("open", "half_open"), begun) or mended
        # A request that takes no effect is given up after 2.5 s: so long it hangs.
        # Beside the breaker's trials, which are payments, the monitor asks for the balance.
        came = {path: [r.at - rig.offset for r in rig.requests("stripe", opened + 0.2, mended, path) if r.fate == "swallowed"]
                for path in ("/v1/payment_intents", "/v1/")}
        most = {path: max((sum(at <= other < at + 2.5 for other in times) for at in times), default=0)
                for path, times in came.items()}
        tries = [end - begin for value, begin, end in rig.watch.spans("stripe", since=opened, until=mended) if value == "half_open"]
        figures = [
            Figure("trials", len(tries)), Figure("trials hanging at a time", most["/v1/payment_intents"], most=3),
            Figure("hanging at a time, with the monitor's probes", most["/v1/"]),
            Figure("longest trial", max(tries, default=None), most=10, unit=" s"),
            *served(rig, rig.caller, begun, mended), *money(rig),
        ]
    return Found("T19", "Stripe swallows the probes too", figures)


class Library:
    """Retries like Stripe's libraries: twice, for lost connections, 409 and 5xx, after 0.5 s · 2ᵏ up to 5 s, half of it chance."""

    def __init__(self, rig: Rig):
        self.rig = rig
        self.lock = threading.Lock()
        self.purchases = self.sent = self.failed = 0

    def buy(self, path: str, body: bytes, headers: dict) -> None:
        with self.lock:
            self.purchases += 1
        for attempt in range(3):
            with self.lock:
                self.sent += 1
            status, told = self.ask(path, body, headers)
            if 200 <= status < 300:
                return
            again = told.get("stripe-should-retry")
            if attempt == 2 or again == "false" or not (status in (0, 409) or status >= 500 or again == "true"):
                break
            wait = max(0.5, min(5, 0.5 * 2 ** attempt) * random.uniform(0.5, 1))
            with contextlib.suppress(ValueError):
                wait = max(wait, min(60, int(told.get("retry-after", "0"))))
            time.sleep(wait)
        with self.lock:
            self.failed += 1

    def ask(self, path: str, body: bytes, headers: dict) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.rig.usher.port, timeout=60)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def shop(self, make, rate: float, seconds: float) -> None:
        threads, begun = [], time.monotonic()
        for number in range(int(rate * seconds)):
            time.sleep(max(0, begun + number / rate - time.monotonic()))
            threads.append(threading.Thread(target=self.buy, args=make(number), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(timeout=90)


def layered(setting: Setting) -> Found:
    """T20: a library that retries, above Usher, above a Stripe that fails; `wire` is requests at Stripe for each purchase."""
    seconds = 15 if setting.isShort else 30
    figures = []
    for what, fault in (("all fail", {"kind": "fail_before", "status": 500}),
                        ("a fifth fails", {"kind": "fail_before", "status": 503, "share": 0.2})):
        for way in ("proxy", "calls"):
            with Rig(setting.binary, ["stripe"], ["stripe"]) as rig:
                authorization = {"Authorization": f"Bearer {rig.usher.key}"}

                def make(number: int) -> tuple[str, bytes, dict]:
                    if way == "calls":
                        body, key = charge(number, sources=STRIPE_ONLY)
                        return "/api/calls", json.dumps(body).encode(), authorization | {
                            "Content-Type": "application/json", "Idempotency-Key": key}
                    form = {"amount": 1_000 + number, "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
                    return "/api/proxy/stripe/v1/payment_intents", urllib.parse.urlencode(form).encode(), authorization | {
                        "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": f"library-{number}"}

                rig.caller.close()
                rig.sandbox.fault("stripe", **fault)
                library = Library(rig)
                begun = time.monotonic()
                library.shop(make, setting.rate / 2, seconds)
                # A charge through /api/calls takes two requests.
                wire = len(rig.requests("stripe", begun, path="/v1/payment_intents")) / (2 if way == "calls" else 1)
                rig.sandbox.mend()
                rig.settle(90)
                amounts = rig.sandbox.standing("amount")
                asked = library.sent / library.purchases
                # What the library itself sends again in a brown-out is its own doing: there Usher must add nothing.
                base = library.purchases if what == "all fail" or way == "calls" else library.sent
                figures += [
                    Figure(f"{way}, {what}: requests of the library for each purchase", asked),
                    Figure(f"{way}, {what}: wire at Stripe for each "
                           + ("purchase" if base == library.purchases else "request of the library"), wire / base, most=1.1),
                    Figure(f"{way}, {what}: charged twice", sum(count > 1 for count in amounts.values()), most=0),
                    Figure(f"{way}, {what}: purchases failed", 100 * library.failed / library.purchases, unit=" %"),
                ]
    return Found("T20", "A library that retries above Usher", figures)


def cost(setting: Setting) -> Found:
    """T22: what a decision and the way through the proxy cost; `Benchmarks/run --only calls` measures nginx beside it."""
    figures, notes = [], ["an allocation count is not taken here"]
    bench = pathlib.Path(setting.binary).parent / "call-bench"
    if bench.exists():
        text = subprocess.run([bench, "decision"], capture_output=True, text=True, timeout=120, check=True).stdout
        p50 = int(re.search(r"admit, began, finished \| (\d+)", text).group(1))
        figures.append(Figure("decision p50", p50 / 1000, most=0.5, unit=" µs"))
    else:
        notes.append(f"no decision figure: build call-bench beside {setting.binary}")
    plenty = {"limits": {"month": {"count": 1_000_000, "window_seconds": 86_400}}}
    with Rig(setting.binary, ["weatherapi"], ["weatherapi"], capability="weather", more={"weatherapi": plenty}) as rig:
        path = "/v1/current.json?q=47.4,8.5"
        direct = [rig.sandbox.ports["weatherapi"], f"{path}&key=fedcba9876543210fedcba98765432", {}]
        proxied = [rig.usher.port, f"/api/proxy/weatherapi{path}", {"Usher-Key": rig.usher.key}]
        took: list[list[float]] = [[], []]
        connections = [http.client.HTTPConnection("127.0.0.1", port) for port, *_ in (direct, proxied)]
        rig.watch.close()
        for number in range(500 if setting.isShort else 2_000):
            for index, (connection, (_, target, headers)) in enumerate(zip(connections, (direct, proxied))):
                begun = time.perf_counter()
                connection.request("GET", target, headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{target}: {answer.status}")
                if number >= 100:
                    took[index].append(time.perf_counter() - begun)
    p50 = [1e6 * percentile(values, 0.5) for values in took]
    figures += [
        Figure("direct p50", p50[0], unit=" µs"), Figure("through the proxy p50", p50[1], unit=" µs"),
        Figure("added p50", p50[1] - p50[0], most=30, unit=" µs"),
        Figure("added p99", 1e6 * (percentile(took[1], 0.99) - percentile(took[0], 0.99)), unit=" µs"),
    ]
    return Found("T22", "What Usher costs", figures, "; ".join(notes))


def interleaved(setting: Setting) -> Found:
    """T16: F1 to F28 at random in virtual time; the cases F… here play some of them in real time."""
    found = play(setting.binary, 200 if setting.isShort else setting.seeds)
    return Found("T16", f"{found.seeds:,} random stories of payments", [
        Figure("clean", found.clean, least=found.seeds), Figure("charges", found.sums["charges"]),
        Figure("in doubt", found.sums["in_doubt"]), Figure("in doubt p99", found.doubt, most=600, unit=" s"),
        Figure("undone", found.sums["undone"]), Figure("left to a person", found.sums["held"]),
    ], "; ".join(found.faults))
