"""The document camera in the real browser against the real system: a live picture that moves, a page out of it, and a camera that is unplugged.

KIOSK_BENCH_URL names a running bench page (`make run` prints it)."""

import urllib.request

import pytest
from playwright.sync_api import expect

import test_story
from conftest import PORTRAIT
from test_story import PATIENCE, play, state, until

pytestmark = test_story.pytestmark
SHOTS = test_story.SHOTS.parent / "camera"
PICTURE = ".camera img"
# What is seen, as pixels: a frame that differs is another text.
PIXELS = """(image) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [160, 90];
  canvas.getContext('2d').drawImage(image, 0, 0, 160, 90);
  return image.naturalWidth > 0 ? canvas.toDataURL() : '';
}"""


class Panel(test_story.Kiosk):
    """The touchscreen alone, on a panel of its own."""

    def __init__(self, page):
        super().__init__(page)
        self.frame = page

    def sees(self, *names):
        body = self.frame.locator(", ".join(f'body[data-screen="{name}"]' for name in names))
        expect(body).to_be_visible(timeout=PATIENCE)
        expect(self.frame.locator("#wait")).to_be_hidden(timeout=PATIENCE)
        return body.get_attribute("data-screen")

    def shot(self, name):
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def moves(self):
        picture = self.frame.locator(PICTURE)
        first = ""
        for _ in range(300):
            now = picture.evaluate(PIXELS)
            if first and now and now != first:
                return
            first = first or now
            self.page.wait_for_timeout(100)
        raise AssertionError("the picture stands still")


@pytest.fixture
def panel(browser):
    SHOTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=PORTRAIT, has_touch=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    # An address opens once; loading the bench's page has it make a fresh one.
    urllib.request.urlopen(test_story.BENCH, timeout=10).close()
    page.goto(until(lambda now: now["touchscreenURL"], "the touchscreen's address"))
    yield Panel(page)
    context.close()
    assert errors == []


def test_a_page_is_photographed_and_an_unplugged_camera_comes_back(panel):
    citizen = next(citizen for citizen in state()["citizens"] if "resident" in citizen["kind"].lower())
    panel.sees("attract")
    panel.touch('[data-kind="start"]')
    panel.sees("menu")
    panel.touch('.row[data-kind="chooseJourney"]:not([data-unavailable])')
    panel.sees("lay-card")
    play("reader", action="lay", citizen=citizen["id"])
    panel.sees("identity")
    panel.touch('[data-kind="confirm"]')
    panel.sees("take-card")
    play("reader", action="lift")
    panel.sees("items")
    panel.touch('.row[data-kind="chooseItem"]:not([data-unavailable])')
    panel.sees("checklist")
    panel.touch('.row[data-state="missing"]')
    panel.sees("insert")
    panel.shot("insert")
    panel.touch('[data-kind="chooseSource"]')

    panel.sees("lay-page")
    panel.moves()
    panel.shot("lay-page")
    assert panel.page.evaluate("performance.getEntriesByType('resource').every(({ name }) => name.startsWith(location.origin))")

    # Help lies over it and goes again.
    panel.touch('[data-kind="help"]')
    panel.sees("help")
    panel.touch('[data-kind="back"]')
    panel.sees("lay-page")
    panel.moves()

    play("camera", action="unplug")
    expect(panel.frame.locator(PICTURE)).to_have_count(0, timeout=PATIENCE)
    expect(panel.frame.locator(".notice")).to_be_visible()
    expect(panel.frame.locator('[data-kind="takePicture"]')).to_have_count(0)
    expect(panel.frame.locator('[data-kind="back"]')).to_be_visible()
    panel.shot("lay-page-away")
    play("camera", action="replug")
    expect(panel.frame.locator(PICTURE)).to_be_visible(timeout=PATIENCE)
    panel.moves()

    panel.touch('[data-kind="takePicture"]')
    panel.sees("preview")
    pages = panel.frame.locator("[data-page] img")
    expect(pages).to_have_count(1)
    until(lambda _: panel.shows_pictures("[data-page] img"), "a thumbnail that is a real picture", seconds=30)
    expect(panel.frame.locator(".notice")).to_have_count(0, timeout=PATIENCE)
    panel.shot("preview")
    across, down = pages.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert abs(down / across - 297 / 210) < 0.05, "the sheet was cut out of the picture"

    panel.touch('[data-kind="exit"]')
    panel.sees("attract")
