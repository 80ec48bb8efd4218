"""A running `usher demo`, and headless Chromium on its dashboard."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from usher_process import free_port

PAGES = {
    "today": "/", "integrations": "/integrations", "integration": "/integrations/stripe-main", "events": "/events",
    "calls": "/calls", "dead-letters": "/dead-letters", "incidents": "/incidents", "settings": "/settings",
}


class Demo:
    """`usher demo` in a folder of its own, with its admin key and the control of the vendors it plays."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "demo.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(pathlib.Path(binary).resolve()), "demo", "--listen", f"127.0.0.1:{self.port}", "--data",
                 str(folder / "data")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            )
        self.wait(lambda: (folder / "data/admin.key").exists() and self.is_ready(), "the demonstration starts", 60)
        self.key = (folder / "data/admin.key").read_text().strip()

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def wait(self, holds, what: str, seconds: float = 30):
        end = time.monotonic() + seconds
        while not (found := holds()):
            if self.process.poll() is not None:
                raise RuntimeError(f"the demonstration has ended:\n{self.log.read_text(errors='replace')[-2000:]}")
            if time.monotonic() > end:
                raise RuntimeError(f"not within {seconds} s: {what}")
            time.sleep(0.1)
        return found

    def ask(self, path: str, body: dict | None = None, method: str | None = None, headers: dict | None = None) -> dict:
        """One request of the API with the admin key."""
        data = None if body is None else json.dumps(body).encode()
        fields = {"Authorization": f"Bearer {self.key}"} | ({"Content-Type": "application/json"} if data else {})
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=fields | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return json.loads(error.read() or b"null")

    def vendor(self, name: str) -> str:
        """Where a vendor that is played listens."""
        text = (self.folder / "data/demo.yaml").read_text()
        return re.search(rf"^  {name}:\n    provider: .*\n    base_url: \"(.*?)\"", text, re.MULTILINE).group(1)

    def fault(self, name: str, fault: dict | None) -> None:
        """Breaks a vendor, or mends it."""
        data = None if fault is None else json.dumps(fault).encode()
        request = urllib.request.Request(
            self.vendor(name) + "/_faults", data=data, method="DELETE" if fault is None else "POST"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def charge(self, mode: str = "sync") -> dict:
        wedding = self.ask("/api/weddings?phase=day")["data"][0]["id"]
        return self.ask(
            "/api/calls",
            {"capability": "payments", "operation": "charge", "wedding": wedding, "mode": mode,
             "input": {"amount": {"amount": 4200, "currency": "EUR"}, "description": "Guest gift",
                       "sources": {"stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"}}},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )

    def in_doubt(self) -> str:
        """A payment whose answer is lost at Stripe, which then cannot be asked; Stripe stays down."""
        with self.payments(0.2):
            self.wait(lambda: self.ask("/api/failovers?open=true")["data"] == [], "Stripe serves payments", 120)
            self.fault("stripe-main", {"kind": "drop_answer", "path": "/v1/payment_intents/"})
            try:
                found = self.wait(lambda: self.ask("/api/calls?state=in_doubt")["data"], "a payment is in doubt", 60)
            finally:
                self.fault("stripe-main", {"kind": "refuse"})
        return found[-1]["id"]

    def add_broken_destination(self, name: str, events: list[str]) -> None:
        """A place where nothing gets through, for dead letters that come soon."""
        made = self.ask("/api/destinations", {
            "name": name, "url": f"http://127.0.0.1:{free_port()}/", "allow_private": True, "attempts_max": 1,
            "events": events, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        })
        if made.get("name") != name:
            raise RuntimeError(f"no destination {name}: {made}")

    def scene_is_over(self) -> bool:
        return "ledgers compared" in self.log.read_text(errors="replace")

    @contextlib.contextmanager
    def payments(self, pause: float = 0.1):
        """Payments one after the other beside the demonstration's own, as on a busy day."""
        is_over = threading.Event()

        def pay() -> None:
            while not is_over.wait(pause):
                with contextlib.suppress(Exception):
                    self.charge("async")

        payer = threading.Thread(target=pay, daemon=True)
        payer.start()
        try:
            yield
        finally:
            is_over.set()
            payer.join(40)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def demo(binary: str):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-dashboard-"))
    running = None
    try:
        running = Demo(binary, folder)
        yield running
    finally:
        if running:
            running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def chromium(width: int = 1280, height: int = 900, script: bool = True, scale: float = 1):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--disable-background-networking", "--disable-component-update", "--no-first-run",
                     f"--window-size={width},{height}", f"--force-device-scale-factor={scale}"):
        options.add_argument(argument)
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500})
    driver.set_page_load_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()


def until(driver, holds, what: str, seconds: float = 15):
    """Waits for what `holds`; a page that is just being replaced is looked at again."""
    passing = [WebDriverException]
    return WebDriverWait(driver, seconds, poll_frequency=0.05, ignored_exceptions=passing).until(holds, what)


def click(driver, by: str, what: str) -> None:
    """Clicks on something that may just be replaced by what is new."""
    for _ in range(20):
        try:
            driver.find_element(by, what).click()
            return
        except WebDriverException:
            time.sleep(0.1)
    driver.find_element(by, what).click()


def sign_in(driver, demo: Demo) -> None:
    driver.get(demo.url + "/sign-in")
    driver.find_element(By.ID, "key").send_keys(demo.key)
    driver.find_element(By.CSS_SELECTOR, "form button").click()
    until(driver, lambda d: d.find_elements(By.ID, "today-banner"), "signed in")
