"""Sends Stripe events as fast as one process can, each until it is acknowledged, as Stripe would."""

import asyncio
import collections
import dataclasses

import stripe_events

# Each so many events of a connection, an older one that was acknowledged is sent again.
REPEAT_EVERY = 10


@dataclasses.dataclass
class Ledger:
    """What was sent and what Usher said to it."""

    acknowledged: set[str] = dataclasses.field(default_factory=set)
    sent: set[str] = dataclasses.field(default_factory=set)
    # Answers other than 200, by status.
    refusals: dict[int, int] = dataclasses.field(default_factory=dict)
    # 503 without Retry-After, and statuses that make Stripe give up: each is a mistake.
    mistakes: list[str] = dataclasses.field(default_factory=list)
    # Sent again for want of an answer, or after 503.
    retried: int = 0
    # Sent again though it was acknowledged, as providers do.
    repeated: int = 0


class Senders:
    """Connections that each own some lanes, so that within a lane events are sent in order."""

    def __init__(self, ports: list[int], source: str, secret: str, connections: int, lanes_each: int = 4):
        # One for each node; a connection that is made anew goes to the next, as behind a load balancer.
        self.ports = ports
        self.connected = 0
        self.path = f"/api/integrations/webhooks/{source}"
        self.secret = secret
        self.ledger = Ledger()
        self.connections = connections
        self.lanes_each = lanes_each
        self.number = 0
        self.budget = 0
        # Set while the server is up and events should flow.
        self.open = asyncio.Event()
        self.ending = False

    async def run(self) -> None:
        """Sends until `ending`; every event begun is brought to its acknowledgement."""
        async with asyncio.TaskGroup() as group:
            for index in range(self.connections):
                group.create_task(self._connection(index))

    async def _connection(self, index: int) -> None:
        stream = None
        turn = 0
        earlier = collections.deque(maxlen=40)
        while True:
            await self.open.wait()
            if self.ending:
                break
            if self.budget <= 0:
                await asyncio.sleep(0.01)
                continue
            self.budget -= 1
            self.number += 1
            turn += 1
            lane = f"pi_lane{index:03d}x{turn % self.lanes_each}"
            identifier, body = stripe_events.event(self.number, lane)
            stream = await self._until_acknowledged(stream, identifier, body)
            earlier.append((identifier, body))
            if turn % REPEAT_EVERY == 0:
                stream = await self._until_acknowledged(stream, *earlier[0])
                self.ledger.repeated += 1
        if stream is not None:
            stream[1].close()

    async def _until_acknowledged(self, stream, identifier: str, body: bytes):
        self.ledger.sent.add(identifier)
        attempts = 0
        while True:
            await self.open.wait()
            attempts += 1
            self.ledger.retried += attempts > 1
            try:
                if stream is None:
                    self.connected += 1
                    port = self.ports[self.connected % len(self.ports)]
                    stream = await asyncio.open_connection("127.0.0.1", port)
                status, headers = await asyncio.wait_for(self._post(stream, body), 30)
            except (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError):
                # Not up, or killed meanwhile: nobody knows, so it is sent again.
                if stream is not None:
                    stream[1].close()
                stream = None
                await asyncio.sleep(0.02)
                continue
            if status == 200:
                self.ledger.acknowledged.add(identifier)
                return stream
            self.ledger.refusals[status] = self.ledger.refusals.get(status, 0) + 1
            if status != 503:
                self.ledger.mistakes.append(f"{identifier} was answered {status}")
            elif "retry-after" not in headers:
                self.ledger.mistakes.append(f"{identifier} was answered 503 without Retry-After")
            if headers.get("connection") == "close":
                stream[1].close()
                stream = None
            await asyncio.sleep(0.2)

    async def _post(self, stream, body: bytes) -> tuple[int, dict[str, str]]:
        reader, writer = stream
        writer.write(
            (
                f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.ports[0]}\r\nContent-Type: application/json\r\n"
                f"Stripe-Signature: {stripe_events.signature(body, self.secret)}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode() + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        await reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split(" ")[1]), headers
