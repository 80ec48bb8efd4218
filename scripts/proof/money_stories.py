"""Plays the simulated stories of payments on every core."""

import collections
import concurrent.futures
import dataclasses
import json
import os
import subprocess
import time


@dataclasses.dataclass
class Stories:
    """What became of the stories."""

    seeds: int
    clean: int
    seconds: float
    sums: collections.Counter
    # The time in doubt that 99 % stay below, of the worst share.
    doubt: float
    faults: list[str]

    @property
    def is_good(self) -> bool:
        return self.clean == self.seeds and self.doubt <= 600


def simulate(binary: str, first: int, count: int) -> dict:
    """One process's share of the stories."""
    run = subprocess.run([binary, "simulate", "--scenario", "money", "--from", str(first), "--seeds", str(count), "--json"],
                         stdout=subprocess.PIPE, check=False)
    return json.loads(run.stdout)


def play(binary: str, seeds: int) -> Stories:
    """Plays the stories 1 to `seeds`."""
    began = time.monotonic()
    cores = min(os.cpu_count() or 1, seeds)
    size = -(-seeds // cores)
    shares = [(first, min(size, seeds - first + 1)) for first in range(1, seeds + 1, size)]
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        parts = list(pool.map(lambda share: simulate(binary, *share), shares))
    sums: collections.Counter = collections.Counter()
    faults = []
    for part in parts:
        sums.update({name: value for name, value in part["money"].items() if not name.endswith("seconds") and value})
        for failed in part["failed"]:
            findings = "; ".join(f"{v['promise']}: {v['finding']}" for v in failed["violations"])
            faults.append(f"seed {failed['seed']}: {findings or failed['failure']}\n  again: {failed['again']}")
    return Stories(seeds, sum(part["clean"] for part in parts), time.monotonic() - began, sums,
                   max((part["money"]["in_doubt_p99_seconds"] or 0) for part in parts), faults)
