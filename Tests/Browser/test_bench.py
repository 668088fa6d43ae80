"""The bench page alone: what it shows of a state, and what each control posts."""

import copy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bench_server import BenchServer
from conftest import gallery

SHOTS = Path(__file__).resolve().parent.parent.parent / ".run" / "gallery"
STATE = {
    "citizens": [
        {"id": "li", "label": "李 试 / Li", "kind": "resident"}, {"id": "ho", "label": "何 试 / Ho", "kind": "permit J"},
        {"id": "smith", "label": "SMITH TEST", "kind": "foreigner I"}],
    "reader": {"card": None, "plugged": True},
    "scanner": {"pages": 0, "condition": "ready"},
    "printer": {"paper": True, "printed": []},
    "hardware": {
        "receiptPrinter": {"paper": True, "coverOpen": False, "jammed": False, "receipts": []}, "openDoors": [],
        "board": {"outputs": {"buzzer": False}, "sensors": {"cabinet": False}}, "cameras": {"face-camera": "plain"}, "power": "mains",
        "cardReader": {"card": None, "holders": ["li"]}, "missing": []},
    "network": {"online": True},
    "processes": [{"name": name, "pid": 100 + index, "state": "running"} for index, name in enumerate(
        ["kioskd", "platformd", "reader", "scanner", "printer", "imaging"])],
    "devices": [
        {"name": "reader", "deviceClass": "idCardReader", "state": "ready", "identity": {}, "pid": 102, "restarts": 1, "lastExit": "signal 9"},
        {"name": "printer", "deviceClass": "printer", "state": "needsTechnician", "identity": {}, "restarts": 0,
         "fault": {"code": "printer.media-empty", "action": "refill", "detail": "media-empty-error"}}],
    "queue": [{"id": "0190-1", "sequence": 1, "kind": "application", "state": "waiting", "reference": "4201-7K3M", "byteCount": 20480,
               "digest": "00", "createdAt": "2026-11-21T10:00:00Z", "attempts": 3, "lastError": "connection refused"}],
    "applications": [{"number": "4201-7K3M", "item": "居住证办理", "submittedAt": "2026-11-21T10:01:00Z",
                      "materials": [{"requirement": "居住地住址证明", "pageCount": 2, "byteCount": 120000}]}],
    "log": ["10:00:00 card laid", "10:00:02 card read"],
}


@pytest.fixture
def bench(server):
    server.push({**gallery()["attract"], "language": "zh-Hans"})
    bench = BenchServer({**copy.deepcopy(STATE), "touchscreenURL": f"{server.url}/"}, frame=server.url)
    yield bench
    bench.close()


@pytest.fixture
def desk(browser, bench):
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(bench.url)
    expect(page.locator("#link")).to_have_text("Bench running")
    # The framed page takes the focus for its first screen: what is typed before that goes astray.
    expect(page.frame_locator("iframe").locator("#title")).to_be_visible()
    yield page
    context.close()
    assert errors == []


def test_shows_the_state_and_is_accessible(desk):
    expect(desk.frame_locator("iframe").locator("#title")).to_be_visible()
    for tray, words in [
        ("platform", "居住地住址证明: 2 p., 118 KiB"), ("queue", "connection refused"), ("devices", "printer.media-empty → refill"),
        ("processes", "imaging"), ("log", "card read"), ("printer", "Nothing printed yet")]:
        expect(desk.locator(f"#{tray}")).to_contain_text(words)
    SHOTS.mkdir(parents=True, exist_ok=True)
    desk.screenshot(path=SHOTS / "bench.png")
    report = Axe().run(desk, options={"iframes": False}).response
    assert [(violation["id"], [node["target"] for node in violation["nodes"]]) for violation in report["violations"]] == []


