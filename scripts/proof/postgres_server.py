"""A PostgreSQL server of one's own, in a temporary folder on loopback: for tests, and to be killed."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

DATABASE = "usher"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def programs() -> pathlib.Path:
    """The folder of `initdb` and `postgres`: the newest version that Debian has put there, or what PATH finds."""
    debian = pathlib.Path("/usr/lib/postgresql")
    versions = [folder for folder in debian.glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: int(folder.parent.name))
    if found := shutil.which("initdb"):
        return pathlib.Path(found).resolve().parent
    raise RuntimeError("no PostgreSQL server is installed: run `scripts/deps --tools`")


class PostgresServer:
    """One cluster, started and killed as often as a test likes; it keeps what it commits (fsync is on)."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.data = folder / "postgres"
        self.log = folder / "postgres.log"
        self.port = free_port()
        self.bin = programs()
        self.process: subprocess.Popen | None = None
        # The server refuses to run as root.
        self.user = ("postgres" if exists("postgres") else "nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgres://usher@127.0.0.1:{self.port}/{DATABASE}"

    def command(self, name: str, *arguments: str) -> list[str]:
        command = [str(self.bin / name), *arguments]
        if self.user is None:
            return command
        return ["setpriv", f"--reuid={self.user}", "--regid", group(self.user), "--clear-groups", *command]

    def create(self) -> None:
        """Makes the cluster; `start` comes after it."""
        self.data.mkdir(parents=True, mode=0o700)
        if self.user is not None:
            for folder in [self.folder, *self.folder.parents]:
                if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
                    folder.chmod(folder.stat().st_mode | 0o011)
            shutil.chown(self.data, self.user)
        subprocess.run(
            self.command("initdb", "-D", str(self.data), "-U", "usher", "-A", "trust", "-E", "UTF8", "--no-locale",
                         "--no-instructions"),
            check=True, stdout=subprocess.DEVNULL, cwd="/",
        )

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(
                    "postgres", "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "",
                    "-c", "fsync=on", "-c", "max_connections=600", "-c", "shared_buffers=64MB",
                    "-c", "log_min_messages=warning",
                ),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            )
        end = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") or self.query(
            "postgres", f"CREATE DATABASE {DATABASE}"
        )

    def answers(self) -> bool:
        ready = subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)])
        return ready.returncode == 0

    def query(self, database: str, text: str) -> str:
        """What psql prints for a statement: columns parted by tabs, no heading."""
        done = subprocess.run(
            [str(self.bin / "psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
             "-h", "127.0.0.1", "-p", str(self.port), "-U", "usher", "-d", database, "-c", text],
            check=True, capture_output=True, text=True,
        )
        return done.stdout.strip("\n")

    def kill(self) -> None:
        """SIGKILL for the server and all its processes at once, as when the machine's power goes."""
        if self.process is not None:
            with_children = [self.process.pid, *children(self.process.pid)]
            for process in with_children:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
            self.process = None
            # The shared memory of processes that still die would refuse the next start.
            end = time.monotonic() + 10
            while any(pathlib.Path(f"/proc/{process}").exists() for process in with_children[1:]):
                if time.monotonic() > end:
                    break
                time.sleep(0.01)

    def stop(self) -> None:
        """SIGINT: a fast shutdown that ends every connection."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
                self.process = None
            except subprocess.TimeoutExpired:
                self.kill()


def children(process: int) -> list[int]:
    path = pathlib.Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def exists(user: str) -> bool:
    return subprocess.run(["id", user], capture_output=True).returncode == 0


def group(user: str) -> str:
    return subprocess.run(["id", "-g", user], capture_output=True, text=True, check=True).stdout.strip()
