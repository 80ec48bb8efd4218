"""How Usher behaves when there is much to do: who goes first, who suffers from whom, and how fast one finds an event."""

import concurrent.futures, datetime, hashlib, hmac, json, pathlib, re, statistics, subprocess, time
import http.client
import urllib.parse

from harness import HERE, Receiver, SECRET, usher, wrk

TOKEN = "bench-bulk-token-0123456789"
BULK = {"bulk": f"{{provider: generic, secrets: [{TOKEN}], settings: {{auth: bearer, id_pointer: /id, "
        "type_pointer: /type, priority: low}}"}
# What the receiver writes of each delivery: when, and of which event.
LOG = "$msec $http_webhook_id"


class API:
    """One kept connection with the admin key, so that connecting is no part of the figures."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        server.log.flush()
        self.key = re.search(r"ushk_\w+", pathlib.Path(server.log.name).read_text()).group(0)

    def __call__(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        document = json.loads(answer.read() or b"null")
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {document}")
        return document


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(values):
    return f"p50 {statistics.median(values) * 1e3:.1f} ms, p99 {percentile(values, 0.99) * 1e3:.1f} ms"


class Sender:
    """Stripe events about one wedding, one after the other on one connection."""

    def __init__(self, server, run, wedding):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.run, self.wedding, self.count = run, wedding, 0

    def send(self):
        """Sends one; gives the id Usher made, when it was sent, and how long the answer took."""
        self.count += 1
        body = json.dumps({
            "id": f"evt_{self.run}{self.count}", "object": "event", "type": "payment_intent.succeeded",
            "created": int(time.time()),
            "data": {"object": {"id": f"pi_{self.run}{self.count}", "object": "payment_intent",
                                "metadata": {"wedding_id": self.wedding}}},
        }).encode()
        stamp = str(int(time.time()))
        code = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        begin = time.time()
        self.connection.request("POST", "/api/integrations/webhooks/stripe", body,
                                {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={code}"})
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"not stored: {answer.status}")
        return answer.headers["usher-event"], begin, time.time() - begin


def bulk(server, connections, seconds, run):
    return wrk(server, connections, seconds, run, path="/api/integrations/webhooks/bulk", script="bulk.lua", secret=TOKEN)


def arrivals(receiver):
    found = {}
    for line in receiver.log.read_text().splitlines():
        at, _, event = line.partition(" ")
        found.setdefault(event, float(at))
    return found


def started(receiver, sent, seconds=30):
    """How long after each was sent its delivery began; waits for all of them."""
    end = time.time() + seconds
    while True:
        came = arrivals(receiver)
        if all(event in came for event, _, _ in sent) or time.time() > end:
            return [came.get(event, float("inf")) - begin for event, begin, _ in sent]
        time.sleep(0.2)


def paced(sender, count, interval):
    sent, next_at = [], time.time()
    for _ in range(count):
        sent.append(sender.send())
        next_at += interval
        time.sleep(max(0, next_at - time.time()))
    return sent


def wedding_today(server, name):
    day = datetime.datetime.now(datetime.timezone.utc)
    API(server)("POST", "/api/weddings", {
        "id": name, "title": "Garcia", "date": day.strftime("%Y-%m-%d"), "zone": "UTC",
    })


def ahead(arguments, folder):
    print(f"\n## A wedding day's events behind a backlog of {arguments.backlog:,} of low priority\n")
    receiver = Receiver(folder, log_format=LOG)
    server = usher(arguments, folder, receiver.port, sources=BULK, destination_more=" rate_per_second: 500,")
    wedding_today(server, "garcia")
    stored, number = 0, 0
    while stored < arguments.backlog:
        number += 1
        stored += bulk(server, 64, 2, f"a{number}-")["requests"]
    sent = paced(Sender(server, "ahead", "garcia"), 200, 0.05)
    waited = started(receiver, sent)
    print(f"{stored:,} waiting, one destination limited to 500 a second; 200 events of today's wedding, 20 a second:")
    print(f"from sending to the start of delivery: {milliseconds(waited)}")
    server.stop()
    receiver.stop()
    receiver.log.unlink()


def neighbours(arguments, folder):
    print("\n## A quiet source beside a noisy one\n")
    receiver = Receiver(folder, log_format=LOG)
    server = usher(arguments, folder, receiver.port, sources=BULK, destination_events="payment_intent.*")
    alone = paced(Sender(server, "alone", "garcia"), 100, 0.05)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        noise = pool.submit(bulk, server, 16, 8, "n")
        time.sleep(1)
        beside = paced(Sender(server, "beside", "garcia"), 100, 0.05)
        noise = noise.result()
    for name, sent in [("alone", alone), (f"beside {noise['per_second']:,.0f} webhooks a second of another source", beside)]:
        print(f"20 a second {name}: answered {milliseconds([took for _, _, took in sent])}; "
              f"delivery begun {milliseconds(started(receiver, sent))}")
    server.stop()
    receiver.stop()
    receiver.log.unlink()


def lookup(arguments, folder):
    print(f"\n## Finding one of {arguments.events:,} events\n")
    server = usher(arguments, folder)
    stored, number = 0, 0
    while stored < arguments.events:
        number += 1
        stored += wrk(server, 64, 10, f"l{number}-")["requests"]
    api = API(server)
    page = api("GET", "/api/events?limit=200")
    events = page["data"]
    for name, paths in {
        "explain": [f"/api/events/{event['id']}/explain" for event in events],
        "search by the provider's id": [f"/api/events?q={event['provider_event_id']}" for event in events],
        "search by type, last hour": [f"/api/events?type=payment_intent.*&since={since()}" for _ in events],
        "search by an identifier": [f"/api/events?q={urllib.parse.quote('cus_QbLmZ8sVnT2wXy')}" for _ in events],
    }.items():
        took = []
        for path in paths:
            begin = time.time()
            api("GET", path)
            took.append(time.time() - begin)
        print(f"{name}: {milliseconds(took)}")
    server.stop()


def since():
    hour = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    return urllib.parse.quote(hour.strftime("%Y-%m-%dT%H:%M:%SZ"))
