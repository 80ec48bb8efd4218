"""Judges a run: what was acknowledged, what is stored, what arrived, and in which order."""

import collections
import contextlib
import dataclasses
import pathlib
import sqlite3

EVENTS = "SELECT CAST(provider_event_id AS TEXT), seq FROM events ORDER BY seq"
EVENT_KEYS = "SELECT count(*) FROM event_keys"


def stored_events(database: pathlib.Path) -> list[tuple[str, int]]:
    """The provider's ids with their place in the order of storing."""
    with contextlib.closing(opened(database)) as connection:
        return connection.execute(EVENTS).fetchall()


def database_faults(database: pathlib.Path) -> list[str]:
    """What is wrong inside the database of a server that has stopped."""
    with contextlib.closing(opened(database)) as connection:
        events = len(connection.execute(EVENTS).fetchall())
        keys = connection.execute(EVENT_KEYS).fetchone()[0]
        check = connection.execute("PRAGMA integrity_check").fetchone()[0]
    faults = [] if keys == events else [f"{events} events but {keys} event keys"]
    return faults if check == "ok" else [*faults, f"the database is damaged: {check}"]


def opened(database: pathlib.Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)


@dataclasses.dataclass
class Arrival:
    webhook_id: str
    event_id: str
    lane: str
    verdict: str
    status: int


def arrivals(record: pathlib.Path) -> list[Arrival]:
    """What the receiver wrote down, whole lines only."""
    if not record.exists():
        return []
    found = []
    for line in record.read_text().splitlines(keepends=True):
        fields = line.rstrip("\n").split("\t")
        if line.endswith("\n") and len(fields) == 7:
            found.append(Arrival(fields[1], fields[2], fields[3], fields[5], int(fields[6])))
    return found


def delivered(record: pathlib.Path) -> set[str]:
    """The events the receiver has answered with 200."""
    return {arrival.event_id for arrival in arrivals(record) if arrival.status == 200}


def judge(acknowledged: set[str], sent: set[str], stored: list[tuple[str, int]], came: list[Arrival]) -> list[str]:
    """Everything that breaks a promise, one sentence each; prints the counts."""
    places: dict[str, int] = {}
    doubled = 0
    for identifier, place in stored:
        doubled += identifier in places
        places.setdefault(identifier, place)
    lost = acknowledged - places.keys()
    taken = {arrival.event_id for arrival in came if arrival.status == 200}
    print(f"{len(acknowledged)} acknowledged, {len(places)} stored, {len(lost)} lost, {doubled} doubled")
    faults = [f"acknowledged but not stored: {sample(lost)}"] if lost else []
    if doubled:
        faults.append(f"{doubled} events are stored more than once")
    if strangers := places.keys() - sent:
        faults.append(f"stored but never sent: {sample(strangers)}")
    if waiting := places.keys() - taken:
        faults.append(f"stored but never taken by the receiver: {sample(waiting)}")
    wrong = collections.Counter(arrival.verdict for arrival in came if arrival.verdict != "ok")
    faults += [f"{count} deliveries: {verdict}" for verdict, count in wrong.items()]
    faults += identity_faults(came) + order_faults(places, came)
    again = len([arrival for arrival in came if arrival.status == 200]) - len(taken)
    print(f"{len(taken)} of them delivered, {again} more than once, {len(came)} deliveries in all")
    return faults


def identity_faults(came: list[Arrival]) -> list[str]:
    """An event keeps its webhook-id, and no other event has it."""
    by_event = collections.defaultdict(set)
    by_webhook = collections.defaultdict(set)
    for arrival in came:
        by_event[arrival.event_id].add(arrival.webhook_id)
        by_webhook[arrival.webhook_id].add(arrival.event_id)
    faults = []
    if changed := [event for event, ids in by_event.items() if len(ids) > 1]:
        faults.append(f"webhook-id changed between attempts: {sample(changed)}")
    if shared := [webhook for webhook, events in by_webhook.items() if len(events) > 1]:
        faults.append(f"one webhook-id for several events: {sample(shared)}")
    return faults


def order_faults(places: dict[str, int], came: list[Arrival]) -> list[str]:
    """Within a lane the first arrivals come in the order of storing."""
    last: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    broken = []
    for arrival in came:
        if arrival.event_id in seen or arrival.event_id not in places:
            continue
        seen.add(arrival.event_id)
        place = places[arrival.event_id]
        before = last.get(arrival.lane, (0, ""))
        if place < before[0]:
            broken.append(f"{arrival.event_id} after {before[1]}")
        last[arrival.lane] = max(before, (place, arrival.event_id))
    print(f"{len(last)} lanes, {len(broken)} breaks of their order")
    return [f"lane order broken: {sample(broken)}"] if broken else []


def sample(items) -> str:
    """A few of many, for a message."""
    items = sorted(items)
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more
