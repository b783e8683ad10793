"""A page walked with the Tab key alone, and what a task costs by the keyboard."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

_CONTROLS = """[...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(
    (each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility({visibilityProperty: true}))"""
# The page begins anew for the keyboard where something has the focus on purpose (mistakes, what was just unfolded).
_WATCH = f"""() => {{
  if (document.activeElement !== document.body) {{
    document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex");
  }}
  window.__stops = [];
  const shows = (each) => {{
    const style = each && getComputedStyle(each);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  }};
  document.addEventListener("focusin", ({{ target }}) => window.__stops.push([target,
    [target, target.nextElementSibling, target.closest("label"), target.closest("li")].some(shows)]));
  return {_CONTROLS}.length;
}}"""
_ROUNDS = "() => window.__stops.filter(([each]) => each.matches('a.skip')).length"
# Of radio buttons with one name, one is a stop.
_FOUND = f"""() => {{
  const name = (each) => each.outerHTML.slice(0, 100);
  const stops = window.__stops;
  const met = new Set(stops.map(([each]) => each.type === "radio" ? each.name : each));
  const wrong = stops.length && stops[0][0].matches("a.skip") ? [] : ["the first stop is not the skip link"];
  return wrong.concat(
    stops.filter(([, seen]) => !seen).map(([each]) => `focus not seen: ${{name(each)}}`),
    {_CONTROLS}.filter((each) => !met.has(each.type === "radio" ? each.name : each))
      .map((each) => `not reached: ${{name(each)}}`));
}}"""
_PARTS_OF_A_DATE = 6


def walk_with_tab(page: Page) -> list[str]:
    """One round with the Tab key, from the skip link over every control and out again; what is wrong, in words."""
    controls = page.evaluate(_WATCH)
    pressed, most = 0, controls * _PARTS_OF_A_DATE + 20
    while page.evaluate(_ROUNDS) < 2:
        if pressed > most:
            return [*page.evaluate(_FOUND), f"no way out: {pressed} times Tab among {controls} controls"]
        for _each in range(controls + 2 if not pressed else 5):
            page.keyboard.press("Tab")
        pressed += controls + 2 if not pressed else 5
    return sorted(set(page.evaluate(_FOUND)))


@dataclass
class Effort:
    """What somebody does by the keyboard alone, counted after the keystroke-level model; times in seconds.

    A keystroke of somebody who types no better than most: 0.28. Making up one's mind, once for each thing to do: 1.35.
    A page that comes: 1. Taking up a telephone to read a message or to show it a square: 10.
    Source: Card, Moran, Newell, "The Keystroke-Level Model for User Performance Time", CACM 23(7), 1980.
    """

    page: Page
    keys: int = 0
    thoughts: int = 0
    pages: int = 1
    telephones: int = 0

    @property
    def seconds(self) -> float:
        """The sum."""
        return 0.28 * self.keys + 1.35 * self.thoughts + 1.0 * self.pages + 10.0 * self.telephones

    def reach(self, selector: str, most: int = 60) -> None:
        """Press Tab until what the selector names has the focus.

        Raises:
            AssertionError: it has no focus after ``most`` times.
        """
        self.thoughts += 1
        for _each in range(most):
            self._press("Tab")
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector}: not reached by {most} times Tab on {self.page.url}")

    def give(self, selector: str, text: str) -> None:
        """Reach a field and type into it."""
        self.reach(selector)
        self.page.keyboard.type(text)
        self.keys += len(text)

    def go_on(self, address: str) -> None:
        """Enter, and the page that comes."""
        self._press("Enter")
        self.page.wait_for_url(address)
        self.pages += 1

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1
