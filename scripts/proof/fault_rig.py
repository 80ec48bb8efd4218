"""What every case of `scripts/faults` needs: Usher before its sandbox, calls at a steady rate, and a watch on health."""

import bisect
import collections
import contextlib
import datetime
import http.client
import json
import pathlib
import queue
import tempfile
import threading
import time

from usher_process import Usher
from vendor_sandbox import SECRETS, Sandbox, integrations

FINAL = ("succeeded", "refused", "failed")
CARRIED = ("succeeded", "in_doubt", "queued", "working")
SOURCES = {"stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"}


def percentile(values: list[float], share: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def charge(number: int, prefix: str = "faults", sources: dict | None = None, **more: object) -> tuple[dict, str]:
    """A payment's body, and its key."""
    amount = {"amount": 1_000 + number, "currency": "EUR"}
    return {"capability": "payments", "operation": "charge",
            "input": {"amount": amount, "sources": sources or SOURCES}} | more, f"{prefix}-{number}"


class Result:
    """What a caller saw of one call."""

    def __init__(self, number: int, label: str, began: float):
        self.number, self.label, self.began = number, label, began
        self.took, self.status = 0.0, 0
        self.state: str | None = None
        self.integration: str | None = None
        self.id: str | None = None

    @property
    def is_error(self) -> bool:
        return not (self.status in (200, 202) and self.state in CARRIED)


class Caller:
    """Calls at a steady rate from many threads, each with a connection of its own; late threads do not slow the rate."""

    def __init__(self, usher: Usher, threads: int = 64):
        self.usher = usher
        self.results: list[Result] = []
        self.lock = threading.Lock()
        self.work: queue.Queue = queue.Queue()
        self.threads = [threading.Thread(target=self.serve, daemon=True) for _ in range(threads)]
        self.number = 0
        for thread in self.threads:
            thread.start()

    def serve(self) -> None:
        connection = None
        while (work := self.work.get()) is not None:
            number, label, (body, key) = work
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.usher.port, timeout=60)
            result = Result(number, label, time.monotonic())
            try:
                connection.request("POST", "/api/calls", json.dumps(body), {
                    "Authorization": f"Bearer {self.usher.key}", "Content-Type": "application/json",
                    "Idempotency-Key": key})
                answer = connection.getresponse()
                found = json.loads(answer.read())
                result.status, result.state = answer.status, found.get("state", found.get("code"))
                result.integration, result.id = found.get("integration"), found.get("id")
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                connection = None
                result.state = type(error).__name__
            result.took = time.monotonic() - result.began
            with self.lock:
                self.results.append(result)

    def send(self, make=charge, label: str = "") -> None:
        with self.lock:
            self.number += 1
            number = self.number
        self.work.put((number, label, make(number)))

    def run(self, rate: float, seconds: float, make=charge, label: str = "") -> None:
        """Sends `rate` calls a second for so long; does not wait for their answers."""
        due = time.monotonic()
        end = due + seconds
        while due < end:
            time.sleep(max(0, due - time.monotonic()))
            self.send(make, label)
            due += 1 / rate

    def beside(self, rate: float, seconds: float, make=charge, label: str = "") -> threading.Thread:
        """The same from a thread of its own."""
        thread = threading.Thread(target=self.run, args=(rate, seconds, make, label), daemon=True)
        thread.start()
        return thread

    def labelled(self, label: str) -> list[Result]:
        return [result for result in self.results if result.label == label]

    def close(self, seconds: float = 90) -> None:
        for _ in self.threads:
            self.work.put(None)
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(timeout=max(0, end - time.monotonic()))


class Watch:
    """Asks ten times a second how every integration does."""

    def __init__(self, usher: Usher, every: float = 0.1):
        self.usher, self.every = usher, every
        self.seen: list[tuple[float, dict[str, dict]]] = []
        self.isOver = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.isOver:
            began = time.monotonic()
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
                connection = http.client.HTTPConnection("127.0.0.1", self.usher.port, timeout=5)
                connection.request("GET", "/api/integrations/health-check",
                                   headers={"Authorization": f"Bearer {self.usher.key}"})
                found = json.loads(connection.getresponse().read())
                connection.close()
                self.seen.append((time.monotonic(), {item["name"]: item for item in found["integrations"]}))
            time.sleep(max(0.01, self.every - (time.monotonic() - began)))

    def spans(self, name: str, member: str = "breaker", since: float = 0, until: float = float("inf")) -> list[tuple]:
        """The values of a member one after the other: (value, from, to)."""
        spans: list[list] = []
        for at, integrations in self.seen:
            if not since <= at < until or name not in integrations:
                continue
            value = integrations[name][member]
            if spans and spans[-1][0] == value:
                spans[-1][2] = at
            else:
                if spans:
                    spans[-1][2] = at
                spans.append([value, at, at])
        return [tuple(span) for span in spans]

    def first(self, name: str, values: tuple, since: float, member: str = "breaker", until: float = float("inf")) -> float | None:
        """When a member first had one of these values."""
        return next((begin for value, begin, _ in self.spans(name, member, since, until) if value in values), None)

    def causes(self, name: str, since: float) -> list[str]:
        """In words, when and why the breaker opened."""
        return [f"opened {at - since:.1f} s in: {found[name]['text']}" for (_, earlier), (at, found) in zip(self.seen, self.seen[1:])
                if at >= since and name in earlier and earlier[name]["breaker"] in ("closed", "ramping")
                and found[name]["breaker"] in ("open", "half_open")]

    def trips(self, name: str, since: float, until: float = float("inf")) -> int:
        """How often the breaker opened after it had let calls through."""
        values = [value for value, _, _ in self.spans(name, since=since, until=until)]
        before = ["closed", *values]
        return sum(before[i] in ("closed", "ramping") and value in ("open", "half_open") for i, value in enumerate(values))

    def close(self) -> None:
        self.isOver = True
        self.thread.join(timeout=10)