def test_every_control_posts_what_it_says(desk, bench):
    def press(tray, name, path, body):
        count = len(bench.posts)
        with desk.expect_response(lambda answer: answer.url.endswith(path)) as answer:
            desk.locator(f"#{tray}").get_by_role("button", name=name).first.click()
        assert answer.value.status == 200
        assert bench.posts[count:] == [(path, body)]

    def becomes(tray, words):
        expect(desk.locator(f"#{tray}")).to_contain_text(words, timeout=3000)

    press("reader", "李 试", "/api/reader", {"action": "lay", "citizen": "li"})
    bench.state["reader"] = {"card": "li", "plugged": True}
    becomes("reader", "李 试 / Li lies on it")
    press("reader", "Lift card", "/api/reader", {"action": "lift"})
    for name, action in [("corrupt it", "corrupt"), ("stall it", "stall"), ("pull card half-way", "remove"), ("Unplug reader", "unplug")]:
        press("reader", name, "/api/reader", {"action": action})
    bench.state["reader"] = {"card": None, "plugged": False}
    becomes("reader", "reader unplugged")
    press("reader", "Plug reader in", "/api/reader", {"action": "replug"})

    desk.locator("#scanner-citizen").select_option("ho")
    desk.locator("#scanner-pages").fill("3")
    press("scanner", "Put into tray", "/api/scanner", {"action": "load", "citizen": "ho", "pages": 3})
    for name, action in [("Jam", "jam"), ("Open cover", "coverOpen"), ("All clear", "ready"), ("Empty tray", "empty")]:
        press("scanner", name, "/api/scanner", {"action": action})

    press("printer", "Take paper out", "/api/printer", {"paper": False})
    bench.state["printer"] = {"paper": False, "printed": []}
    becomes("printer", "out of paper")
    press("printer", "Put paper in", "/api/printer", {"paper": True})
    press("network", "Cut the network", "/api/network", {"online": False})
    bench.state["network"] = {"online": False}
    becomes("network", "Mend")
    press("network", "Mend the network", "/api/network", {"online": True})
    for signal, name in [("KILL", "Kill"), ("STOP", "Stop"), ("CONT", "Continue")]:
        press("processes", f"{name} platformd", "/api/process", {"name": "platformd", "signal": signal})


def test_the_other_devices_are_played_too(desk, bench):
    def press(tray, name, path, body):
        count = len(bench.posts)
        with desk.expect_response(lambda answer: answer.url.endswith(path)):
            desk.locator(f"#{tray}").get_by_role("button", name=name).first.click()
        assert bench.posts[count:] == [(path, body)]

    def becomes(tray, words):
        expect(desk.locator(f"#{tray}")).to_contain_text(words, timeout=3000)

    press("receipt-printer", "Take the roll out", "/api/receipt-printer", {"action": "takePaper"})
    bench.state["hardware"]["receiptPrinter"]["paper"] = False
    becomes("receipt-printer", "out of paper")
    desk.locator("#code").fill("ABC-1")
    expect(desk.locator("#code")).to_have_value("ABC-1")
    press("code-scanner", "Present it", "/api/code-scanner", {"code": "ABC-1"})
    press("cameras", "A page before face-camera", "/api/cameras", {"name": "face-camera", "scene": "page", "citizen": "li"})
    desk.locator("#door").fill("3")
    press("locker", "Force open", "/api/locker", {"door": 3, "open": True})
    bench.state["hardware"]["openDoors"] = [3]
    becomes("locker", "open: 3")
    press("keypad", "7", "/api/keypad", {"key": "7"})
    press("board", "cabinet open", "/api/board", {"sensor": "cabinet", "active": True})
    press("ups", "Power failure", "/api/ups", {"power": "battery"})
    press("card-reader", "李 试", "/api/card-reader", {"citizen": "li"})
    bench.state["hardware"]["missing"] = [{"device": "card-reader", "reason": "pcscd isn't installed"}]
    becomes("card-reader", "pcscd isn't installed")


def test_printed_receipt_is_linked(desk, bench):
    bench.state["printer"] = {"paper": True, "printed": [{"name": "receipt 1", "url": "/api/printed/1.pdf"}]}
    expect(desk.get_by_role("link", name="receipt 1")).to_have_attribute("href", "/api/printed/1.pdf", timeout=3000)


def test_a_silent_bench_is_said(desk, bench):
    bench.close()
    expect(desk.locator("#link")).to_have_attribute("data-tone", "bad", timeout=8000)
