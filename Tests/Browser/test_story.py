"""The whole story in the real browser against the real system: the bench page's API plays the hands, the framed touchscreen is touched.

KIOSK_BENCH_URL names a running bench page (`make run` prints it)."""

import json
import os
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

SHOTS = Path(__file__).resolve().parent.parent.parent / ".run" / "story"
BENCH = os.environ.get("KIOSK_BENCH_URL", "").rstrip("/")
PATIENCE = 30_000  # milliseconds; a real scanner protocol, a real PDF and a real fsync stand between two screens

pytestmark = pytest.mark.skipif(not BENCH, reason="KIOSK_BENCH_URL is not set: start the system (make run) and give the bench page's address")


def state():
    with urllib.request.urlopen(f"{BENCH}/api/state", timeout=10) as answer:
        return json.load(answer)


def play(device, **body):
    request = urllib.request.Request(
        f"{BENCH}/api/{device}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json", "X-Bench": "1"}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


def until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition(state())
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not seen within {seconds} s: {what}")


class Kiosk:
    """The framed touchscreen, by what a citizen sees."""

    def __init__(self, page):
        self.page = page
        self.frame = page.frame_locator("iframe.panel")
        self.shots = 0

    def sees(self, *names):
        """Waits for one of the screens; takes its picture; answers its name."""
        body = self.frame.locator(", ".join(f'body[data-screen="{name}"]' for name in names))
        expect(body).to_be_visible(timeout=PATIENCE)
        expect(self.frame.locator("#wait")).to_be_hidden(timeout=PATIENCE)
        name = body.get_attribute("data-screen")
        self.shots += 1
        self.page.screenshot(path=SHOTS / f"{self.shots:02}-{name}.png")
        return name

    def touch(self, selector):
        target = self.frame.locator(selector).first
        expect(target).to_be_visible(timeout=PATIENCE)
        # A new screen takes no touches for a moment; a citizen is not faster than that.
        self.page.wait_for_timeout(450)
        target.click()

    def shows_pictures(self, selector):
        widths = self.frame.locator(selector).evaluate_all("images => images.map((image) => image.complete ? image.naturalWidth : 0)")
        return all(width > 100 for width in widths)

    def text(self, selector):
        return self.frame.locator(selector).first.inner_text()


@pytest.fixture
def kiosk(browser):
    SHOTS.mkdir(parents=True, exist_ok=True)
    for old in SHOTS.glob("*.png"):
        old.unlink()
    context = browser.new_context(viewport={"width": 1800, "height": 1100})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(BENCH)
    yield Kiosk(page)
    page.screenshot(path=SHOTS / "last.png")
    context.close()
    assert errors == []


def test_a_scanned_document_reaches_the_city(kiosk):
    start = state()
    citizen = next(citizen for citizen in start["citizens"] if "resident" in citizen["kind"].lower())
    applications = {application["number"] for application in start["applications"]}
    printed = len(start["printer"]["printed"])

    kiosk.sees("attract")
    kiosk.touch('[data-kind="start"]')
    kiosk.sees("menu")
    kiosk.touch('.row[data-kind="chooseJourney"]:not([data-unavailable])')
    kiosk.sees("lay-card")
    play("reader", action="lay", citizen=citizen["id"])
    kiosk.sees("identity")
    assert "*" in kiosk.text(".facts"), "the identity is masked"
    kiosk.touch('[data-kind="confirm"]')
    kiosk.sees("take-card")
    play("reader", action="lift")

    kiosk.sees("items")
    kiosk.touch('.row[data-kind="chooseItem"]:not([data-unavailable])')
    kiosk.sees("checklist")
    materials = 0
    while kiosk.frame.locator('.row[data-state="missing"]').count() > 0:
        materials += 1
        kiosk.touch('.row[data-state="missing"]')
        kiosk.sees("insert")
        play("scanner", action="load", citizen=citizen["id"], pages=2)
        kiosk.touch('[data-kind="scan"]')
        kiosk.sees("preview")
        expect(kiosk.frame.locator("[data-page] img")).to_have_count(2)
        until(lambda _: kiosk.shows_pictures("[data-page] img"), "thumbnails that are real pictures", seconds=20)
        kiosk.touch('[data-kind="finishMaterial"]')
        kiosk.sees("checklist")
    assert materials > 0

    kiosk.touch('[data-kind="submit"]')
    kiosk.sees("review")
    kiosk.touch('[data-kind="confirm"]')
    kiosk.sees("receipt")
    reference = kiosk.text(".reference").strip()
    assert reference
    kiosk.touch('[data-kind="done"]')
    kiosk.sees("attract")
    assert reference not in kiosk.frame.locator("body").inner_text()

    arrived = until(
        lambda now: [application for application in now["applications"] if application["number"] not in applications], "the application")
    assert len(arrived) == 1
    until(lambda now: all(item["state"] == "delivered" for item in now["queue"]), "an empty queue")
    pages = [material["pageCount"] for application in until(
        lambda now: [a for a in now["applications"] if a["number"] == arrived[0]["number"] and len(a["materials"]) == materials], "the materials")
        for material in application["materials"]]
    assert pages == [2] * materials
    assert len(until(lambda now: now["printer"]["printed"][printed:], "the printed receipt")) == 1
    expect(kiosk.page.locator("#platform")).to_contain_text(arrived[0]["number"])
    kiosk.page.screenshot(path=SHOTS / f"{kiosk.shots + 1:02}-platform.png")
