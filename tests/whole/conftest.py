"""The house that these tests share: opened once, with its demo people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.running import BASE, RunningHouse

SHARED = BASE.parent / "shared"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """Carnet as `make run` opens it."""
    house = RunningHouse.open(tmp_path_factory.mktemp("house") / "carnet")
    yield house
    house.stop()


@pytest.fixture
def synthea() -> list[Path]:
    """The sample bundles beside the project."""
    bundles = sorted((SHARED / "data" / "synthea").glob("*.json"))
    if not bundles:
        pytest.skip("NO SAMPLE DATA: ../shared/data/synthea is absent, nothing of it was tried.")
    return bundles
