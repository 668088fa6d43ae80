"""Every screen of the gallery in the real browser: what it shows, what a touch does, how it measures, what axe finds."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import LANDSCAPE, PORTRAIT, gallery

SHOTS = Path(__file__).resolve().parent.parent.parent / ".run" / "gallery"
SCREENS = gallery()
LANGUAGES = ["zh-Hans", "en"]
MM = 1080 / 268  # CSS pixels a millimetre on the reference panel

# Font size whose CJK body (0.92 em) and Latin capital (0.733 em) both reach 4.8 mm.
MEASURE = """() => {
  const visible = (node) => node.checkVisibility() && !node.closest('.unseen, svg, #wait') && !node.closest('[inert]');
  // What is scrolled out of the screen, or only peeps in, is reached by scrolling first.
  const main = document.getElementById('main').getBoundingClientRect();
  const inView = (node) => {
    const { top, bottom } = node.getBoundingClientRect();
    return !node.closest('#main') || (top >= main.top && bottom <= main.bottom);
  };
  const texts = [...document.querySelectorAll('body *')]
    .filter((node) => visible(node) && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const box = (node) => { const { x, y, width, height } = node.getBoundingClientRect(); return { x, y, width, height, name: node.textContent }; };
  return {
    fonts: texts.map((node) => ({ size: parseFloat(getComputedStyle(node).fontSize), name: node.textContent })),
    targets: [...document.querySelectorAll('button')].filter((node) => visible(node) && inView(node)).map(box),
    overflow: document.documentElement.scrollWidth - innerWidth,
    clipped: texts
      .filter((node) => node.scrollWidth > node.clientWidth + 2 && getComputedStyle(node).display !== 'inline')
      .map((node) => node.textContent),
  };
}"""


def show(page, server, name, language="zh-Hans", **push):
    server.push({**SCREENS[name], "language": language}, **push)
    if not page.url.startswith(server.url):
        page.goto(server.url)
    expect(page.locator("#wait")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-screen", name)
    expect(page.locator("html")).to_have_attribute("lang", language)


def settle(page):
    """Past the time in which a new screen takes no touches."""
    start = page.evaluate("performance.now()")
    page.wait_for_function("(start) => performance.now() > start + 450", arg=start)


def gap(a, b):
    dx = max(a["x"] - b["x"] - b["width"], b["x"] - a["x"] - a["width"], 0)
    dy = max(a["y"] - b["y"] - b["height"], b["y"] - a["y"] - a["height"], 0)
    return max(dx, dy)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCREENS)
def test_is_readable_and_reachable(page, server, name, language):
    show(page, server, name, language)
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}-{language}.png")

    title = "countdown-title" if "countdown" in SCREENS[name] else "title"
    expect(page.locator(f"#{title}")).to_be_focused()
    shown = page.locator("body").inner_text()
    assert re.findall(r"\b[a-z][A-Za-z]+\.[a-z][A-Za-z.]+\b|\{[a-z]+\}", shown) == [], "a key without words"

    found = page.evaluate(MEASURE)
    assert [font for font in found["fonts"] if font["size"] * 0.733 < 4.8 * MM] == []
    assert [target for target in found["targets"] if min(target["width"], target["height"]) < 15 * MM] == []
    targets = found["targets"]
    close = [(a["name"], b["name"]) for i, a in enumerate(targets) for b in targets[i + 1:] if gap(a, b) < 3 * MM - 0.5]
    assert close == []
    assert found["overflow"] <= 0
    assert found["clipped"] == []

    report = Axe().run(page).response
    assert [(violation["id"], [node["target"] for node in violation["nodes"]]) for violation in report["violations"]] == []


@pytest.mark.parametrize("name", SCREENS)
def test_fits_a_landscape_panel(page, server, name):
    page.set_viewport_size(LANDSCAPE)
    show(page, server, name)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.screenshot(path=SHOTS / f"{name}-landscape.png")
    found = page.evaluate(MEASURE)
    assert found["overflow"] <= 0
    for action in page.locator("#actions .action:visible").all():
        box = action.bounding_box()
        assert box["y"] + box["height"] <= LANDSCAPE["height"], action.inner_text()
    assert [font for font in found["fonts"] if font["size"] * 0.733 < 4.8 * MM] == []


def test_touch_posts_session_revision_and_touch(page, server):
    show(page, server, "items", session="abc", revision=7)
    settle(page)
    page.get_by_text("居住证办理").tap()
    expect(page.locator("html")).to_have_class("is-busy")
    assert server.touches == [{"session": "abc", "revision": 7, "touch": {"kind": "chooseItem", "value": "3"}}]


def test_double_tap_sends_once(page, server):
    show(page, server, "insert")
    settle(page)
    server.hold.clear()
    button = page.locator(".action.is-primary")
    button.tap()
    expect(button).to_have_class(re.compile("is-pressed"))
    button.tap(force=True)
    button.tap(force=True)
    server.hold.set()
    expect(page.locator("html")).to_have_class("is-busy")
    assert len(server.touches) == 1


def test_second_half_of_a_double_tap_misses_the_next_screen(page, server):
    show(page, server, "identity")
    settle(page)
    page.locator(".action.is-primary").evaluate("button => button.click()")
    server.push({**SCREENS["review"], "language": "zh-Hans"}, revision=2)
    expect(page.locator("body")).to_have_attribute("data-screen", "review")
    page.locator(".action.is-primary").evaluate("button => button.click()")
    settle(page)
    assert [touch["revision"] for touch in server.touches] == [1]
    page.locator(".action.is-primary").tap()
    page.wait_for_function("() => document.documentElement.classList.contains('is-busy')")
    assert [touch["revision"] for touch in server.touches] == [1, 2]


def test_a_press_outlives_a_push(page, server):
    show(page, server, "items")
    settle(page)
    box = page.locator(".action").first.bounding_box()
    kind = page.locator(".action").first.get_attribute("data-kind")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    items = {**SCREENS["items"], "language": "zh-Hans"}
    server.push({**items, "body": [{"type": "notice", "tone": "attention", "text": {"key": "attract.offline"}}, *items["body"]]}, revision=2)
    expect(page.locator(".notice")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("html")).to_have_class("is-busy")
    assert [(touch["revision"], touch["touch"]["kind"]) for touch in server.touches] == [(2, kind)]


def test_stale_touch_frees_the_screen_and_keeps_it(page, server):
    show(page, server, "identity")
    settle(page)
    server.status = 409
    page.locator(".action.is-primary").tap()
    expect(page.locator("html")).not_to_have_class("is-busy")
    expect(page.locator("#wait")).to_be_hidden()
    settle(page)
    page.locator(".action.is-primary").tap()
    page.wait_for_function("() => !document.documentElement.classList.contains('is-busy')")
    assert len(server.touches) == 2


def test_unavailable_choice_sends_nothing(page, server):
    show(page, server, "menu")
    settle(page)
    page.locator("[data-unavailable]").tap(force=True)
    page.locator(".row:not([data-unavailable])").tap()
    expect(page.locator("html")).to_have_class("is-busy")
    assert [touch["touch"]["value"] for touch in server.touches] == ["upload"]


def test_lost_connection_hides_personal_data_and_comes_back(page, server):
    show(page, server, "identity")
    assert "张*云" in page.locator("#body").inner_text()
    server.set_online(False)
    expect(page.locator("#wait")).to_be_visible()
    assert "张*云" not in page.content()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "wait.png")
    server.set_online(True)
    expect(page.locator("#wait")).to_be_hidden(timeout=2000)
    expect(page.locator("#body")).to_contain_text("张*云")


def test_refused_touch_fetches_the_screen_anew(page, server):
    show(page, server, "identity")
    settle(page)
    server.status = 500
    page.locator(".action.is-primary").tap()
    expect(page.locator("#wait")).to_be_visible()
    expect(page.locator("#wait")).to_be_hidden(timeout=2000)
    expect(page.locator("html")).not_to_have_class("is-busy")


def test_frozen_kioskd_is_noticed_by_the_touch(page, server):
    show(page, server, "identity")
    settle(page)
    server.hold.clear()
    page.locator(".action.is-primary").tap()
    expect(page.locator("#wait")).to_be_visible(timeout=7000)
    server.hold.set()
    expect(page.locator("#wait")).to_be_hidden(timeout=2000)


def test_countdown_covers_the_screen_ticks_and_extends(page, server):
    show(page, server, "idle-warning")
    assert page.locator("#kiosk").evaluate("kiosk => kiosk.inert")
    overlay = page.locator("#countdown")
    box = overlay.bounding_box()
    assert (box["width"], box["height"]) == (PORTRAIT["width"], PORTRAIT["height"])
    assert page.evaluate("document.elementFromPoint(540, 960).closest('#countdown') !== null")
    expect(overlay.locator(".countdown-number")).to_have_text("28", timeout=4000)
    server.push({**SCREENS["idle-warning"], "language": "zh-Hans"}, revision=2)
    page.wait_for_function("() => Number(document.querySelector('.countdown-number').textContent) < 28")
    overlay.get_by_text("我还在").tap()
    page.wait_for_function("() => document.documentElement.classList.contains('is-busy')")
    assert server.touches[0]["touch"] == {"kind": "extend"}
    assert server.touches[0]["revision"] == 2
    server.push({**SCREENS["identity"], "language": "zh-Hans"}, revision=3)
    expect(overlay).to_be_hidden()
    assert not page.locator("#kiosk").evaluate("kiosk => kiosk.inert")
    expect(page.locator("#title")).to_be_focused()


def test_new_content_keeps_pages_and_scroll(page, server):
    show(page, server, "preview")
    page.locator("[data-page=p1]").evaluate("node => { node.kept = true }")
    more = {**SCREENS["preview"], "language": "zh-Hans"}
    rows = [*more["body"][1]["rows"], {"id": "p4", "label": {"key": "preview.page", "arguments": {"n": "4"}}}]
    server.push({**more, "body": [more["body"][0], {"type": "pages", "rows": rows}]}, revision=2)
    expect(page.locator("[data-page]")).to_have_count(4)
    assert page.locator("[data-page=p1]").evaluate("node => node.kept === true")
    assert server.page_requests.count("/pages/p1") == 1


def test_a_picture_that_is_on_its_way_says_so(page, server):
    page.route("**/pages/p1", lambda route: None)
    show(page, server, "preview")
    expect(page.locator("[data-page=p1] .page-missing")).to_have_text("图片正在生成……")
    expect(page.locator("[data-page=p2] .page-missing")).to_have_count(0)
    expect(page.locator("[data-page=p2] img")).to_be_visible()


@pytest.mark.parametrize("kind", ["removePage", "rescanPage"])
def test_any_page_is_taken_away_or_scanned_again_alone(page, server, kind):
    show(page, server, "preview-flaws", session="abc", revision=3)
    settle(page)
    expect(page.locator(".page-advice")).to_have_count(3)
    page.locator(f"[data-kind={kind}]").nth(2).tap()
    expect(page.locator("html")).to_have_class("is-busy")
    assert server.touches == [{"session": "abc", "revision": 3, "touch": {"kind": kind, "value": "p3"}}]


def test_long_list_has_scroll_buttons(page, server):
    page.set_viewport_size({"width": 1080, "height": 1080})
    show(page, server, "items")
    down = page.locator("[data-direction=down]")
    expect(down).to_be_visible()
    last = page.locator(".row").last
    main = page.locator("#main")
    expect(page.locator("[data-direction=up]")).to_be_disabled()
    while main.evaluate("main => main.scrollTop + main.clientHeight < main.scrollHeight - 4"):
        before = main.evaluate("main => main.scrollTop")
        down.tap()
        page.wait_for_function("(before) => document.getElementById('main').scrollTop > before", arg=before)
    expect(down).to_be_disabled()
    expect(last).to_be_in_viewport()
    settle(page)
    last.tap()
    page.wait_for_function("() => document.documentElement.classList.contains('is-busy')")
    assert server.touches[0]["touch"]["value"] == "8"


def test_missing_key_is_shown_as_it_is(page, server):
    show(page, server, "help", "en")
    server.push({**SCREENS["help"], "language": "en", "title": {"key": "no.such.key"}}, revision=2)
    expect(page.locator("#title")).to_have_text("no.such.key")


def test_nothing_is_kept_in_the_browser(page, server):
    for revision, name in enumerate(SCREENS):
        show(page, server, name, revision=revision)
    kept = page.evaluate("""async () => ({
        local: localStorage.length, session: sessionStorage.length, databases: (await indexedDB.databases()).length,
        caches: (await caches.keys()).length, history: history.length, cookie: document.cookie, url: location.pathname + location.search })""")
    assert kept == {"local": 0, "session": 0, "databases": 0, "caches": 0, "history": kept["history"], "cookie": "", "url": "/"}
    assert kept["history"] <= 2


def test_a_camera_that_is_left_is_looked_at_no_longer(page, server):
    waiting = []
    page.route("**/camera/12", lambda route: waiting.append(route))
    show(page, server, "lay-page")
    picture = page.locator(".camera img")
    page.wait_for_function("() => document.querySelector('.camera img').getAttribute('src') === '/camera/12'")
    kept = picture.element_handle()
    screen = {**SCREENS["lay-page"], "language": "zh-Hans"}
    notice = {"type": "notice", "tone": "attention", "text": {"key": "camera.noPicture"}}
    server.push({**screen, "body": [notice, *screen["body"]]}, revision=2)
    expect(page.locator(".notice")).to_have_count(1)
    assert kept.evaluate("picture => picture.isConnected"), "the same look goes on"
    show(page, server, "help", revision=3)
    assert kept.get_attribute("src") is None, "else it would go on loading unseen"
    show(page, server, "lay-page", revision=4)
    page.wait_for_function("() => document.querySelector('.camera img').getAttribute('src') === '/camera/12'")
    assert len(waiting) == 2