class Rig:
    """A sandbox, Usher before it, a caller and a watch; all new, all ended together."""

    def __init__(self, binary: str, vendors: list[str], order: list[str], strategy: str = "immediate",
                 capability: str = "payments", threads: int = 64, more: dict | None = None, names: dict | None = None):
        self.binary, self.vendors, self.order, self.threads = binary, vendors, order, threads
        self.routes = {capability: {"order": order, "strategy": strategy}}
        self.more = more or {}
        self.names = names or {}

    def __enter__(self) -> "Rig":
        self.stack = contextlib.ExitStack()
        folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-faults-", ignore_cleanup_errors=True)))
        self.sandbox = Sandbox(self.binary, folder, vendors=self.vendors)
        self.stack.callback(self.sandbox.close)
        self.sandbox.start()
        own = {name: definition | self.more.get(name, {}) for name, definition in integrations(self.sandbox).items()}
        self.usher = Usher(self.binary, folder, {}, {}, SECRETS, more={"integrations": own, "routes": self.routes})
        self.stack.callback(self.usher.kill)
        self.usher.start()
        self.usher.wait_ready()
        self.caller = Caller(self.usher, self.threads)
        self.watch = Watch(self.usher)
        self.stack.callback(self.watch.close)
        # The vendors write the time of the day, callers the monotonic one.
        self.offset = time.time() - time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def another_caller(self, threads: int) -> Caller:
        return Caller(self.usher, threads)

    def post(self, path: str, body: dict) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.usher.port, timeout=30)
        connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {self.usher.key}",
                                                            "Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read() or b"null")
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {found}")
        return found

    def wedding(self, name: str) -> None:
        """A wedding half a year from now: nothing about it is urgent."""
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 180 * 86_400))
        self.post("/api/weddings", {"id": name, "title": name, "date": day, "zone": "UTC"})

    def requests(self, vendor: str, since: float = 0, until: float = float("inf"), path: str = "") -> list:
        """What reached a vendor between two times of the monotonic clock."""
        return [r for r in self.sandbox.traffic(vendor)
                if since <= r.at - self.offset < until and r.path.startswith(path)]

    def calls(self) -> dict[str, dict]:
        """Every call, by id."""
        found: dict[str, dict] = {}
        cursor = ""
        while True:
            page = self.usher.get(f"/api/calls?limit=200{cursor}")
            found |= {call["id"]: call for call in page["data"]}
            if not page.get("next"):
                return found
            cursor = f"&cursor={page['next']}"

    def attempts(self, since: float, until: float) -> list[str]:
        """The integrations of the attempts that began between two times of the monotonic clock, at the caller's calls."""
        began = lambda attempt: datetime.datetime.fromisoformat(attempt["started_at"]).timestamp() - self.offset
        shown = (self.usher.get(f"/api/calls/{result.id}") for result in self.caller.results if result.id)
        return [attempt["integration"] for call in shown for attempt in call["attempts"] if since <= began(attempt) < until]

    def open_calls(self) -> int:
        return sum(len(self.usher.get(f"/api/calls?limit=200&state={state}")["data"])
                   for state in ("queued", "working", "in_doubt"))

    def settle(self, patience: float) -> None:
        """Waits until nothing is under way or in doubt any more."""
        end = time.monotonic() + patience
        while time.monotonic() < end and self.open_calls():
            time.sleep(1)

    def judge_money(self, isOver: bool = True) -> dict:
        """What the ledgers say of every call; `isOver` tells that all have ended."""
        # What succeeded has its charge by now; what is charged has its call by the second look.
        calls = self.calls()
        standing = self.sandbox.standing()
        known = calls if isOver else self.calls()
        wrong = collections.Counter()
        for name, call in calls.items():
            if call["operation"] != "payments.charge":
                continue
            count = standing.get(name, 0)
            wrong["doubles"] += count > 1
            wrong["lost"] += call["state"] == "succeeded" and count == 0
            wrong["unwanted"] += known[name]["state"] in ("refused", "failed") and count > 0
            wrong["open"] += isOver and call["state"] not in FINAL
        promised = {result.id for result in self.caller.results if result.status == 202}
        wrong["broken"] = sum(1 for name in promised if known.get(name, {}).get("state") == "failed")
        wrong["strangers"] = sum(1 for name in standing if name not in known)
        return {"doubles": wrong["doubles"], "lost": wrong["lost"], "unwanted": wrong["unwanted"],
                "strangers": wrong["strangers"], "open": wrong["open"], "broken": wrong["broken"]}


def rates(times: list[float], window: float) -> list[tuple[float, float]]:
    """How many a second there were in the `window` behind each, by when."""
    times = sorted(times)
    return [(at, (i - bisect.bisect_left(times, at - window) + 1) / window) for i, at in enumerate(times)]
