"""A browser without a window: what a widget looks like on a dashboard."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Chromium and its driver, as Debian's packages `chromium` and `chromium-driver` install them.
PROGRAMS = ("chromium", "chromedriver")
# Root has no sandbox. The others keep the browser from calling its maker.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1"]
# What is around a widget in the console, by theme.
BACKGROUNDS = {"light": "#ffffff", "dark": "#0f1b2a"}
# Nothing of a widget may run, and nothing may be loaded: the console takes scripts out.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class NoBrowser(RuntimeError):
    """A program is missing. The message says how to install it."""


@contextmanager
def browser(width: int = 1400, height: int = 900) -> Iterator[Any]:
    """A Selenium driver of a Chromium of its own, which ends with the `with`."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        raise NoBrowser(f"{' and '.join(missing)} not found: install the Debian packages chromium, chromium-driver and fonts-dejavu-core")
    # Only whoever looks at a page needs Selenium.
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which(PROGRAMS[0])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in [*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]:
            options.add_argument(flag)
        driver = webdriver.Chrome(options, Service(shutil.which(PROGRAMS[1])))
        try:
            yield driver
        finally:
            driver.quit()


def show(driver: Any, html: str, width: int, height: int = 900, theme: str = "light") -> None:
    """Opens HTML as the content of a widget, in a window of this size."""
    page = (f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            f'<body style="margin:0;background:{BACKGROUNDS[theme]}">{html}')
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "widget.html"
        file.write_text(page)
        driver.set_window_size(width, height)
        driver.get(file.as_uri())


def screenshot(html: str, size: tuple[int, int], theme: str = "light") -> bytes:
    """A picture of a widget of this width and at most this height, as PNG."""
    width, height = size
    with browser(width, height) as driver:
        show(driver, html, width, height, theme)
        # The viewport, not the window, gets this size.
        shown = min(height, driver.execute_script("return document.body.scrollHeight"))
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": shown, "deviceScaleFactor": 1, "mobile": False})
        return driver.get_screenshot_as_png()
