"""Pictures of the pages, taken of a running house: ``python -m tests.pictures FOLDER [PAGE…]`` (`make pictures`).

Each page is taken at 390 and 1280 pixels, light and dark, in French; those that README.md shows go to docs/pictures.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import chromium
from tests.browser import entering
from tests.whole.running import RunningHouse

SIZES = {"390": (390, 844), "1280": (1280, 900)}
SCHEMES = ("light", "dark")
# In pixels: the rest of a long list shows nothing new.
LONGEST = 1800
PEOPLE = {
    "patient": "camille.moreau@carnet.example",
    "professional": "nadia.lefevre@carnet.example",
    "administrator": "irene.vidal@carnet.example",
}


@dataclass(frozen=True)
class Picture:
    """A page to take: who sees it, where it is, or which link of that page leads to it."""

    name: str
    who: str
    address: str
    follow: tuple[str, ...] = ()


PICTURES = (
    Picture("patient-home", "patient", "/"),
    Picture("patient-record", "patient", "/record/"),
    Picture("patient-laboratory", "patient", "/record/laboratory/"),
    Picture("patient-result", "patient", "/record/laboratory/", ("main a[href*='/record/item/']:has-text('HbA1c')",)),
    Picture("patient-prescription", "patient", "/record/prescription/", ("main a[href*='/record/item/']",)),
    Picture("patient-sharing", "patient", "/sharing/"),
    Picture("patient-accesses", "patient", "/accesses/"),
    Picture("patient-letters", "patient", "/letters/"),
    Picture("patient-security", "patient", "/security/"),
    Picture("professional-patients", "professional", "/pro/"),
    Picture("professional-patient", "professional", "/pro/", ("main a:has-text('Moreau')",)),
    Picture("professional-accesses", "professional", "/pro/accesses/"),
    Picture("administrator-log", "administrator", "/administration/"),
    Picture("administrator-integrity", "administrator", "/administration/integrity/"),
)


def sign_in(context: BrowserContext, house: RunningHouse, login: str) -> Page:
    """Come in with both proofs; the page one lands on."""
    page = context.new_page()
    entering.sign_in(page, house, login)
    return page


def take(house: RunningHouse, browser: Browser, folder: Path, names: set[str]) -> Iterator[Path]:
    """Take these pictures, or all; yields each file."""
    for who, login in PEOPLE.items():
        wanted = [picture for picture in PICTURES if picture.who == who and (not names or picture.name in names)]
        if not wanted:
            continue
        with browser.new_context(
            base_url=house.url, locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce"
        ) as context:
            page = sign_in(context, house, login)
            for picture in wanted:
                yield from _take(page, house, picture, folder)


def _take(page: Page, house: RunningHouse, picture: Picture, folder: Path) -> Iterator[Path]:
    for width, (columns, lines) in SIZES.items():
        page.set_viewport_size({"width": columns, "height": lines})
        page.goto(house.url + picture.address)
        for link in picture.follow:
            page.locator(link).first.click()
            page.wait_for_load_state()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            path = folder / f"{picture.name}-{width}-{scheme}.png"
            height = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
            page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": columns, "height": height})
            yield path


def main() -> None:
    """Open a house, take the pictures, close it."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    program = chromium.find()
    if program is None:
        sys.exit(chromium.MISSING)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        house = RunningHouse.open(Path(place) / "carnet")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            for path in take(house, browser, folder, set(sys.argv[2:])):
                print(path)
        finally:
            browser.close()
            house.stop()


if __name__ == "__main__":
    main()
