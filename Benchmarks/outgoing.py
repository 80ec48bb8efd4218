"""Calls to providers, played by `usher sandbox` on loopback with its limits lifted."""

import asyncio, collections, contextlib, itertools, json, pathlib, re, resource, shutil, time
import urllib.request

from harness import Server, cpu_seconds, free_port, resident_mib, row, usher, wrk
from operate import API, percentile

KEYS = {"stripe": "sk_test_usher_sandbox", "weatherapi": "fedcba9876543210fedcba98765432"}
# The sandbox's ports behind its base.
PLACES = {"stripe": 1, "weatherapi": 11}
READ = "/v1/current.json?q=47.4,8.5"
PLENTY = "{per_second: 50000, burst: 50000}"
LIMITS = {"stripe": f"{{global: {PLENTY}, charges: {PLENTY}}}", "weatherapi": "{month: {count: 100000000, window_seconds: 86400}}"}
CONCURRENT = 10_000
# So long the sandbox takes for an answer while many wait; it serves 256 at a time.
ANSWER_MS = 1_000

PROXY = """daemon off; master_process off; pid {folder}/proxy.pid; error_log {folder}/proxy.err;
events {{ worker_connections 2048; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/pb; proxy_temp_path {folder}/pp;
fastcgi_temp_path {folder}/pf; uwsgi_temp_path {folder}/pu; scgi_temp_path {folder}/ps;
upstream sandbox {{ server 127.0.0.1:{target}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://sandbox; proxy_http_version 1.1;
proxy_set_header Connection ""; }} }} }}
"""


class Vendors:
    """The sandbox of Stripe and WeatherAPI."""

    def __init__(self, arguments, folder):
        while True:
            self.base = free_port()
            if self.base < 60_000:
                break
        self.server = Server([arguments.usher, "sandbox", "--only", "stripe,weatherapi", "--port-base", str(self.base)],
                             self.base + PLACES["weatherapi"], folder)
        self.process = self.server.process
        self.lift()

    def url(self, name):
        return f"http://127.0.0.1:{self.base + PLACES[name]}"

    def ask(self, name, path, body=None, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(self.url(name) + path, data=data, method=method), timeout=10).close()

    def lift(self):
        """Forgets everything, and lifts the limits."""
        for name in PLACES:
            self.ask(name, "/_reset")
            self.ask(name, "/_faults", {"kind": "scale_limit", "factor": 1000})

    def integrations(self):
        lines = ["limits: {connections: 16384, requests: 20000, request_seconds: 120}", "integrations:"]
        for name, key in KEYS.items():
            lines.append(f'  {name}: {{provider: {name}, credential: {key}, base_url: "{self.url(name)}", '
                         f"allow_private: true, limits: {LIMITS[name]}}}")
        return lines


def at(port, process=None):
    """A server that is there already, as `wrk` wants it."""
    server = type("At", (), {})()
    server.port, server.process = port, process
    return server


def calls(arguments, folder):
    vendors = Vendors(arguments, folder)
    try:
        submitted(arguments, folder, vendors)
        proxied(arguments, folder, vendors)
        concurrent(arguments, folder, vendors)
    finally:
        vendors.server.stop()


def submitted(arguments, folder, vendors):
    print("\n## Calls: the intent durable before a byte leaves, the answer stored before the caller has it; sandbox on the same cores\n")
    print("| call | connections | per second | p50 ms | p99 ms | CPU-µs each | not succeeded |\n|---|---|---|---|---|---|---|")
    for kind, text in (("weather", "weather.current: one request"), ("payments", "payments.charge: two requests")):
        for connections in [c for c in arguments.connections if c <= 64]:
            vendors.lift()
            server = usher(arguments, folder, more=vendors.integrations())
            key = API(server).key
            options = {"path": "/api/calls", "script": "calls.lua", "secret": key, "more": [kind]}
            wrk(server, connections, 1, "warm", **options)
            row(text, connections, wrk(server, connections, arguments.seconds, "m", **options))
            server.stop()


