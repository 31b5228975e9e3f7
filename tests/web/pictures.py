"""The pictures of the README, made from the demo: `python -m tests.web.pictures`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from tests.api.door import Door
from tests.web.conftest import CHROMIUM

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

Scheme = Literal["light", "dark"]

SHOWN: dict[str, tuple[str, str, Scheme, int]] = {
    "overview.png": ("/", "ko-KR", "light", 1060),
    "time-machine.png": ("/?known=2025S1/1", "en-GB", "dark", 700),
    "compare.png": ("/compare?a=2025S1/1&b=2025S1/2", "ko-KR", "light", 700),
}
"""By file the page, the language, the colours and the height."""


def command(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "sagwan", *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        data = f"{folder}/data"
        command("demo", "--once", "--data", data)
        token = command("token", "issue", "secretariat", "--data", data).split()[-1]
        door = Door(Path(data))
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, locale, scheme, height) in SHOWN.items():
            context = browser.new_context(
                locale=locale, color_scheme=scheme, viewport={"width": 1280, "height": height}
            )
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.goto(f"{door.url}/sign-in")
            page.fill("#token", token)
            page.press("#token", "Enter")
            page.wait_for_url(f"{door.url}/")
            page.goto(door.url + path)
            page.screenshot(path=PICTURES / name)
            context.close()
        browser.close()
        door.close()


if __name__ == "__main__":
    main()
