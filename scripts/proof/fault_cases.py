"""The cases of `scripts/faults` that break a payment processor for some time while payments come at a steady rate."""

import dataclasses
import time

from fault_rig import Caller, Rig, percentile, rates


@dataclasses.dataclass
class Figure:
    """What was measured, and what it must be: `most` or `least`; neither is only told."""

    name: str
    value: float | None
    most: float | None = None
    least: float | None = None
    unit: str = ""

    @property
    def passes(self) -> bool | None:
        if self.most is None and self.least is None:
            return None
        if self.value is None:
            return False
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def limit(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:g}{self.unit}"
        return f"≥ {self.least:g}{self.unit}" if self.least is not None else "–"

    @property
    def text(self) -> str:
        return "–" if self.value is None else f"{self.value:.4g}{self.unit}"


@dataclasses.dataclass
class Found:
    """What a case found; without figures it was not run, and `note` says why."""

    case: str
    title: str
    figures: list[Figure]
    note: str = ""

    @property
    def misses(self) -> list[str]:
        return [figure.name for figure in self.figures if figure.passes is False]


@dataclasses.dataclass
class Setting:
    """What holds for every case."""

    binary: str
    rate: float = 20
    warm: float = 15
    length: float = 40
    after: float = 40
    isShort: bool = False
    backlog: int = 5_000
    noise: int = 10_000
    seeds: int = 10_000
    creep: float = 300
    punished: float = 180


@dataclasses.dataclass
class Broken:
    """Faults at Stripe, and the limits of what callers may see of them; percentages are of the calls meanwhile."""

    title: str
    faults: list[dict]
    limits: dict
    vendors: tuple = ("stripe",)
    strategy: str = "immediate"
    # The time until the last call in doubt must be settled.
    patience: float = 60
    length: float | None = None


VENDORS = ("stripe", "square")
POST_CONFIRM = {"path": "/v1/payment_intents/"}
ALL_SERVED = {"errors": 0, "errors after": 0}
BROKEN = {
    "T1": Broken("Stripe closes every connection", [{"kind": "refuse"}],
                 ALL_SERVED | {"Square takes over": 0.3, "breaker opens": 1.5}),
    "T2": Broken("Stripe swallows requests", [{"kind": "black_hole"}],
                 ALL_SERVED | {"Square takes over": 3.5, "waited over 3 s": 2.0}),
    "T3": Broken("Stripe answers 500 to all, probes aside", [{"kind": "fail_before", "status": 500}],
                 ALL_SERVED | {"Square takes over": 0.3, "closings a minute": 1}),
    "T4": Broken("Stripe answers 503 to a fifth", [{"kind": "fail_before", "status": 503, "share": 0.2}],
                 {"errors": 0.5, "errors after": 0, "trouble seen": 8.5, "requests too many": 0}),
    "T5": Broken("Stripe answers four times slower", [{"kind": "slow", "delay_ms": 300}],
                 ALL_SERVED | {"trouble seen": 3.0}, strategy="gradual"),
    "T7": Broken("Stripe is gone for 3 s", [{"kind": "refuse", "for_seconds": 3}],
                 ALL_SERVED | {"Stripe back, first call": 5.0, "trips": 1, "herd": 1.2}),
    "T8": Broken("Stripe answers 429, garbage in Retry-After", [{"kind": "storm", "retry_after": "garbage"}],
                 ALL_SERVED | {"trips": 0}),
    "T8s": Broken("Stripe answers 429, Retry-After 5", [{"kind": "storm", "retry_after": "seconds", "retry_seconds": 5}],
                  ALL_SERVED | {"trips": 0}),
    "T8d": Broken("Stripe answers 429, a date in Retry-After", [{"kind": "storm", "retry_after": "date", "retry_seconds": 5}],
                  ALL_SERVED | {"trips": 0}),
    "T14": Broken("Stripe and Square close every connection", [{"kind": "refuse"}],
                  {"attempts a second at Stripe": 1, "attempts a second at Square": 1}, vendors=("stripe", "square"), patience=180),
    "F4": Broken("Stripe charges and loses the answer",
                 [{"kind": "drop_answer", "share": 0.3} | POST_CONFIRM], ALL_SERVED),
    "F5": Broken("Stripe loses the request to charge", [{"kind": "black_hole", "share": 0.1} | POST_CONFIRM],
                 {"errors": 0}, length=15),
    "F6": Broken("Stripe charges and answers 500",
                 [{"kind": "fail_after", "status": 500, "share": 0.3} | POST_CONFIRM], ALL_SERVED),
    "F15": Broken("Stripe loses the answer and hides the charge for 20 s",
                  [{"kind": "drop_answer", "share": 0.3} | POST_CONFIRM, {"kind": "hide_new", "delay_ms": 20_000}],
                  {"errors": 0}, length=15, patience=90),
    "F17": Broken("Stripe charges 20 s after it broke the connection",
                  [{"kind": "late_effect", "delay_ms": 20_000, "share": 0.2} | POST_CONFIRM], {"errors": 0},
                  length=15, patience=120),
    "F24": Broken("Stripe charges, stores a 500 and repeats it",
                  [{"kind": "stored_failure", "status": 500, "share": 0.3} | POST_CONFIRM], {"errors": 0}, length=15),
    "F26": Broken("Stripe and Square both lose the answer", [{"kind": "drop_answer", "share": 0.3}], {},
                  vendors=("stripe", "square"), length=15),
}


