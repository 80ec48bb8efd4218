"""Pictures of every page of the dashboard of a running `usher demo`, in light, in dark and on a phone."""

import argparse
import os
import pathlib
import shutil
import subprocess
import time

from selenium.webdriver.common.by import By

from browser import PAGES, chromium, demo, sign_in, until

# Larger files would weigh on every clone.
BYTES_MAX = 150_000
# Pages ask for the system's font; pictures take Inter where it is installed.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include><alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
<match target="pattern"><test name="family"><string>system-ui</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match></fontconfig>
"""


def save(driver, path: pathlib.Path, height_max: int) -> None:
    height = min(height_max, driver.execute_script("return document.documentElement.scrollHeight"))
    size = driver.execute_script("return [innerWidth, devicePixelRatio]")
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": size[0], "height": max(600, height), "deviceScaleFactor": size[1], "mobile": size[0] < 500})
    time.sleep(0.3)
    driver.save_screenshot(str(path))
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--speed", "1", "--output", str(path), "128", str(path)],
                       check=False)
    bytes_there = path.stat().st_size
    print(f"{path}  {bytes_there // 1000} kB", flush=True)
    if bytes_there > BYTES_MAX:
        raise RuntimeError(f"{path} is larger than {BYTES_MAX} bytes")


def take(driver, demo, folder: pathlib.Path, name: str, path: str, ending: str, height_max: int) -> None:
    driver.get(demo.url + path)
    driver.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    if path != "/sign-in":
        until(driver, lambda d: d.find_elements(By.ID, "main"), path)
        time.sleep(1.2)
    save(driver, folder / f"{name}-{ending}.png", height_max)


def pages(demo) -> dict[str, str]:
    found = dict(PAGES)
    events = [e for e in demo.ask("/api/events?limit=200")["data"] if e["wedding"]] or demo.ask("/api/events")["data"]
    found["event"] = "/events/" + events[0]["id"]
    doubts = demo.ask("/api/calls?state=in_doubt")["data"] or demo.ask("/api/calls")["data"]
    found["call"] = "/calls/" + doubts[0]["id"]
    incidents = demo.ask("/api/incidents").get("data") or []
    if incidents:
        found["incident"] = "/incidents/" + incidents[0]["id"]
    return found


def prepare(demo) -> None:
    """The middle of an outage: Stripe is down, payments go on elsewhere, one is in doubt."""
    demo.add_broken_destination("partner-crm", ["charge.*", "payment_intent.*"])
    demo.wait(demo.scene_is_over, "the demonstration's own scene is over", 200)
    time.sleep(30)  # For the charts.
    demo.in_doubt()
    with demo.payments():
        demo.wait(lambda: demo.ask("/api/failovers?open=true")["data"], "payments go elsewhere", 60)
        time.sleep(6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=".build-release/release/usher", help="the binary")
    parser.add_argument("--folder", default="docs/images", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with demo(arguments.usher) as running:
        fonts = running.folder / "fonts.conf"
        fonts.write_text(FONTS)
        os.environ["FONTCONFIG_FILE"] = str(fonts)
        prepare(running)
        with chromium(1280, 800) as driver:
            take(driver, running, arguments.folder, "sign-in", "/sign-in", "light", 800)
            sign_in(driver, running)
            every = pages(running)
            for theme in ("light", "dark"):
                driver.get(running.url + "/")
                driver.find_element(By.CSS_SELECTOR, f".themes button[value={theme}]").click()
                for name, path in every.items():
                    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                           {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False})
                    take(driver, running, arguments.folder, name, path, theme, 1100)
        with chromium(390, 844, scale=1.5) as driver:
            sign_in(driver, running)
            for name in ("today", "integrations", "dead-letters", "call"):
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                       {"width": 390, "height": 844, "deviceScaleFactor": 1.5, "mobile": True})
                take(driver, running, arguments.folder, name, every[name], "phone", 1100)


main()
