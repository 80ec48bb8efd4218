"""Calendar operations through Usher against a real Radicale; started by scripts/e2e-calendar, which installs it."""

import argparse
import base64
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request

from peers import RADICALE, Check, call, expect, radicale
from usher_process import Usher

CALENDAR = "/anna/weddings/"
MADE = b"""<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<d:displayname>Weddings</d:displayname>
<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>
</d:prop></d:set></c:mkcalendar>"""


class Radicale:
    """Radicale as another of Anna's programs uses it."""

    def __init__(self, url: str):
        self.url = url
        pair = base64.b64encode(f"{RADICALE['user']}:{RADICALE['password']}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}", "Content-Type": "text/calendar; charset=utf-8"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=self.headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()


class Proof:
    def __init__(self, usher: Usher, server: Radicale):
        self.usher, self.server, self.check = usher, server, Check()
        self.calls = 0

    def do(self, operation: str, given: dict, **of: str) -> dict:
        self.calls += 1
        return call(self.usher, f"calendar.{operation}", given, f"calendar-{self.calls}", of={"integration": "anna"} | of)

    def changes(self, since: str | None = None) -> dict:
        return self.do("changes", {} if since is None else {"since": since})["reply"]

    def run(self) -> None:
        check = self.check
        empty = self.changes()
        check("an empty calendar has no items and a place to go on from", empty["items"] == [] and empty["next"], empty)
        item = {"title": "Trauung García & Söhne; Kirche, 15 Uhr", "text": "Blumen\nOrgel", "place": "Kirche St. Ottilien",
                "start": {"at": "2027-06-12T15:00:00", "zone": "Europe/Berlin"},
                "end": {"at": "2027-06-12T16:30:00", "zone": "Europe/Berlin"}, "recurrence": ["RRULE:FREQ=YEARLY;COUNT=3"]}
        made = self.do("create", item)
        reply = made["reply"] or {}
        check("an item is made", made["state"] == "succeeded" and reply["title"] == item["title"], made)
        check("with its own clock and rule", reply.get("start") == item["start"] and reply.get("recurrence") == item["recurrence"], reply)
        stored = self.server.ask("GET", CALENDAR + reply["id"] + ("" if reply["id"].endswith(".ics") else ".ics"))
        check("as Radicale has it", b"SUMMARY:Trauung Garc" in stored and b"RRULE:FREQ=YEARLY;COUNT=3" in stored, stored)
        got = self.do("get", {}, reference=made["reference"])
        check("it is read", got["reply"]["text"] == item["text"] and got["reply"]["place"] == item["place"], got)
        news = self.changes(empty["next"])
        check("and the list of changes tells of it alone", [one["title"] for one in news["items"]] == [item["title"]] and not news["full"], news)
        later = item | {"title": "Trauung, verlegt", "start": {"at": "2027-06-12T17:00:00", "zone": "Europe/Berlin"},
                        "end": {"at": "2027-06-12T18:00:00", "zone": "Europe/Berlin"}, "version": reply["version"]}
        later.pop("recurrence")
        changed = self.do("update", later, reference=made["reference"])
        check("it is changed", changed["state"] == "succeeded" and changed["reply"]["title"] == later["title"], changed)
        check("and keeps what was not said", changed["reply"]["recurrence"] == item["recurrence"], changed)
        stale = self.do("update", later, reference=made["reference"])
        check("an old version is a conflict", stale["state"] != "succeeded" and stale["failure"]["kind"] == "conflict", stale)
        other = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//phone//EN\r\nBEGIN:VEVENT\r\nUID:phone-1\r\nDTSTAMP:20270101T000000Z\r\n" \
                b"DTSTART;VALUE=DATE:20270613\r\nDTEND;VALUE=DATE:20270614\r\nSUMMARY:Brunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        self.server.ask("PUT", CALENDAR + "phone-1.ics", other)
        news = self.changes(news["next"])
        titles = sorted(one["title"] for one in news["items"])
        check("what a phone adds is listed with the change", titles == ["Brunch", "Trauung, verlegt"], news)
        gone = self.do("cancel", {}, reference=made["reference"])
        check("it is cancelled", gone["state"] == "succeeded" and gone["reply"]["cancelled"], gone)
        again = self.do("cancel", {}, reference=made["reference"])
        check("once more is no error", again["state"] == "succeeded", again)
        news = self.changes(news["next"])
        check("and listed as deleted", [one["deleted"] for one in news["items"]] == [True], news)
        check("nothing more has changed", self.changes(news["next"])["items"] == [])
        bad = self.changes(news["next"][:-4] + "0000")
        check("with a place that Radicale does not know all is read anew", bad["full"] and [one["title"] for one in bad["items"] if not one["deleted"]] == ["Brunch"], bad)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build/debug/usher", help="the binary to test")
    arguments = parser.parse_args()
    os.environ.pop("HTTP_PROXY", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-e2e-calendar-"))
    usher = Usher(arguments.usher, folder, {}, {}, {})
    try:
        with radicale(folder) as url:
            server = Radicale(url)
            server.ask("MKCALENDAR", CALENDAR, MADE)
            usher.start()
            usher.wait_ready()
            expect(usher, 201, "POST", "/api/integrations", {
                "name": "anna", "provider": "apple-calendar", "credential": RADICALE, "base_url": url, "allow_private": True})
            proof = Proof(usher, server)
            proof.run()
            usher.stop()
    finally:
        usher.kill()
    print(f"e2e-calendar: {proof.check.passed} passed, {proof.check.failed} failed")
    if not proof.check.failed:
        shutil.rmtree(folder)
    return 1 if proof.check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
