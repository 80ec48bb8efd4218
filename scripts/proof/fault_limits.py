"""The cases of `scripts/faults` about limits: learned, punished, shared, and drained after an outage."""

import itertools
import time

from fault_cases import Figure, Found, Setting, money
from fault_rig import Rig, charge, percentile, rates

# Stripe's limit of an endpoint; a charge asks two of them in turn.
STRIPE_RATE = 25


def is_create(request) -> bool:
    return request.method == "POST" and request.path == "/v1/payment_intents"


def halved(setting: Setting) -> Found:
    """T9: the backlog grows while the limit is halved, so that the limit alone says how fast it drains."""
    fault, after = (40, 60) if setting.isShort else (60, 120)
    later = lambda number: charge(number, sources={"stripe": "pm_card_visa"}, mode="async")
    with Rig(setting.binary, ["stripe"], ["stripe"]) as rig:
        rig.caller.run(setting.rate, 10, later)
        begun = time.monotonic()
        rig.sandbox.fault("stripe", kind="halve_limit")
        rig.caller.run(setting.rate, fault, later)
        mended = time.monotonic()
        rig.sandbox.mend()
        rig.caller.run(setting.rate, after, later)
        end = time.monotonic()
        creates = [r for r in rig.requests("stripe", begun, end) if r.path.startswith("/v1/payment_intents")]
        refused = [r.at - rig.offset for r in creates if r.status == 429]
        steady = [r for r in creates if begun + 10 <= r.at - rig.offset < mended]
        taken = [r.at - rig.offset for r in creates if is_create(r) and r.status == 200 and r.at - rig.offset >= mended + 5]
        back = next((at - mended for at, rate in rates(taken, 5) if rate >= 0.9 * STRIPE_RATE), None)
        fastest = max((rate for _, rate in rates(taken, 5)), default=None)
        used = sum(1 for r in steady if is_create(r) and r.status == 200) / max(mended - begun - 10, 1)
        rig.caller.close()
        rig.settle(180)
        figures = [
            Figure("429 in the first 10 s", sum(at < begun + 10 for at in refused)),
            Figure("429 after 10 s", 100 * sum(r.status == 429 for r in steady) / max(len(steady), 1), most=2, unit=" %"),
            Figure("of the halved limit used", 100 * used / (STRIPE_RATE / 2), unit=" %"),
            Figure("fastest 5 s after", fastest, unit="/s"), Figure("full rate again", back, most=None if setting.isShort else 120, unit=" s"),
            Figure("trips", rig.watch.trips("stripe", begun), most=0), *money(rig),
        ]
        causes = "; ".join(rig.watch.causes("stripe", begun))
    return Found("T9", "Stripe silently halves its limit", figures, causes)


def punished(setting: Setting) -> Found:
    """T10: twice as many calls as the provider takes, which shuts who goes over its limit out for 2 s."""
    seconds = 75 if setting.isShort else setting.punished
    ask = lambda number: ({"capability": "weather", "operation": "current", "mode": "async",
                           "input": {"latitude": 47.4, "longitude": number % 36_000 / 100 - 180}}, f"weather-{number}")
    with Rig(setting.binary, ["openweathermap"], ["openweathermap"], capability="weather") as rig:
        rig.sandbox.fault("openweathermap", kind="punish", delay_ms=2_000)
        begun = time.monotonic()
        rig.caller.run(2, seconds, ask)
        came = rig.requests("openweathermap", begun)
        blocks = sum(later.status == 429 and first.status != 429 for first, later in itertools.pairwise(came))
        served = sum(r.status == 200 for r in came)
        bad = sum(r.is_error for r in rig.caller.results)
    return Found("T10", "OpenWeatherMap shuts out who goes over its limit", [
        Figure("seconds", seconds), Figure("calls asked for", len(rig.caller.results)), Figure("served meanwhile", served),
        Figure("blocks", blocks, most=max(1, seconds / 600)), Figure("refused with 429", sum(r.status == 429 for r in came)),
        Figure("errors of Usher's", bad, most=0),
    ])


