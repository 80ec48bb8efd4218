"""Headless Chromium on the dashboard of `usher demo`."""

import argparse
import contextlib
import http.client
import json
import pathlib
import time
import urllib.parse
import urllib.request

import websocket
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import PAGES, Demo, chromium, click, demo, sign_in, until

AUDIT = (pathlib.Path(__file__).parent / "audit.js").read_text()
# How soon an outage is to be seen, in seconds.
SEEN_WITHIN = 3.0


class Proof:
    """Says what is checked, and gathers what is wrong."""

    def __init__(self, demo: Demo):
        self.demo = demo
        self.passed = 0
        self.failed = 0

    def check(self, what: str, holds: bool, detail: object = "") -> None:
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)

    def request(self, method: str, path: str, headers: dict | None = None, body: str | None = None):
        """One request as any program sends it; gives status, headers and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.demo.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    # MARK: The door

    def door(self) -> None:
        status, headers, _ = self.request("GET", "/")
        self.check("a stranger is sent to the door", (status, headers["Location"]) == (303, "/sign-in"), status)
        status, headers, text = self.request("GET", "/sign-in")
        policy = headers["Content-Security-Policy"]
        self.check("the policy allows our own and nothing else", policy == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), policy)
        self.check("pages are not kept", headers["Cache-Control"] == "no-store", headers["Cache-Control"])
        self.check("and not sniffed at", headers["X-Content-Type-Options"] == "nosniff")
        asset = text.split('rel="stylesheet" href="')[1].split('"')[0]
        _, headers, _ = self.request("GET", asset)
        self.check("assets are kept for a year", "immutable" in headers["Cache-Control"], headers["Cache-Control"])

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        key = urllib.parse.urlencode({"key": self.demo.key, "next": "//evil.example"})
        status, _, _ = self.request("POST", "/sign-in", form | {"Sec-Fetch-Site": "cross-site"}, key)
        self.check("nobody else's page signs in", status == 403, status)
        status, headers, _ = self.request("POST", "/sign-in", form | {"Sec-Fetch-Site": "same-origin"}, key)
        cookie = headers["Set-Cookie"]
        self.check("the cookie is for our pages alone", status == 303 and "HttpOnly" in cookie
                   and "SameSite=Strict" in cookie and "Path=/" in cookie and self.demo.key not in cookie, cookie)
        self.check("nobody is sent to another site", headers["Location"] == "/", headers["Location"])
        session = {"Cookie": cookie.split(";")[0]}
        status, _, page = self.request("GET", "/dead-letters", session)
        token = page.split('name="form_token" value="')[1].split('"')[0]
        self.check("the session opens a page", status == 200 and len(token) == 43, status)
        status, _, _ = self.request("GET", "/api/weddings", session)
        self.check("and reads the API", status == 200, status)
        status, _, _ = self.request("GET", "/api/weddings", session | {"Sec-Fetch-Site": "cross-site"})
        self.check("but not for another site", status == 401, status)
        status, _, _ = self.request("POST", "/api/dead-letters/replay", session | {"Content-Type": "application/json"}, "{}")
        self.check("and changes nothing by the API", status == 401, status)
        posts = {
            "without its token": (form | {"Origin": self.demo.url}, "destination=app"),
            "with a wrong token": (form | {"Origin": self.demo.url}, f"form_token={'A' * 43}"),
            "from another site": (form | {"Sec-Fetch-Site": "cross-site"}, f"form_token={token}"),
            "from another origin": (form | {"Origin": "http://evil.example"}, f"form_token={token}"),
            "from nowhere": (form, f"form_token={token}"),
        }
        for name, (headers, body) in posts.items():
            status, _, _ = self.request("POST", "/dead-letters/replay", session | headers, body)
            self.check(f"a form {name} is refused", status == 403, status)
        status, headers, _ = self.request(
            "POST", "/sign-out", session | form | {"Origin": self.demo.url}, f"form_token={token}")
        self.check("signing out takes the cookie away", status == 303 and "Max-Age=0" in headers["Set-Cookie"])
        status, _, _ = self.request("GET", "/api/weddings", session)
        self.check("and ends the session", status == 401, status)

    def revoked(self) -> None:
        made = self.demo.ask("/api/keys", {"label": "for a minute", "level": "read"})
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.demo.url}
        _, headers, _ = self.request("POST", "/sign-in", form, urllib.parse.urlencode({"key": made["key"]}))
        session = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        status, _, page = self.request("GET", "/calls", session)
        self.check("who may read reads", status == 200, status)
        token = page.split('name="form_token" value="')[1].split('"')[0] if 'name="form_token"' in page else ""
        _, _, letters = self.request("GET", "/dead-letters", session)
        self.check("and is offered nothing more", 'id="dry-run"' not in letters)
        self.demo.ask(f"/api/keys/{made['id']}", method="DELETE")
        status, _, _ = self.request("GET", "/calls", session)
        self.check("a revoked key's session ends at once", status == 303, status)

    def typing(self, driver) -> None:
        driver.get(self.demo.url + "/events")
        until(driver, lambda d: d.current_url.endswith("next=%2Fevents"), "the door remembers the way")
        driver.find_element(By.ID, "key").send_keys("ushk_nonsense" + Keys.ENTER)
        alert = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "[role=alert]"), "a wrong key is told")
        self.check("a wrong key is said to be wrong", "does not fit" in alert[0].text, alert[0].text)
        driver.find_element(By.ID, "key").send_keys(self.demo.key + Keys.ENTER)
        until(driver, lambda d: d.current_url.endswith("/events"), "signed in")
        self.check("a right key opens the page that was asked for", True)

    # MARK: What happens is seen

    def outage(self, driver) -> None:
        driver.get(self.demo.url + "/")
        driver.execute_script("window.isStillThere = true")
        until(driver, lambda d: d.find_element(By.ID, "live").get_attribute("data-state") == "live", "the stream is open")
        self.check("the page is live", True)
        with self.demo.payments():
            time.sleep(2)  # A busy day has been going on.
            begin = time.monotonic()
            self.demo.fault("stripe-main", {"kind": "refuse"})
            until(driver, lambda d: "Stripe" in d.find_element(By.ID, "today-banner").text
                  and "good" not in d.find_element(By.ID, "today-banner").get_attribute("class"), "the outage is seen", 30)
            seen = time.monotonic() - begin
            self.check(f"an outage of Stripe is seen after {seen:.1f} s, within {SEEN_WITHIN:.0f}", seen <= SEEN_WITHIN, seen)
            self.check("without a reload", driver.execute_script("return window.isStillThere === true"))
            until(driver, lambda d: "Stripe" in d.find_element(By.ID, "announce").get_property("textContent"), "it is announced")
            self.check("and read out", True)
            self.demo.fault("stripe-main", None)
        origins = driver.execute_script(
            "return [...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin))]")
        self.check("nothing came from anywhere else", origins == [self.demo.url], origins)

    def polling(self, driver) -> None:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/stream*"]})
        driver.get(self.demo.url + "/events")
        until(driver, lambda d: d.find_element(By.ID, "live").get_attribute("data-state") == "poll", "it polls")
        first = driver.find_element(By.CSS_SELECTOR, "#events-list tbody").text
        until(driver, lambda d: d.find_element(By.CSS_SELECTOR, "#events-list tbody").text != first, "news come", 20)
        self.check("without the stream the page asks every 2 seconds", True)
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})

    def failover(self, driver) -> None:
        driver.get(self.demo.url + "/integrations")
        click(driver, By.CSS_SELECTOR, "#switch-payments summary")
        to = driver.find_element(By.ID, "to-payments").get_property("value")
        driver.find_element(By.ID, "reason-payments").send_keys("the proof wants it")
        driver.find_element(By.CSS_SELECTOR, "#switch-payments form[action$=failover] button").click()
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "it is switched")
        order = [one for one in self.demo.ask("/api/failovers?open=true")["data"] if one["capability"] == "payments"]
        self.check("the switch sends payments elsewhere", order and order[0]["to"] == to
                   and order[0]["why"] == "the proof wants it", order)
        click(driver, By.CSS_SELECTOR, "#switch-payments summary")
        click(driver, By.CSS_SELECTOR, "#switch-payments form[action$=fail-back] button")
        until(driver, lambda d: "taken back" in d.find_element(By.CSS_SELECTOR, ".notice.good").text, "it is taken back")
        self.check("and back", not any(
            not one["automatic"] for one in self.demo.ask("/api/failovers?open=true")["data"]))

    # MARK: What people do

    def dead_letters(self, driver) -> None:
        letters = lambda: self.demo.ask("/api/dead-letters?destination=nowhere&limit=200")["data"]
        self.demo.wait(lambda: len(letters()) >= 3, "there are dead letters", 60)
        driver.get(self.demo.url + "/dead-letters?destination=nowhere")
        one = letters()[2]["id"]
        click(driver, By.ID, f"replay-{one}")
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "it is replayed")
        state = self.demo.ask(f"/api/deliveries/{one}")["state"]
        self.check("a dead letter is replayed", state == "replayed", state)
        Select(driver.find_element(By.ID, "destination")).select_by_value("nowhere")
        driver.find_element(By.ID, "dry-run").click()
        result = until(driver, lambda d: d.find_elements(By.ID, "dry-run-result"), "the dry run answers")
        self.check("a dry run counts and changes nothing", "Nothing has been changed" in result[0].text, result[0].text)
        known = {letter["id"] for letter in letters()}
        driver.find_element(By.ID, "replay-all").click()
        until(driver, lambda d: "queued again" in d.find_element(By.CSS_SELECTOR, ".notice.good").text, "they are replayed")
        self.demo.wait(lambda: not known & {letter["id"] for letter in letters()}, "none is left dead")
        self.check("all of them are replayed", True)

    def doubt(self, driver) -> None:
        call = self.demo.in_doubt()
        driver.get(f"{self.demo.url}/calls?state=in_doubt")
        click(driver, By.ID, call)
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "#call-settle form"), "it can be settled")
        driver.find_element(By.CSS_SELECTOR, "input[value=not_applied]").click()
        driver.find_element(By.ID, "reason").send_keys("Stripe's dashboard, seen by the proof")
        driver.find_element(By.CSS_SELECTOR, "#call-settle button").click()
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "it is settled")
        found = self.demo.ask(f"/api/calls/{call}")
        self.check("a call in doubt is settled", found["state"] not in ("in_doubt", "held")
                   and "seen by the proof" in str(found), found)
        self.demo.fault("stripe-main", None)

    def push(self, driver) -> None:
        """No push service is reached from here: a key pair of the page's own stands for what Chromium would ask it for."""
        driver.execute_cdp_cmd("Browser.grantPermissions", {"origin": self.demo.url, "permissions": ["notifications"]})
        driver.get(self.demo.url + "/settings")
        driver.execute_script("""
            PushManager.prototype.subscribe = async (wanted) => {
              sessionStorage.wanted = wanted.applicationServerKey;
              const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
                .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
              const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
              const key = text(await crypto.subtle.exportKey("raw", pair.publicKey));
              const keys = { p256dh: key, auth: text(crypto.getRandomValues(new Uint8Array(16))) };
              return { toJSON: () => ({ endpoint: "https://push.example/1", expirationTime: null, keys }) };
            };""")
        driver.find_element(By.ID, "browser-label").send_keys("Maria's phone")
        driver.find_element(By.CSS_SELECTOR, "#browser-form button").click()
        until(driver, lambda d: "This browser is told" in d.find_element(By.CSS_SELECTOR, ".notice.good").text, "it is told")
        told = self.demo.ask("/api/push/subscriptions")["data"]
        self.check("a browser subscribes to alerts", [one["label"] for one in told] == ["Maria's phone"], told)
        wanted = driver.execute_script("return sessionStorage.wanted")
        self.check("for our key", wanted == self.demo.ask("/api/push/key")["key"], wanted)
        news = {"title": "CRITICAL: Stripe is down", "body": "1 wedding is on.", "url": "http://usher.example/incidents/1", "tag": "1"}
        driver.execute_cdp_cmd("ServiceWorker.enable", {})
        # The first registration of a new profile.
        driver.execute_cdp_cmd("ServiceWorker.deliverPushMessage",
                               {"origin": self.demo.url, "registrationId": "0", "data": json.dumps(news)})
        shown = until(driver, lambda d: d.execute_async_script("""
            const done = arguments[0];
            navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
              .then((all) => done(all.map((one) => [one.title, one.body, one.data.url])));"""), "a notification")
        self.check("what is pushed is shown", shown == [[news["title"], news["body"], news["url"]]], shown)
        self.click_notification(driver)
        until(driver, lambda d: d.current_url == f"{self.demo.url}/incidents/1", "the page of the incident")
        self.check("a click on it leads to the incident, on the site that is signed in to", True)
        left = driver.execute_async_script("""
            const done = arguments[0];
            navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => done(all.length));""")
        self.check("and closes it", left == 0, left)
        driver.get(self.demo.url + "/settings")
        driver.find_element(By.CSS_SELECTOR, "form[action='/settings/forget-browser'] button").click()
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "it is told no longer")
        self.check("and told no longer", self.demo.ask("/api/push/subscriptions")["data"] == [])

    def click_notification(self, driver) -> None:
        """Clicks it inside the worker: headless Chromium draws no notification that could be clicked.

        Only a person's click may wait and move the focus, so that the event is given a way to wait of its own.
        """
        listed = f"http://{driver.capabilities['goog:chromeOptions']['debuggerAddress']}/json/list"
        with urllib.request.urlopen(listed, timeout=10) as answer:
            worker = next(one for one in json.load(answer) if one["type"] == "service_worker")
        click = """(async () => {
            const [notification] = await self.registration.getNotifications();
            const event = new NotificationEvent("notificationclick", { notification });
            let work;
            event.waitUntil = (promise) => { work = promise; };
            self.dispatchEvent(event);
            await work.catch(() => null);
        })()"""
        socket = websocket.create_connection(worker["webSocketDebuggerUrl"], timeout=10, suppress_origin=True)
        with contextlib.closing(socket):
            socket.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": {"expression": click, "awaitPromise": True}}))
            while (told := json.loads(socket.recv())).get("id") != 1:
                pass
        if "exceptionDetails" in told["result"]:
            raise RuntimeError(told["result"]["exceptionDetails"])

    # MARK: Who uses it how

    def audits(self, driver, theme: str) -> None:
        driver.get(self.demo.url + "/")
        driver.find_element(By.CSS_SELECTOR, f".themes button[value={theme}]").click()
        until(driver, lambda d: d.find_element(By.TAG_NAME, "html").get_attribute("data-theme") == theme, theme)
        for name, path in self.pages().items():
            driver.get(self.demo.url + path)
            wrong = driver.execute_script(AUDIT)
            self.check(f"{name}, {theme}, {driver.get_window_size()['width']} px: contrast, names, sizes", not wrong, wrong)

    def pages(self) -> dict[str, str]:
        """Every page, with one of each kind that has pages of its own."""
        pages = dict(PAGES)
        for kind, path in {"event": "events", "call": "calls", "incident": "incidents"}.items():
            found = self.demo.ask(f"/api/{path}").get("data") or []
            if found:
                pages[kind] = f"/{path}/{found[0]['id']}"
        return pages

    def hold(self, driver) -> None:
        """Lets nothing on the page change any more."""
        driver.execute_script("document.querySelectorAll('[data-live]').forEach((e) => e.removeAttribute('data-live'))")

    def names(self, driver) -> None:
        for name, path in self.pages().items():
            driver.get(self.demo.url + path)
            self.hold(driver)
            nameless = [
                element.get_attribute("outerHTML")[:100]
                for element in driver.find_elements(By.CSS_SELECTOR, "#main a, #main button, #main select, #main summary, "
                                                                     "#main input:not([type=hidden]), .foot button")[:40]
                if element.is_displayed() and not element.accessible_name.strip()
            ]
            self.check(f"{name}: everything that can be used has a name", not nameless, nameless)

    def focus_order(self, driver) -> None:
        for name, path in self.pages().items():
            driver.get(self.demo.url + path)
            self.hold(driver)
            last, steps, wrong = -1, 0, []
            for _ in range(60):
                driver.switch_to.active_element.send_keys(Keys.TAB)
                place, has_outline, is_shown, text = driver.execute_script("""
                    const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
                    return [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                      b.bottom > 0 && b.top < innerHeight, (e.textContent || e.id).trim().slice(0, 40)];""")
                if place <= last:
                    break
                last, steps = place, steps + 1
                if not has_outline or not is_shown:
                    wrong.append(text)
            self.check(f"{name}: {steps} stops in the order of the page, each visible", steps >= 8 and not wrong, wrong)

    def keyboard(self, driver) -> None:
        driver.delete_all_cookies()
        driver.get(self.demo.url + "/sign-in")
        press = lambda *keys: driver.switch_to.active_element.send_keys(*keys)
        press(Keys.TAB)
        press(self.demo.key, Keys.ENTER)
        until(driver, lambda d: d.find_elements(By.ID, "today-banner"), "signed in by keys")
        press(Keys.TAB)
        press(Keys.ENTER)
        until(driver, lambda d: d.switch_to.active_element.get_attribute("id") == "main", "the content has the focus")
        self.check("the first stop leads to the content", True)
        driver.get(self.demo.url + "/integrations")
        self.tab_to(driver, lambda e: e.tag_name == "summary" and "Payments" in e.text)
        press(Keys.ENTER)
        until(driver, lambda d: d.find_element(By.ID, "reason-payments").is_displayed(), "the switch unfolds")
        self.tab_to(driver, lambda e: e.get_attribute("id") == "reason-payments")
        press("by keys alone", Keys.ENTER)
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "switched by keys")
        self.check("by keys alone: signed in, skipped, switched payments", True)
        self.demo.ask("/api/failovers/payments", method="DELETE")
        driver.get(self.demo.url + "/events")
        self.tab_to(driver, lambda e: (e.get_attribute("href") or "").split("/")[-1].startswith("evt_"))
        place = driver.switch_to.active_element.get_attribute("id")
        before = driver.find_element(By.CSS_SELECTOR, "#events-list tbody").text
        until(driver, lambda d: d.find_element(By.CSS_SELECTOR, "#events-list tbody").text != before, "news come", 20)
        kept = driver.switch_to.active_element.get_attribute("id")
        self.check("the focus stays where it is when news come", kept == place, (place, kept))

    def tab_to(self, driver, wanted) -> None:
        for _ in range(120):
            driver.switch_to.active_element.send_keys(Keys.TAB)
            if wanted(driver.switch_to.active_element):
                return
        raise RuntimeError("no stop of the Tab key is the one that is wanted")

    def phone(self) -> None:
        with chromium(375, 812) as driver:
            sign_in(driver, self.demo)
            self.audits(driver, "light")
            driver.get(self.demo.url + "/")
            driver.find_element(By.CSS_SELECTOR, "#menu summary").click()
            driver.find_element(By.CSS_SELECTOR, "#menu a[href='/dead-letters']").click()
            until(driver, lambda d: d.find_element(By.TAG_NAME, "h1").text == "Dead letters", "the menu leads on")
            self.check("on a phone the menu leads to every page", True)

    def no_script(self) -> None:
        with chromium(script=False) as driver:
            sign_in(driver, self.demo)
            self.check("without JavaScript one signs in", True)
            self.check("and no sign of life is shown that is none", not driver.find_element(By.ID, "live").is_displayed())
            for name, path in self.pages().items():
                driver.get(self.demo.url + path)
                self.check(f"{name} is there without JavaScript", len(driver.find_element(By.TAG_NAME, "h1").text) > 2)
            self.demo.wait(lambda: self.demo.ask("/api/dead-letters?destination=nowhere")["data"], "a dead letter", 60)
            driver.get(self.demo.url + "/dead-letters?destination=nowhere")
            click(driver, By.CSS_SELECTOR, "#letters-list td.act button")
            until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".notice.good"), "it is replayed")
            self.check("a dead letter is replayed without JavaScript", True)
            driver.find_element(By.CSS_SELECTOR, "form[action='/sign-out'] button").click()
            until(driver, lambda d: d.find_elements(By.ID, "key"), "signed out")
            self.check("and one signs out", True)


def run(demo: Demo) -> Proof:
    proof = Proof(demo)
    demo.add_broken_destination("nowhere", ["payment_intent.*", "charge.*", "booking.*"])
    proof.door()
    proof.revoked()
    demo.wait(demo.scene_is_over, "the demonstration's own scene is over", 200)
    with chromium() as driver:
        proof.typing(driver)
        proof.outage(driver)
        proof.failover(driver)
        proof.dead_letters(driver)
        proof.polling(driver)
        proof.audits(driver, "dark")
        proof.audits(driver, "light")
        proof.names(driver)
        proof.focus_order(driver)
        proof.keyboard(driver)
        proof.doubt(driver)
        proof.push(driver)
    proof.phone()
    proof.no_script()
    return proof


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    arguments = parser.parse_args()
    begin = time.monotonic()
    with demo(arguments.usher) as running:
        proof = run(running)
    print(f"{proof.passed} checks passed, {proof.failed} failed, in {time.monotonic() - begin:.0f} s")
    raise SystemExit(1 if proof.failed else 0)


main()
