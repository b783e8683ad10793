import pytest

from tests.records.scenes import Household, make_household


@pytest.fixture
def household(db: object) -> Household:
    return make_household()
