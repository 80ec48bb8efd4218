"""Runs the built `usher serve` on a folder of its own, and asks its API."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

# The first admin key, as it is printed once on the first start.
KEY_PATTERN = re.compile(r"\bushk_[A-Za-z0-9_]+")


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Usher:
    """One configuration, started and killed as often as a test likes."""

    def __init__(self, binary: str, folder: pathlib.Path, sources: dict, destinations: dict, environment: dict,
                 data: pathlib.Path | None = None, name: str = "usher", database_url: str | None = None,
                 more: dict | None = None):
        self.binary = str(pathlib.Path(binary).resolve())
        self.folder = folder
        self.data = data or folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.environment = os.environ | environment
        self.process: subprocess.Popen | None = None
        self.key: str | None = None
        self.log = folder / f"{name}.log"
        self.config = folder / f"{name}.yaml"
        # JSON is YAML, and needs no quoting rules of our own.
        self.config.write_text(json.dumps({
            "listen": f"127.0.0.1:{self.port}",
            "database": database_url or f"sqlite:{self.database}",
            "root_key": f"file:{self.data / 'root.key'}",
            "sources": sources,
            "destinations": destinations,
        } | (more or {}), indent=2))

    @property
    def database(self) -> pathlib.Path:
        return self.data / "usher.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def webhook_url(self, source: str) -> str:
        return f"{self.url}/api/integrations/webhooks/{source}"

    def start(self, wrapper: list[str] | None = None) -> None:
        """Starts the process and returns at once; `wrapper` goes in front of the command."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*(wrapper or []), self.binary, "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, cwd=self.folder,
            )

    def is_ready(self) -> bool:
        """Whether it answers; raises when it ended by itself, with the end of its log."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"usher ended with {self.process.returncode}:\n{self.log_end()}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                ready = answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        if ready and self.key is None:
            self.key = self.find_key()
        return ready

    def wait_ready(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > end:
                raise RuntimeError(f"usher was not ready after {seconds} s:\n{self.log_end()}")
            time.sleep(0.05)

    def find_key(self) -> str | None:
        found = KEY_PATTERN.search(self.log.read_text(errors="replace"))
        return found.group(0) if found else None

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM, and kill what is still there after `seconds`."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
            self.process = None
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"usher did not stop within {seconds} s of SIGTERM:\n{self.log_end()}") from None

    def log_end(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def get(self, path: str) -> dict:
        """One GET of the API with the admin key."""
        if self.key is None:
            raise RuntimeError(f"no admin key was printed on the first start:\n{self.log_end()}")
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def events(self) -> list[dict]:
        """All events, page by page."""
        events: list[dict] = []
        cursor = ""
        while True:
            page = self.get(f"/api/events?limit=100{cursor}")
            events += page[EVENTS_MEMBER]
            if not page.get(CURSOR_MEMBER):
                return events
            cursor = f"&cursor={page[CURSOR_MEMBER]}"


# The members of a page of events.
EVENTS_MEMBER = "data"
CURSOR_MEMBER = "next"


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """One POST; gives the status and the headers in lower case, whatever the status is."""
    return exchange(url, body, headers)[:2]


def exchange(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """The same, with the body of the answer."""
    request = urllib.request.Request(url, data=body, method="POST", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()
