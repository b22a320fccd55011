"""Take the README's picture: the page of emograin serve in Chromium, with a prediction in it.

    pip install playwright; python scripts/screenshot.py [--chromium /usr/bin/chromium]

It starts a service with the bundled model, types a text, and writes docs/images/page.png.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "page.png"
TEXT = "Thank you so much! I was really scared, and I'm so happy that you are fine."
START = "import sys; from emograin.cli.app import main; sys.exit(main(['serve', '--port', '{port}']))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    parser.add_argument("--python", default=sys.executable, help="Python that has emograin[serve]")
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    address = f"http://127.0.0.1:{options.port}"
    service = subprocess.Popen([options.python, "-c", START.format(port=options.port)], stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(f"{address}/readyz")
        take(address, options.chromium)
    finally:
        service.terminate()
        service.wait()
    print(PICTURE)


def wait_until_ready(url: str, seconds: float = 60) -> None:
    """Wait until the service answers.

    Raises:
        TimeoutError: It does not, in that time.
    """
    end = monotonic() + seconds
    while monotonic() < end:
        try:
            with urlopen(url):
                return
        except (URLError, ConnectionError):
            sleep(0.2)
    raise TimeoutError(f"no answer from {url} in {seconds:g} s")


def take(address: str, chromium: str) -> None:
    """Type a text into the page and save a picture of it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1040, "height": 830}, device_scale_factor=1.5)
        page.goto(address)
        page.fill("#text", TEXT)
        page.wait_for_selector("#chosen .name")
        page.wait_for_selector("#coloured mark")
        page.mouse.move(0, 0)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
