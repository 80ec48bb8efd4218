"""Reads an strace of one webhook: was the write-ahead log on disk before the answer left?"""

import dataclasses
import pathlib
import re

LINE = re.compile(r"^(\d+)\s+([\d.]+)\s+(.*)$")
SYNC = re.compile(r"^(fdatasync|fsync)\(\d+<([^>]*)>\)?\s*(?:=\s*(-?\d+))?")
RESUMED_SYNC = re.compile(r"^<\.\.\. (fdatasync|fsync) resumed>.*=\s*(-?\d+)")
SENT = re.compile(r"^(write|writev|sendto|sendmsg)\(")

# What strace has to show for it.
CALLS = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fdatasync,fsync"


@dataclasses.dataclass
class Order:
    read: float | None = None
    synced: float | None = None
    answered: float | None = None

    @property
    def is_right(self) -> bool:
        return None not in (self.read, self.synced, self.answered) and self.read < self.synced < self.answered


def command(trace: pathlib.Path) -> list[str]:
    """What to put in front of the server's command."""
    # -I2: SIGTERM ends strace, which -o alone would block.
    return ["strace", "-I2", "-f", "-ttt", "-y", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(trace)]


def order(trace: pathlib.Path, marker: str) -> Order:
    """When the request holding `marker` was read, when the log was next synced, when 200 was next written.

    A sync counts at its return, an answer at its start; the trace lists both in the order they happened.
    """
    found = Order()
    begun: dict[str, str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        thread, time, call = match[1], float(match[2]), match[3]
        if found.read is None:
            if marker in call and not SENT.match(call):
                found.read = time
            continue
        if sync := SYNC.match(call):
            begun[thread] = sync[2]
            if sync[3] == "0" and sync[2].endswith("-wal") and found.answered is None:
                found.synced = time
        elif (resumed := RESUMED_SYNC.match(call)) and begun.get(thread, "").endswith("-wal"):
            if resumed[2] == "0" and found.answered is None:
                found.synced = time
        elif SENT.match(call) and "HTTP/1.1 200" in call and found.answered is None:
            found.answered = time
    return found
