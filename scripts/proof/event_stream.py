"""A client of server-sent events that keeps nothing but whole events: as a browser's EventSource, which may be cut off."""

import asyncio
import json


class EventStream:
    """One subscription over any number of connections."""

    def __init__(self, port: int, key: str, query: str):
        self.port = port
        self.key = key
        self.query = query
        self.last_id: str | None = None
        self.events: list[dict] = []
        self.gaps: list[dict] = []
        self.heartbeats = 0
        self.connections = 0
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.pending = b""

    async def connect(self) -> int:
        """Connects and reads the head; gives the status."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        self.connections += 1
        self.pending = b""
        lines = [
            f"GET /api/stream?{self.query} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream",
            f"Authorization: Bearer {self.key}",
        ]
        if self.last_id is not None:
            lines.append(f"Last-Event-ID: {self.last_id}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        return int(head.split(" ", 2)[1])

    async def read(self) -> None:
        """Takes in one chunk; raises EOFError at the end."""
        size = int((await self.reader.readuntil(b"\r\n")).strip(), 16)
        if size == 0:
            raise EOFError
        self.pending += (await self.reader.readexactly(size + 2))[:-2]
        while b"\n\n" in self.pending:
            block, self.pending = self.pending.split(b"\n\n", 1)
            self._take(block.decode())

    def _take(self, block: str) -> None:
        kind, data, identifier = "message", [], None
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            if name == "id":
                identifier = value
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
        if identifier is not None:
            self.last_id = identifier
        if not data:
            self.heartbeats += identifier is not None
            return
        document = json.loads("\n".join(data))
        (self.gaps if kind == "gap" else self.events).append(document)

    async def read_for(self, seconds: float) -> None:
        """Reads for so long, then leaves in the midst of whatever comes."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.read()
        except TimeoutError:
            pass

    def drop(self) -> None:
        """Cuts the connection off."""
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None
