"""Finds ports for sandboxes, and waits until they answer."""

import socket
import time
import urllib.error
import urllib.request

from usher_process import free_port


def free_port_range(count: int) -> int:
    """The port before `count` ports in a row that nobody listens on now."""
    while True:
        first = free_port()
        if first + count < 60_000 and all(is_free(first + number) for number in range(1, count)):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def wait_for(url: str, seconds: float = 30) -> None:
    """Returns once something answers there, whatever it answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
