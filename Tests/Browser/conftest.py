import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from kiosk_server import KioskServer

HERE = Path(__file__).resolve().parent
PORTRAIT = {"width": 1080, "height": 1920}
LANDSCAPE = {"width": 1920, "height": 1080}


def gallery():
    """The screens of screens.json by name."""
    return {screen["name"]: screen for screen in json.loads((HERE / "screens.json").read_text(encoding="utf-8"))}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


@pytest.fixture
def server():
    server = KioskServer()
    yield server
    server.close()


@pytest.fixture
def page(browser, server):
    """A touch panel in portrait. A script error or a request to anywhere else fails the test."""
    context = browser.new_context(viewport=PORTRAIT, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    errors, foreign = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("request", lambda request: None if request.url.startswith(server.url) else foreign.append(request.url))
    yield page
    context.close()
    assert errors == []
    assert foreign == []