def drained(setting: Setting) -> Found:
    """T13: thousands wait for Stripe when it comes back; one critical call a second all the time."""
    later = lambda number: charge(number, sources={"stripe": "pm_card_visa"}, mode="async", priority="low")
    urgent = lambda number: charge(number, sources={"stripe": "pm_card_visa"}, priority="critical")
    with Rig(setting.binary, ["stripe"], ["stripe"]) as rig:
        rig.caller.run(1, 20, urgent, "before")
        rig.sandbox.fault("stripe", kind="refuse")
        for _ in range(setting.backlog):
            rig.caller.send(later, "backlog")
        while not rig.caller.work.empty():
            time.sleep(0.1)
        time.sleep(2)
        waiting = len([r for r in rig.caller.labelled("backlog") if not r.is_error])
        mended = time.monotonic()
        rig.sandbox.mend()
        end = mended + 60 + setting.backlog / STRIPE_RATE * 1.5
        done = 0
        while time.monotonic() < end and done < waiting:
            rig.caller.run(1, 2, urgent, "after")
            done = sum(r.status == 200 and r.path.endswith("/confirm") for r in rig.requests("stripe", mended))
        rig.caller.close()
        rig.settle(120)
        taken = [r.at - rig.offset for r in rig.requests("stripe", mended) if r.status == 200 and r.path.endswith("/confirm")]
        closed = rig.watch.first("stripe", ("closed",), mended)
        steady = [at for at in taken if closed is not None and at >= closed][:int(0.95 * waiting)]
        drain = len(steady) / max(steady[-1] - steady[0], 1) if len(steady) > 100 else None
        waits = lambda label: [r.took for r in rig.caller.labelled(label)]
        first = rig.watch.first("stripe", ("ramping", "closed"), mended)
        figures = [
            Figure("backlog", waiting, least=setting.backlog), Figure("first step of the ramp", first and first - mended, unit=" s"),
            Figure("closed", closed and closed - mended, unit=" s"),
            Figure("second trips", None if first is None else rig.watch.trips("stripe", first), most=0),
            Figure("drained", drain and 100 * drain / STRIPE_RATE, least=95, unit=" % of the limit"),
            Figure("429", sum(r.status == 429 for r in rig.requests("stripe", mended))),
            Figure("critical mean before", sum(waits("before")) / max(len(waits("before")), 1), unit=" s"),
            Figure("critical mean after", sum(waits("after")) / max(len(waits("after")), 1), unit=" s"),
            Figure("critical p99 after", percentile(waits("after"), 0.99), unit=" s"),
            Figure("critical longer by", sum(waits("after")) / max(len(waits("after")), 1) - sum(waits("before")) / max(len(waits("before")), 1),
                   most=0.1, unit=" s"),
            Figure("critical errors", sum(r.is_error for r in rig.caller.labelled("after")), most=0), *money(rig),
        ]
    return Found("T13", f"Stripe comes back to {setting.backlog:,} waiting calls", figures)


def noisy(setting: Setting) -> Found:
    """T15: one wedding asks for thousands of payments at once; five others go on as before, each answer taking 150 ms."""
    seconds = 20 if setting.isShort else 60
    weddings = ["ahmed", "bianchi", "clark", "dubois", "evans"]
    sources = {"stripe": "pm_card_visa"}
    quiet = lambda number: charge(number, sources=sources, wedding=weddings[number % 5])
    loud = lambda number: charge(number, "noise", sources=sources, wedding="noisy", mode="async")
    with Rig(setting.binary, ["stripe"], ["stripe"], threads=32) as rig:
        for name in [*weddings, "noisy"]:
            rig.wedding(name)
        rig.sandbox.fault("stripe", kind="slow", delay_ms=150)
        rig.caller.run(5, 10, quiet, "warm")
        rig.caller.run(5, seconds, quiet, "alone")
        other = rig.another_caller(16)
        for _ in range(setting.noise):
            other.send(loud, "noise")
        rig.caller.run(5, seconds, quiet, "beside")
        while not other.work.empty():
            rig.caller.run(5, 1, quiet, "beside")
        rig.caller.close()
        noise = other.labelled("noise")
        alone, beside = ([r.took for r in rig.caller.labelled(label)] for label in ("alone", "beside"))
        p99 = [percentile(waits, 0.99) for waits in (alone, beside)]
        # While the noise is sent, its sender, the sandbox and Usher share the cores; then only the limit is shared.
        taken = max((r.began + r.took for r in noise), default=0)
        after = [r.took for r in rig.caller.labelled("beside") if r.began > taken]
        figures = [
            Figure("noisy calls taken on", sum(not r.is_error for r in noise)),
            Figure("noisy calls sent back", sum(r.is_error for r in noise)),
            Figure("others p50 alone", percentile(alone, 0.5), unit=" s"), Figure("others p50 beside", percentile(beside, 0.5), unit=" s"),
            Figure("others p99 alone", p99[0], unit=" s"), Figure("others p99 beside", p99[1], unit=" s"),
            Figure("others p99 once the noise is taken on", percentile(after, 0.99), unit=" s"), Figure("others after", len(after)),
            Figure("others p99 longer by", 100 * (p99[1] / p99[0] - 1), most=10, unit=" %"),
            Figure("others errors", sum(r.is_error for r in rig.caller.labelled("beside")), most=0),
            *money(rig, isOver=False),
        ]
    return Found("T15", f"One wedding asks for {setting.noise:,} payments", figures)
