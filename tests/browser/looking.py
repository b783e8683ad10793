"""What is looked at on every page: accessibility, room, silence of the console, stillness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import axe_core_python
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.whole.running import RunningHouse

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SIZES = {390: 844, 1280: 900}
# WCAG 1.4.10: 1280 pixels at 400 %, so a phone at 120 % and a laptop at 200 % too.
NARROWEST = 320
_WATCH_SHIFTS = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) { window.__shifts.push(entry.value); }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
_CONTRAST = "{ runOnly: { type: 'rule', values: ['color-contrast'] } }"
_SHORT = """async () => (await axe.run(document, %s)).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`))"""
# WCAG 2.5.8: what is pressed is at least 24 pixels high and wide; links within a sentence are as high as it.
_TOO_SMALL = """() => [...document.querySelectorAll(
    "button, select, summary, input:not([type=hidden]), nav a, .button, .tile")]
  .map((each) => [each, [each, each.closest("label") ?? each].map((b) => b.getBoundingClientRect())])
  .map(([each, boxes]) => [each, Math.max(...boxes.map((b) => b.width)), Math.max(...boxes.map((b) => b.height))])
  .filter(([, width, height]) => width && (width < 24 || height < 24))
  .map(([each, width, height]) => `small: ${each.outerHTML.slice(0, 100)} ${width} × ${height}`)"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= room ? [] : [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > room + 1 && !each.closest(".scroll"))
    .map((each) => `${each.tagName}.${each.className}: ${each.getBoundingClientRect().right} > ${room}`);
}"""


@dataclass
class Visit:
    """One person's browser, and what it complained of."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visiting(browser: Browser, house: RunningHouse, *, language: str, state: str | None = None) -> Iterator[Visit]:
    """A browser of somebody, watched: axe and the observer of shifts are there before the page."""
    locale = {"fr": "fr-FR", "en": "en-GB"}[language]
    # Less motion, so that no colour is measured half-way from light to dark.
    context = browser.new_context(
        base_url=house.url, locale=locale, timezone_id="Europe/Paris", storage_state=state, reduced_motion="reduce"
    )
    context.add_init_script(_WATCH_SHIFTS)
    context.add_init_script(AXE)
    page = context.new_page()
    visit = Visit(context, page)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", lambda told: _keep(visit, told.type, told.text))
    yield visit
    context.close()


def _keep(visit: Visit, kind: str, text: str) -> None:
    # A page that rightly answers 403 or 404 is also announced by the browser.
    if kind in ("error", "warning") and not text.startswith("Failed to load resource: the server responded with a"):
        visit.complaints.append(text)


def look(visit: Visit, walk: Callable[[Page], Response | None], *, widths: tuple[int, ...], dark: bool) -> list[str]:
    """Open the page in these widths, and perhaps dark in the first (colours know no width); what is wrong, in words."""
    page, wrong = visit.page, []
    for width in widths:
        page.set_viewport_size({"width": width, "height": SIZES[width]})
        page.emulate_media(color_scheme="light")
        walk(page)
        page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
        shifted = page.evaluate("() => window.__shifts.reduce((sum, each) => sum + each, 0)")
        found = [f"shifted by {shifted}"] if shifted > 0.001 else []
        found += page.evaluate(_SHORT % "{}") + page.evaluate(_TOO_WIDE) + page.evaluate(_TOO_SMALL)
        if dark and width == widths[0]:
            page.emulate_media(color_scheme="dark")
            found += [f"dark: {each}" for each in page.evaluate(_SHORT % _CONTRAST)]
        wrong += [f"{width}: {each}" for each in found]
    page.set_viewport_size({"width": NARROWEST, "height": 600})
    wrong += [f"{NARROWEST}: {each}" for each in page.evaluate(_TOO_WIDE)]
    wrong += [f"console: {each}" for each in visit.complaints]
    visit.complaints.clear()
    return wrong
