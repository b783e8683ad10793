"""What no template may hold: style or script inside, a way around escaping, words that escape translation."""

import re
from pathlib import Path

import pytest
from django.template import engines
from jinja2 import nodes

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
STATIC = TEMPLATES.parent / "portal" / "static"
# Samples for builders, and a page that carries both languages by itself.
UNTRANSLATED = {"components/gallery.html", "errors/bare.html"}
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*=|<style", re.I),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.I),
    "a script without its nonce": re.compile(r"<script(?![^>]*\snonce=\"{{ nonce\(\) }}\")", re.I),
    "htmx that evaluates": re.compile(r"hx-on|hx-vals\s*=\s*[\"']js:|hx-vars", re.I),
    "a way around escaping": re.compile(r"\|\s*safe\b|autoescape|Markup\("),
}


def name_of(path):
    return str(path.relative_to(TEMPLATES))


@pytest.mark.asvs("v5.0.0-1.1.2", "v5.0.0-1.2.1")
@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_template_goes_around_the_policy(path):
    text = path.read_text()
    for what, pattern in FORBIDDEN.items():
        assert not pattern.search(text), f"{name_of(path)}: {what}: {pattern.search(text)}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_fragment_link_is_also_a_plain_link(path):
    for tag in re.findall(r"<[a-z]+[^>]*\shx-get=[^>]*>", path.read_text()):
        assert re.search(r"\s(href|action)=", tag), f"{name_of(path)}: {tag} leads nowhere without JavaScript"


@pytest.mark.asvs("v5.0.0-1.3.7")
@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_template_compiles(path):
    engines["jinja2"].get_template(name_of(path))


@pytest.mark.parametrize("path", [path for path in PAGES if name_of(path) not in UNTRANSLATED], ids=name_of)
def test_no_word_escapes_translation(path):
    tree = engines["jinja2"].env.parse(path.read_text())
    text = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "\x00"
        for output in tree.find_all(nodes.Output)
        for part in output.nodes
    )
    text = re.sub(r"<!doctype[^>]*>|<(style|script)\b.*?</\1>", " ", text, flags=re.S | re.I)
    for attribute in re.findall(r"\s(?:aria-label|alt|placeholder|title)=\"([^\"]*)\"", text):
        assert not re.search(r"[^\W\d_]{3,}", attribute), f"{name_of(path)}: “{attribute}” is not translated"
    words = re.findall(r"[^\W\d_]{3,}", re.sub(r"&\w+;|<[^>]*>", " ", text))
    left = [word for word in words if word not in {"Carnet", "English", "Français"}]
    assert not left, f"{name_of(path)}: “{' '.join(left[:12])}” is not translated"


@pytest.mark.asvs("v5.0.0-1.2.3", "v5.0.0-1.3.2", "v5.0.0-3.2.2", "v5.0.0-14.3.3")
@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_of_ours_evaluates_or_keeps_anything(path):
    text = path.read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
    assert not re.search(r"Storage\.(?!removeItem)|indexedDB|serviceWorker|document\.cookie", text)
