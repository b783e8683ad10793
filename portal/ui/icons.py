"""Icons of the pages: drawn by the ``heroicons`` package, hidden from readers of the screen."""

from __future__ import annotations

from functools import cache

from heroicons.jinja import heroicon_outline
from markupsafe import Markup

from consent.categories import Category

_OF_CATEGORY = {
    Category.MEDICAL_SUMMARY: "heart",
    Category.CONSULTATION_REPORT: "chat-bubble-left-right",
    Category.HOSPITAL_REPORT: "building-office-2",
    Category.LABORATORY: "beaker",
    Category.IMAGING: "photo",
    Category.PRESCRIPTION: "clipboard-document-list",
    Category.DISPENSATION: "shopping-bag",
    Category.CARE_PLAN: "calendar-days",
    Category.PREVENTION: "shield-check",
    Category.CHILD_HEALTH: "face-smile",
    Category.MATERNITY_SEXUAL_HEALTH: "sparkles",
    Category.MENTAL_HEALTH: "sun",
    Category.GENETICS: "finger-print",
    Category.CERTIFICATE: "document-check",
    Category.SOCIAL_CARE: "user-group",
    Category.REIMBURSEMENT: "banknotes",
    Category.DIRECTIVES: "chat-bubble-bottom-center-text",
    Category.ADMINISTRATIVE: "folder",
    Category.PERSONAL_NOTES: "pencil-square",
}


@cache
def icon(name: str, size: int = 20) -> Markup:
    """An inline SVG in the colour of the text around it.

    Raises:
        heroicons.IconDoesNotExist: there is no outline icon of this name.
    """
    return Markup(heroicon_outline(name, size=size, aria_hidden="true", focusable="false", **{"class": "icon"}))  # noqa: S704 - drawings of a package  # nosec B704


def category_icon(category: Category | str) -> str:
    """The name of the icon of a drawer."""
    return _OF_CATEGORY[Category(category)]
