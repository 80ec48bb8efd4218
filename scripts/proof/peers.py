"""Servers on loopback that Usher calls in the proofs: its own sandbox, moto behind a judge of SigV4, Radicale."""

import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from usher_process import Usher, free_port

MOTO_KEY, MOTO_SECRET, MOTO_BUCKET, MOTO_REGION = "AKIAUSHERPROOF000000", "proof/secret+of/moto", "garcia-photos", "eu-central-1"
RADICALE = {"user": "anna", "password": "anna-app-password"}


class Check:
    """Says what is checked, and counts what is wrong."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what: str, holds: bool, detail: object = "") -> None:
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)


def ask(usher: Usher, method: str, path: str, body: object = None, headers: dict | None = None, key: str | None = None,
        timeout: float = 60) -> tuple[int, dict, bytes]:
    """One request to Usher's API; JSON unless `body` is bytes."""
    fields = {"Authorization": f"Bearer {key or usher.key}"} | (headers or {})
    if body is not None and not isinstance(body, bytes):
        body, fields["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(usher.url + path, data=body, method=method, headers=fields)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def expect(usher: Usher, status: int, method: str, path: str, body: object = None, **more) -> dict:
    """The same, whose status must be this one; gives its JSON."""
    found, _, text = ask(usher, method, path, body, **more)
    if found != status:
        raise RuntimeError(f"{method} {path}: {found} {text[:500]!r}")
    return json.loads(text or b"null")


def call(usher: Usher, operation: str, given: dict, key: str | None = None, **more) -> dict:
    """One call, waited for; `key` makes it repeatable."""
    capability, name = operation.split(".")
    headers = {"Idempotency-Key": key} if key else {}
    owner = more.pop("owner", None)
    body = {"capability": capability, "operation": name, "input": given} | more
    status, _, text = ask(usher, "POST", "/api/calls", body, headers, key=owner)
    if status not in (200, 202):
        raise RuntimeError(f"{operation}: {status} {text[:500]!r}")
    document = json.loads(text)
    end = time.monotonic() + 600
    while document["state"] in ("queued", "working") and time.monotonic() < end:
        time.sleep(0.2)
        document = expect(usher, 200, "GET", f"/api/calls/{document['id']}", key=owner)
    return document


def wait_until(what: str, seconds: float, holds) -> object:
    """Asks until the answer is something true."""
    end = time.monotonic() + seconds
    while True:
        if found := holds():
            return found
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s for {what}")
        time.sleep(0.2)


def is_answering(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_ports(count: int) -> int:
    """The port before `count` ports in a row that nobody listens on now."""
    while True:
        first = free_port()
        if first + count < 60_000 and all(is_free(first + number) for number in range(1, count + 1)):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


@contextlib.contextmanager
def running(command: list[str], url: str, **more):
    """A process, from when it answers at `url`."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
    try:
        wait_until(f"{url} to answer", 60, lambda: is_answering(url))
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Vendor:
    """One vendor of the sandbox."""

    def __init__(self, document: dict):
        self.provider, self.url, self.credential = document["provider"], document["url"], document["credential"]

    def control(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fail(self, fault: dict) -> None:
        self.control("POST", "/_faults", fault)

    def mend(self) -> None:
        self.control("DELETE", "/_faults")

    def ledger(self) -> list[dict]:
        return self.control("GET", "/_ledger")["entries"]

    @property
    def integration(self) -> dict:
        return {"provider": self.provider, "credential": self.credential, "base_url": self.url, "allow_private": True}


@contextlib.contextmanager
def sandbox(binary: str, providers: list[str]):
    """`usher sandbox`; gives its process and its vendors by provider."""
    command = [binary, "sandbox", "--only", ",".join(providers), "--port-base", str(free_ports(20)), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        vendors = [Vendor(document) for document in json.loads(process.stdout.readline())["vendors"]]
        for vendor in vendors:
            wait_until(f"the sandbox's {vendor.provider}", 30, lambda: is_answering(vendor.url + "/_ledger"))
        yield process, {vendor.provider: vendor for vendor in vendors}
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def moto(folder: pathlib.Path):
    """moto's S3 behind the judge; gives the judge's URL."""
    behind, port = free_port(), free_port()
    program = str(pathlib.Path(sys.executable).with_name("moto_server"))
    judge = str(pathlib.Path(__file__).with_name("sigv4_judge.py"))
    with (folder / "moto.log").open("wb") as log:
        with running([program, "-H", "127.0.0.1", "-p", str(behind)], f"http://127.0.0.1:{behind}/", stdout=log, stderr=log):
            command = [sys.executable, judge, str(port), str(behind), MOTO_KEY, MOTO_SECRET]
            with running(command, f"http://127.0.0.1:{port}/", stdout=log, stderr=log):
                yield f"http://127.0.0.1:{port}"


def moto_integration(url: str) -> dict:
    return {"provider": "aws-s3", "base_url": url, "allow_private": True, "credential": {
        "access_key_id": MOTO_KEY, "secret_key": MOTO_SECRET, "region": MOTO_REGION, "bucket": MOTO_BUCKET}}


@contextlib.contextmanager
def radicale(folder: pathlib.Path):
    """A Radicale with one user; gives its URL."""
    port = free_port()
    (folder / "users").write_text(f"{RADICALE['user']}:{RADICALE['password']}\n")
    (folder / "radicale.conf").write_text(f"""
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder / 'users'}
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder / 'collections'}
[logging]
level = warning
""")
    command = [sys.executable, "-m", "radicale", "-C", str(folder / "radicale.conf")]
    with (folder / "radicale.log").open("wb") as log:
        with running(command, f"http://127.0.0.1:{port}/", stdout=log, stderr=log):
            yield f"http://127.0.0.1:{port}"