def proxied(arguments, folder, vendors):
    print("\n## Reads through the proxy, each written to the journal, beside nginx before the same sandbox\n")
    print("| way | connections | per second | p50 ms | p99 ms | CPU-µs each | not 200 |\n|---|---|---|---|---|---|---|")
    vendors.lift()
    ways = {"direct": at(vendors.base + PLACES["weatherapi"], vendors.process)}
    plain = f"{READ}&key={KEYS['weatherapi']}"
    if shutil.which("nginx"):
        port = free_port()
        (folder / "proxy.conf").write_text(PROXY.format(folder=folder, port=port, target=ways["direct"].port))
        ways["nginx"] = Server(["nginx", "-p", str(folder), "-c", str(folder / "proxy.conf")], port, folder)
    else:
        print("| nginx is missing | | | | | | |")
    server = ways["usher"] = usher(arguments, folder, more=vendors.integrations())
    key = API(server).key
    for connections in [c for c in arguments.connections if c <= 16] or [1]:
        found = {}
        for name, place in ways.items():
            path = f"/api/proxy/weatherapi{READ}" if name == "usher" else plain
            options = {"path": path, "script": "calls.lua", "secret": key}
            wrk(place, connections, 1, "warm", **options)
            # Three rounds, the best p50 of each: what else the machine does only ever adds.
            rounds = [wrk(place, connections, max(arguments.seconds // 3, 1), "m", **options) for _ in range(3)]
            found[name] = min(rounds, key=lambda result: result["p50_ms"])
            row(name, connections, found[name])
        added = {name: (result["p50_ms"] - found["direct"]["p50_ms"]) * 1e3 for name, result in found.items()}
        text = f"\nadded p50 at {connections}: usher {added['usher']:.0f} µs"
        if "nginx" in added:
            text += (f", nginx {added['nginx']:.0f} µs: {added['usher'] / max(added['nginx'], 1):.1f} times; limit 3 times: "
                     + ("pass" if added["usher"] <= 3 * max(added["nginx"], 1) else "MISS"))
        print(text + "\n", flush=True)
    for name, place in ways.items():
        if name != "direct":
            place.stop()


def concurrent(arguments, folder, vendors):
    count = 1_000 if arguments.quick else CONCURRENT
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 500)
    print(f"\n## {count:,} calls at a time, one connection each; the sandbox takes {ANSWER_MS} ms, 256 at a time\n")
    vendors.lift()
    vendors.ask("weatherapi", "/_faults", {"kind": "slow", "delay_ms": ANSWER_MS})
    server = usher(arguments, folder, more=vendors.integrations())
    key = API(server).key
    rest, cpu, begun = resident_mib(server.process.pid), cpu_seconds(server.process.pid), time.time()
    answers = asyncio.run(flood(server.port, key, count))
    taken = time.time() - begun
    told = collections.Counter(answer for answer, _, _ in answers)
    waits = [over - begun for _, begun, over in answers]
    steps = sorted([(begun, 1) for _, begun, _ in answers] + [(over, -1) for _, _, over in answers])
    most = max(itertools.accumulate(step for _, step in steps))
    # Those that were told to wait are looked at in the end.
    api, states = API(server), collections.Counter()
    end = time.time() + 120
    while time.time() < end and any(api("GET", f"/api/calls?limit=1&state={state}")["data"] for state in ("queued", "working")):
        time.sleep(1)
    cursor = ""
    while True:
        page = api("GET", f"/api/calls?limit=200{cursor}")
        states.update(call["state"] for call in page["data"])
        if not page.get("next"):
            break
        cursor = f"&cursor={page['next']}"
    print(f"told: {', '.join(f'{name} {number:,}' for name, number in told.most_common())}; in the end: "
          f"{', '.join(f'{name} {number:,}' for name, number in states.most_common())}")
    print(f"{most:,} callers waited at a time; all answered after {taken:.1f} s, p50 {percentile(waits, 0.5):.1f} s, p99 {percentile(waits, 0.99):.1f} s; "
          f"{(cpu_seconds(server.process.pid) - cpu) / count * 1e6:.0f} CPU-µs each")
    print(f"resident: {rest:.0f} MiB before, {peak_mib(server.process.pid):.0f} MiB at most, "
          f"{resident_mib(server.process.pid):.0f} MiB after")
    own = count - states["succeeded"]
    print(f"failures of Usher's own: {own}: {'pass' if own == 0 else 'MISS'}")
    server.stop()


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


async def flood(port, key, count):
    """Sends all calls, each on a connection of its own; what was told of each, when it left and when that came."""
    ready = asyncio.Semaphore(200)
    late = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))

    async def one(number):
        async with ready:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps({"capability": "weather", "operation": "current", "mode": "sync", "deadline": late,
                           "input": {"latitude": number // 36_000, "longitude": number % 36_000 / 100 - 180}})
        begun = time.time()
        writer.write((f"POST /api/calls HTTP/1.1\r\nHost: usher\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
                      f"Idempotency-Key: many-{number}\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 100)
            length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
            found = json.loads(await asyncio.wait_for(reader.readexactly(length), 10))
            answer = f"{head.split(b' ', 2)[1].decode()} {found.get('state', found.get('code'))}"
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            answer = type(error).__name__
        with contextlib.suppress(OSError):
            writer.close()
        return answer, begun, time.time()

    return await asyncio.gather(*(one(number) for number in range(count)))
