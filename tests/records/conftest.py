from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.records.scenes import Household, make_household


@pytest.fixture
def household(db: object) -> Household:
    return make_household()


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    """A store for this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "documents": {"BACKEND": "records.stores.SealedFolder", "OPTIONS": {"location": tmp_path}}
    }
    return tmp_path
