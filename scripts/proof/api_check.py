"""Runs schemathesis over every operation of a fresh Usher: see scripts/api-check."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import stripe_events
from usher_process import Usher, free_port

SECRET = "whsec_api_check_0123456789"

# What must hold of every answer. Not in the list: `ignored_auth`, whose one way in is the signature of webhooks.
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
]


def fill(usher: Usher, folder: pathlib.Path) -> None:
    """Gives the operations something to find, and tells schemathesis its names."""
    for number in range(5):
        _, body = stripe_events.event(number, f"pi_{number}")
        headers = {"Content-Type": "application/json", "Stripe-Signature": stripe_events.signature(body, SECRET)}
        urllib.request.urlopen(urllib.request.Request(usher.webhook_url("stripe"), body, headers), timeout=10).close()
    time.sleep(1)
    found = {
        "/api/events/{id}": usher.get("/api/events")["data"][0]["id"],
        "/api/deliveries/{id}": usher.get("/api/deliveries")["data"][0]["id"],
        "/api/sources/{name}": "stripe",
        "/api/destinations/{name}": "app",
    }
    lines = []
    for path, value in found.items():
        name = path[path.index("{") + 1:-1]
        lines += [
            "[[operations]]", f"include-path-regex = {json.dumps('^' + path.replace('{', '.').replace('}', '.'))}",
            f"parameters = {{ {json.dumps('path.' + name)} = {json.dumps(value)} }}", "",
        ]
    (folder / "schemathesis.toml").write_text("\n".join(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    parser.add_argument("--examples", type=int, default=40, help="requests made up for each operation")
    parser.add_argument("--seed", type=int, default=1, help="what the requests are made up from")
    options = parser.parse_args()
    if not pathlib.Path(options.usher).exists():
        print(f"api-check: no binary at {options.usher}; run `make build` or say --usher PATH")
        return 2
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-api-"))
    usher = Usher(
        options.usher,
        folder,
        sources={"stripe": {"provider": "stripe", "secrets": ["env:API_CHECK_SECRET"]}},
        # Nobody listens there: deliveries stay, with tries.
        destinations={"app": {"url": f"http://127.0.0.1:{free_port()}/", "secret": "env:API_CHECK_APP", "allow_private": True}},
        environment={"API_CHECK_SECRET": SECRET, "API_CHECK_APP": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    )
    try:
        usher.start()
        usher.wait_ready()
        fill(usher, folder)
        done = subprocess.run(
            [
                str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", f"{usher.url}/api/openapi.json",
                "--header", f"Authorization: Bearer {usher.key}", "--checks", ",".join(CHECKS),
                "--phases", "examples,coverage,fuzzing", "--max-examples", str(options.examples),
                "--seed", str(options.seed), "--workers", "2", "--request-timeout", "20", "--continue-on-failure",
                # They go on for as long as the client listens; scripts/e2e-stream has them.
                "--no-color", "--exclude-path", "/api/stream", "--exclude-path", "/api/ws",
            ],
            cwd=folder,
            timeout=1_800,
        )
        usher.get("/readyz")
    finally:
        usher.kill()
    if done.returncode:
        print(f"the log is in {usher.log}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
