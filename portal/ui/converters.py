"""What an address may carry besides identifiers."""

from __future__ import annotations

from consent.categories import Category


class CategoryConverter:
    """The code of one of the 19 categories; any other word is an unknown address (404)."""

    regex = "[a-z_]+"

    def to_python(self, value: str) -> Category:
        """The category of that code.

        Raises:
            ValueError: no category has this code.
        """
        return Category(value)

    def to_url(self, value: Category | str) -> str:
        """The code of the category."""
        return str(Category(value).value)
