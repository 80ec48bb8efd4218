"""An application that takes deliveries: checks the Standard Webhooks signature and writes down what came.

    receiver.py --port PORT --record FILE --secret whsec_… [--refuse SHARE]

Each delivery is a line of FILE: arrival number, webhook-id, event id, object id, event number, `ok` or what is wrong,
the status answered; separated by tabs. `--refuse 0.01` answers 1 % of them with 500.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import random
import time


class Receiver:
    def __init__(self, record, secret: str, refuse: float):
        self.record = record
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.refuse = refuse
        self.arrivals = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Writes one delivery down; gives the status to answer."""
        problem = self.problem(headers, body)
        status = 400 if problem else 500 if random.random() < self.refuse else 200
        event_id = lane = number = "?"
        try:
            document = json.loads(body)
            event_id = document["id"]
            lane = document["data"]["object"]["id"]
            number = document["data"]["object"]["metadata"]["number"]
        except (ValueError, KeyError, TypeError):
            pass  # Not one of our Stripe events: other senders' have no such members.
        fields = [self.arrivals, headers.get("webhook-id", "?"), event_id, lane, number, problem or "ok", status]
        self.record.write("\t".join(map(str, fields)) + "\n")
        self.arrivals += 1
        return status

    def problem(self, headers: dict[str, str], body: bytes) -> str | None:
        """What is wrong with the signature; None when one of them is right."""
        identifier = headers.get("webhook-id")
        timestamp = headers.get("webhook-timestamp")
        signatures = headers.get("webhook-signature")
        if not identifier or not timestamp or not signatures:
            return "header missing"
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
            return "timestamp out of range"
        digest = hmac.new(self.key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        right = "v1," + base64.b64encode(digest).decode()
        return None if right in signatures.split(" ") else "signature wrong"


class Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, as much as Usher's deliveries use."""

    def __init__(self, receiver: Receiver):
        self.receiver = receiver
        self.buffer = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            headers = {}
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                headers[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            status = self.receiver.take(headers, rest[:length])
            self.transport.write(b"HTTP/1.1 %d Done\r\nContent-Length: 0\r\n\r\n" % status)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--refuse", type=float, default=0)
    options = parser.parse_args()
    with open(options.record, "a", buffering=1) as record:
        receiver = Receiver(record, options.secret, options.refuse)
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(receiver), "127.0.0.1", options.port, backlog=1024, reuse_address=True
        )
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
