"""What those who watch cost ingest: the same server under the same load, without and with them, in turns."""

import asyncio
import multiprocessing
import pathlib
import re
import socket
import statistics
import sys
import time

from harness import HERE, resident_mib, usher, wrk

sys.path.append(str(HERE.parent / "scripts/proof"))

# What a dashboard shows without being asked: everything but single events, deliveries and calls.
DASHBOARD = "kinds=health.*,incident.*,emergency.changed,alert.changed,failover.*,silence.changed,delivery.dead"
# The stream that a page of the dashboard reads: of every kind the latest, once a second.
PAGE = "brief=true"
# What that page asks for besides, every so many seconds.
PAGES = ["/api/integrations/health-check", "/api/events?limit=50", "/api/deliveries?limit=50"]
PAGES_EVERY = 5


def watch(port, key, queries, pages, ready, over, result):
    """A process of its own: holds the subscriptions, reads what comes, and asks for pages like a dashboard."""
    asyncio.run(hold(port, key, queries, pages, ready, over, result))


async def hold(port, key, queries, pages, ready, over, result):
    from event_stream import EventStream

    streams = [EventStream(port, key, query) for query in queries]
    for start in range(0, len(streams), 100):
        statuses = await asyncio.gather(*(stream.connect() for stream in streams[start:start + 100]))
        if set(statuses) != {200}:
            raise RuntimeError(f"subscribers are answered {set(statuses)}")
    readings = [asyncio.create_task(drain(stream)) for stream in streams]
    asking = asyncio.create_task(ask(port, key)) if pages else None
    ready.set()
    while not over.is_set():
        await asyncio.sleep(0.1)
    for task in readings + ([asking] if asking else []):
        task.cancel()
    result.put((sum(len(stream.events) for stream in streams), sum(len(stream.gaps) for stream in streams)))


def swallow(port, key, queries, pages, ready, over, result):
    """Like `watch`, for one who wants everything: counts what comes and does not read it, so that the measured cost is the
    server's and not the reader's, who has the same cores."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"GET /api/stream?{queries[0]} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\n\r\n"
        connection.sendall(head.encode())
        connection.settimeout(0.1)
        seen = gaps = 0
        while not over.is_set():
            try:
                piece = connection.recv(1 << 20)
            except TimeoutError:
                continue
            if not piece:
                break
            ready.set()
            seen += piece.count(b"\ndata: ")
            gaps += piece.count(b"event: gap")
    result.put((seen, gaps))


async def drain(stream):
    try:
        while True:
            await stream.read()
    except (EOFError, OSError, asyncio.IncompleteReadError):
        pass


async def ask(port, key):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while True:
        for page in PAGES:
            writer.write(f"GET {page} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head).group(1)))
        await asyncio.sleep(PAGES_EVERY)


def loaded(server, key, queries, pages, seconds, run):
    """Loads the server while they watch; the load's figures, what they saw, and what holding them cost in memory."""
    before = resident_mib(server.process.pid)
    ready, over, result = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
    watcher = multiprocessing.Process(target=watch if pages else swallow, args=(server.port, key, queries, pages, ready, over, result))
    watcher.start()
    if not ready.wait(60):
        sys.exit("the subscribers do not get in")
    held = resident_mib(server.process.pid) - before
    figures = wrk(server, 64, seconds, run)
    over.set()
    seen, gaps = result.get(timeout=30)
    watcher.join()
    return figures, seen, gaps, held


def stream(arguments, folder):
    count = 200 if arguments.quick else 1_000
    rounds = 1 if arguments.quick else 5
    print(f"\n## The live stream: webhooks in, with nobody watching and with {count:,} subscribers, in turns\n")
    print("The subscribers have a dashboard's filter: no single events, deliveries and calls. The dashboard reads the brief")
    print(f"stream of all kinds and asks for three pages every {PAGES_EVERY} s. The last row is one that wants every event.\n")
    print("| who watches | rounds | per second | p99 ms | CPU-µs each | of nobody's |\n|---|---|---|---|---|---|")
    server = usher(arguments, folder)
    server.log.flush()
    key = re.search(r"ushk_\w+", pathlib.Path(server.log.name).read_text()).group(0)
    wrk(server, 64, 2, "warm")
    cases = {
        "nobody": [], f"{count:,} subscribers and a dashboard": [DASHBOARD] * count + [PAGE],
        "one, every event": ["kinds=event.stored"],
    }
    results, notes = {name: [] for name in cases}, {}
    for number in range(rounds):
        # The order turns, so that a database that grows is nobody's disadvantage.
        names = list(cases)[number % 3:] + list(cases)[:number % 3]
        for name in names:
            if cases[name]:
                figures, seen, gaps, held = loaded(
                    server, key, cases[name], len(cases[name]) > 1, arguments.seconds, f"{number}{names.index(name)}"
                )
                notes[name] = (seen, gaps, held)
            else:
                figures = wrk(server, 64, arguments.seconds, f"{number}{names.index(name)}")
            results[name].append(figures)
    base = statistics.median(result["per_second"] for result in results["nobody"])
    base_cpu = statistics.median(result["cpu_us"] for result in results["nobody"])
    for name, figures in results.items():
        rates = [result["per_second"] for result in figures]
        cpu = statistics.median(result["cpu_us"] for result in figures)
        print(
            f"| {name} | {rounds} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) "
            f"| {statistics.median(result['p99_ms'] for result in figures):.1f} | {cpu:.0f} "
            f"| {statistics.median(rates) / base * 100:.1f} %; CPU {cpu / base_cpu * 100:.1f} % |"
        )
    for name, (seen, gaps, held) in notes.items():
        print(f"\n{name}, last round: {seen:,} signals seen, {gaps} gaps, {held:.0f} MiB more to hold them")
    bad = sum(result["bad"] for figures in results.values() for result in figures)
    print(f"\nanswers that were not 2xx: {bad}")
    server.stop()
