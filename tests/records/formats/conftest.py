import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english():
    """Sentences are checked in the language they are written in."""
    with translation.override("en"):
        yield
