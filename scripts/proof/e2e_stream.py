"""The live stream, end to end: see scripts/e2e-stream."""

import argparse
import asyncio
import json
import pathlib
import random
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request

import websockets

import stripe_events
from event_stream import EventStream
from sender import Senders
from usher_process import Usher

SECRET = "whsec_stream_0123456789abcdef"


def check(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def export(usher: Usher, query: str = "", after: str | None = None) -> list[dict]:
    """Every line of the export, from cursor to cursor until there is no more."""
    lines: list[dict] = []
    cursor = f"&after={after}" if after else ""
    while True:
        request = urllib.request.Request(
            f"{usher.url}/api/export?limit=5000{query}{cursor}", headers={"Authorization": f"Bearer {usher.key}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            page = [json.loads(line) for line in answer]
        check(page[-1]["kind"] == "end", "an export ends with its end")
        lines += page[:-1]
        if not page[-1]["more"]:
            return lines
        cursor = f"&after={page[-1]['cursor']}"


async def reconnects(usher: Usher, count: int, load: int) -> None:
    """One subscriber of every event, cut off again and again under load: it gets each once, in order."""
    senders = Senders([usher.port], "shop", SECRET, connections=16)
    senders.budget = load
    senders.open.set()
    stream = EventStream(usher.port, usher.key, "kinds=event.stored")
    chance = random.Random(1)
    check(await stream.connect() == 200, "the stream opens")
    started = time.monotonic()
    sending = asyncio.create_task(senders.run())
    for _ in range(count):
        await stream.read_for(chance.uniform(0.01, 0.12))
        stream.drop()
        await asyncio.sleep(chance.choice([0, 0, 0.02, 0.1]))
        check(await stream.connect() == 200, "the stream opens again")
    taken = time.monotonic() - started
    during = len(senders.ledger.acknowledged)
    senders.ending = True
    senders.budget = 0
    await sending
    acknowledged = len(senders.ledger.acknowledged)
    end = time.monotonic() + 60
    while len(stream.events) < acknowledged and time.monotonic() < end:
        await stream.read_for(0.5)
    stream.drop()
    subjects = [event["subject"] for event in stream.events]
    stored = [line["data"]["id"] for line in export(usher, "&kinds=event")]
    check(not stream.gaps, f"a gap within the ring: {stream.gaps[:1]}")
    check(len(set(subjects)) == len(subjects), f"{len(subjects) - len(set(subjects))} events came twice")
    check(set(subjects) == set(stored), f"{len(set(stored) - set(subjects))} of {len(stored)} events never came")
    numbers = [int(event["id"].split("-")[1]) for event in stream.events]
    check(numbers == sorted(numbers), "the order of the signals is not that of their numbers")
    check(len(stored) == acknowledged, "the export has what was acknowledged")
    print(
        f"reconnects: {count} in {taken:.1f} s at {during / taken:,.0f} events/s; {len(subjects):,} events came once, "
        "in order; none lost, none twice"
    )


async def restarted(usher: Usher) -> None:
    """After a restart the client learns of the gap, and the export it is sent to has what it missed."""
    stream = EventStream(usher.port, usher.key, "kinds=event.stored")
    check(await stream.connect() == 200, "the stream opens")
    send(usher, 900_001)
    while not stream.events:
        await stream.read()
    stream.drop()
    usher.stop()
    usher.start()
    usher.wait_ready()
    missed = send(usher, 900_002)
    check(await stream.connect() == 200, "the stream opens after a restart")
    while not stream.gaps:
        await stream.read()
    stream.drop()
    gap = stream.gaps[0]
    check(gap["reason"] == "restarted", "the gap says why")
    cursor = re.search(r"after=([^&]+)", gap["export"]).group(1)
    found = [line["data"]["provider_event_id"] for line in export(usher, "&kinds=event", cursor)]
    check(missed in found, "the export has what was missed")
    print(f"restart: a gap that leads to the export; {len(found):,} events from there, the missed one among them")


def send(usher: Usher, number: int) -> str:
    identifier, body = stripe_events.event(number, "pi_single")
    headers = {"Content-Type": "application/json", "Stripe-Signature": stripe_events.signature(body, SECRET)}
    urllib.request.urlopen(urllib.request.Request(usher.webhook_url("shop"), body, headers), timeout=10).close()
    return identifier


async def socket(usher: Usher) -> None:
    """Another's WebSocket client: signals, a changed subscription, pings, resuming, and every way to be refused."""
    address = f"ws://127.0.0.1:{usher.port}/api/ws"
    key = {"Authorization": f"Bearer {usher.key}"}

    def connect(query: str = "", **more):
        return websockets.connect(f"{address}?{query}", additional_headers=key, **more)

    async with connect("kinds=event.stored") as client:
        send(usher, 910_001)
        first = json.loads(await asyncio.wait_for(client.recv(), 10))
        check(first["kind"] == "event.stored", "a signal comes as JSON")
        latency = await (await client.ping())
        await client.send(json.dumps({"subscribe": {"kinds": ["alert.*"]}}))
        await client.ping()
        send(usher, 910_002)
        try:
            await asyncio.wait_for(client.recv(), 1)
            raise AssertionError("what is not subscribed to does not come")
        except TimeoutError:
            pass
        parts = ['{"subscribe":', '{"kinds":"event.stored",', f'"last_event_id":"{first["id"]}"}}}}']
        await client.send(parts)
        second = json.loads(await asyncio.wait_for(client.recv(), 10))
        check(int(second["id"].split("-")[1]) > int(first["id"].split("-")[1]), "a subscription goes on where it was")
    check(client.close_code == 1000, "a close is answered")

    for message, code in [
        ("{}", 1008), (b"\x00", 1003), ("x" * 5_000, 1009), ('{"subscribe":{"kinds":["no"]}}', 1008),
    ]:
        async with connect() as client:
            await client.send(message)
            try:
                await asyncio.wait_for(client.recv(), 10)
            except websockets.ConnectionClosed as closed:
                check(closed.rcvd.code == code, f"{message[:20]!r} ends with {closed.rcvd.code}, not {code}")
    async with connect() as client:
        try:
            for _ in range(100):
                await client.ping()
            await asyncio.wait_for(client.recv(), 10)
        except websockets.ConnectionClosed as closed:
            check(closed.rcvd.code == 1008, "too many messages end with 1008")
    for headers, status in [
        ({}, 401), ({"Authorization": "Bearer ushk_no"}, 401), ({"Cookie": "x=y", "Origin": "https://evil.example"}, 401),
    ]:
        try:
            await websockets.connect(address, additional_headers=headers)
            raise AssertionError("a stranger is not let in")
        except websockets.InvalidStatus as refused:
            check(refused.response.status_code == status, f"{refused.response.status_code} is not {status}")
    print(f"WebSocket: signals, subscription, resume, ping ({latency * 1e3:.1f} ms), closes and refusals as documented")


async def subscribers(usher: Usher, count: int, signals: int) -> None:
    """Many subscribers of one kind: each gets each signal once; how long that takes and what it weighs."""
    before = resident_mib(usher)
    arrivals: list[float] = []
    streams = [EventStream(usher.port, usher.key, "kinds=event.stored") for _ in range(count)]
    for start in range(0, count, 100):
        statuses = await asyncio.gather(*(stream.connect() for stream in streams[start:start + 100]))
        check(set(statuses) == {200}, f"subscribers are answered {set(statuses)}")
    weight = resident_mib(usher) - before
    sent: dict[str, float] = {}

    async def listen(stream: EventStream) -> None:
        while len(stream.events) < signals:
            known = len(stream.events)
            await stream.read()
            now = time.time()
            for event in stream.events[known:]:
                arrivals.append(now - sent["at"])

    listening = [asyncio.create_task(listen(stream)) for stream in streams]
    for number in range(signals):
        sent["at"] = time.time()
        await asyncio.to_thread(send, usher, 920_000 + number)
        await asyncio.sleep(1.0)
    await asyncio.wait_for(asyncio.gather(*listening), 60)
    check(all(len(stream.events) == signals for stream in streams), "each gets each signal once")
    for stream in streams:
        stream.drop()
    arrivals.sort()
    print(
        f"subscribers: {count:,} each got {signals} signals; sent to seen (one Python process reads all): median "
        f"{statistics.median(arrivals) * 1e3:.0f} ms, last {arrivals[-1] * 1e3:.0f} ms; "
        f"{weight * 1024 / count:.0f} KiB of memory each"
    )


async def limit(usher: Usher) -> None:
    """One subscriber more than may be is told to come again."""
    streams: list[EventStream] = []
    status = 200
    while status == 200 and len(streams) < 2_100:
        batch = [EventStream(usher.port, usher.key, "kinds=alert.*") for _ in range(50)]
        statuses = await asyncio.gather(*(stream.connect() for stream in batch))
        streams += batch
        status = max(statuses)
    open_now = 50 * (len(streams) // 50 - 1) + sum(s == 200 for s in statuses)
    check(status == 503, f"beyond the limit comes 503, not {status}")
    usher.get("/api/events?limit=1")
    for stream in streams:
        stream.drop()
    print(f"limit: {open_now:,} subscribers are taken, the next gets 503; the rest of the API answers")


def resident_mib(usher: Usher) -> float:
    status = pathlib.Path(f"/proc/{usher.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


async def run(usher: Usher, options: argparse.Namespace) -> None:
    await reconnects(usher, options.reconnects, options.events)
    await restarted(usher)
    await socket(usher)
    await subscribers(usher, options.subscribers, 5)
    if not options.quick:
        await limit(usher)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    parser.add_argument("--reconnects", type=int, default=100, help="broken connections")
    parser.add_argument("--events", type=int, default=200_000, help="the most events that are sent meanwhile")
    parser.add_argument("--subscribers", type=int, default=1_000, help="subscribers at one time")
    parser.add_argument("--quick", action="store_true", help="20 reconnects, 200 subscribers, no limit")
    options = parser.parse_args()
    if options.quick:
        options.reconnects, options.subscribers = 20, 200
    if not pathlib.Path(options.usher).exists():
        print(f"e2e-stream: no binary at {options.usher}; run `make build` or say --usher PATH")
        return 2
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-stream-"))
    usher = Usher(
        options.usher,
        folder,
        sources={"shop": {"provider": "stripe", "secrets": ["env:STREAM_SECRET"]}},
        destinations={},
        environment={"STREAM_SECRET": SECRET},
    )
    try:
        usher.start()
        usher.wait_ready()
        asyncio.run(run(usher, options))
        began = time.monotonic()
        usher.stop()
        print(f"stop: {time.monotonic() - began:.1f} s")
    except (AssertionError, RuntimeError, urllib.error.URLError) as error:
        print(f"e2e-stream: {error}\nthe log is in {usher.log}")
        return 1
    finally:
        usher.kill()
    shutil.rmtree(folder, ignore_errors=True)
    print("e2e-stream: all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