def broken(setting: Setting, name: str) -> Found:
    case = BROKEN[name]
    length = case.length or setting.length
    slow = [{"kind": "slow", "delay_ms": 100}] if name == "T5" else []
    with Rig(setting.binary, ["stripe", "square"], ["stripe", "square"], case.strategy) as rig:
        for fault in slow:
            rig.sandbox.fault("stripe", **fault)
        rig.caller.run(setting.rate, setting.warm + (20 if slow else 0))
        begun = time.monotonic()
        for vendor in case.vendors:
            for fault in case.faults:
                rig.sandbox.fault(vendor, **fault)
        rig.caller.run(setting.rate, length)
        mended = time.monotonic()
        if "for_seconds" in case.faults[0]:
            mended = begun + case.faults[0]["for_seconds"]
        rig.sandbox.mend()
        rig.caller.run(setting.rate, setting.after)
        rig.caller.close()
        rig.settle(case.patience)
        figures = served(rig, rig.caller, begun, mended) + wire(rig, setting.rate, begun, mended)
        figures += money(rig)
    for figure in figures:
        figure.most = case.limits.get(figure.name, figure.most)
    return Found(name, case.title, figures)


def served(rig: Rig, caller: Caller, begun: float, mended: float) -> list[Figure]:
    """What callers saw."""
    during = sorted((r for r in caller.results if begun <= r.began < mended), key=lambda r: r.began)
    later = sorted((r for r in caller.results if r.began >= mended), key=lambda r: r.began)
    waits = [r.took for r in during]
    errors = lambda results: 100 * sum(r.is_error for r in results) / max(len(results), 1)
    over = min((r.began + r.took - begun for r in during if r.integration == "square"), default=None)
    back = next((r.began - mended for r in later if r.integration == "stripe"), None)
    settled = next((later[i].began - mended for i in range(len(later) - 20)
                    if sum(r.integration == "stripe" for r in later[i:i + 20]) >= 19), None)
    return [
        Figure("calls", len(during)), Figure("errors", errors(during), unit=" %"), Figure("errors after", errors(later), unit=" %"),
        Figure("wait p50", percentile(waits, 0.5), unit=" s"), Figure("wait p99", percentile(waits, 0.99), unit=" s"),
        Figure("wait max", max(waits, default=None), unit=" s"),
        Figure("waited over 3 s", 100 * sum(w > 3 for w in waits) / max(len(waits), 1), unit=" %"),
        Figure("by Square", 100 * sum(r.integration == "square" for r in during) / max(len(during), 1), unit=" %"),
        Figure("Square takes over", over, unit=" s"), Figure("Stripe back, first call", back, unit=" s"),
        Figure("Stripe back, 95 %", settled, unit=" s"),
        Figure("wait p99 after", percentile([r.took for r in later], 0.99), unit=" s"),
        Figure("told in doubt", sum(r.state == "in_doubt" for r in caller.results)),
    ]


def wire(rig: Rig, rate: float, begun: float, mended: float) -> list[Figure]:
    """What the breaker did, and what reached the vendors."""
    watch = rig.watch
    after = lambda at: None if at is None else at - begun
    seconds = mended - begun
    spans = watch.spans("stripe", since=begun, until=mended)
    closings = sum(value in ("closed", "ramping") and before in ("open", "half_open")
                   for (before, *_), (value, *_) in zip(spans, spans[1:]))
    creates = len(rig.requests("stripe", begun, mended, "/v1/payment_intents"))
    calls = sum(begun <= r.began < mended for r in rig.caller.results)
    squares = len(rig.requests("square", begun, mended, "/v2/payments"))
    # A charge takes two requests at Stripe and one at Square; what is more was sent in vain, or again.
    by_square = sum(r.integration == "square" for r in rig.caller.results if begun <= r.began < mended)
    extra = max(0, creates - 2 * (calls - by_square)) / 2 + max(0, squares - by_square)
    back = [r.at - rig.offset for r in rig.requests("stripe", mended, mended + 10, "/v1/payment_intents")]
    # What finds out about calls in doubt, each less and less often, is no probe: only attempts at new payments count.
    attempts = rig.attempts(begun + 5, mended)
    asked = lambda name: len(rig.requests(name, begun + 5, mended))
    span = max(seconds - 5, 1)
    herd = max((n for _, n in rates(back, 1)), default=0) / 2 / rate
    return [
        Figure("breaker opens", after(watch.first("stripe", ("open", "half_open"), begun)), unit=" s"),
        Figure("trouble seen", after(watch.first("stripe", ("degraded", "unhealthy", "down"), begun, "state")), unit=" s"),
        Figure("trips", watch.trips("stripe", begun, mended + 20)), Figure("closings a minute", closings / max(seconds / 60, 1)),
        Figure("requests too many", max(0, extra - 0.1 * calls - seconds)),
        *(Figure(f"attempts a second at {name.title()}", attempts.count(name) / span) for name in VENDORS),
        *(Figure(f"requests a second at {name.title()}", asked(name) / span) for name in VENDORS),
        Figure("herd", herd),
    ]


def money(rig: Rig, isOver: bool = True) -> list[Figure]:
    """What the ledgers say; every case is judged by it."""
    found = rig.judge_money(isOver)
    return [
        Figure("told to wait, then failed", found["broken"]),
        Figure("calls charged twice", found["doubles"], most=0),
        Figure("succeeded without a charge", found["lost"], most=0),
        Figure("failed with a charge", found["unwanted"], most=0),
        Figure("charges nobody knows", found["strangers"], most=0),
        Figure("never ended", found["open"], most=0),
    ]
