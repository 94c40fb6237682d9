from __future__ import annotations

from typing import Any

import pytest

from neurokit.batch.availability import simulated_names
from neurokit.batch.executor import LocalExecutor
from neurokit.batch.jobs import Ended
from neurokit.batch.naming import name_recordings
from neurokit.batch.store import Store
from neurokit.catalog import Catalog

SIMULATED = {"name": "worms", "n_animals": 2, "n_neurons": 12, "random_state": 0}


@pytest.fixture
def catalog(bench: Any) -> Catalog:
    parts = bench.dataset(recipes=["fake.mean"])
    one = {"name": "recording", "modality": "eeg", "random_state": 0}
    bench.write(
        {
            "worms": {**parts, "simulate": SIMULATED},
            "none": {**parts, "simulate": {**SIMULATED, "n_animals": -3}},
            "eeg": {**parts, "simulate": one},
        }
    )
    return Catalog.read(bench.path)


def test_names_are_learnt_and_kept_and_a_simulator_that_raises_says_why(
    bench: Any, catalog: Catalog
) -> None:
    store, entries = Store(bench.out), list(catalog.datasets.values())
    running = LocalExecutor(1)
    try:
        named = name_recordings(catalog, store, running, entries)
    finally:
        running.close()
    assert named["worms"] == ("worm1", "worm2")
    assert named["eeg"] == ("eeg",)
    wrong = named["none"]
    assert isinstance(wrong, dict)
    assert "n_animals" in wrong["message"]
    assert simulated_names(store, catalog.datasets["worms"]) == ("worm1", "worm2")
    assert simulated_names(store, catalog.datasets["none"]) is None
    assert list(bench.out.rglob(".*")) == []
    assert not (bench.out / "none").exists()


class Ending:
    """An executor whose children all end in one way."""

    free = 1

    def __init__(self, ended: Ended) -> None:
        self.ended, self.numbers = ended, []  # type: ignore[var-annotated]

    def submit(self, number: int, task: object) -> None:
        self.numbers.append(number)

    def wait(self) -> list[tuple[int, Ended]]:
        return [(self.numbers.pop(), self.ended)]


def test_a_simulation_that_dies_leaves_nothing(bench: Any, catalog: Catalog) -> None:
    fault = {"class": "JobError", "message": "died", "mend": "Run it again."}
    running: Any = Ending(Ended(None, fault, 1.0, 1.0))
    entry = catalog.datasets["worms"]
    assert name_recordings(catalog, Store(bench.out), running, [entry]) == {"worms": fault}
    assert not (bench.out / "worms").exists()


def test_a_place_that_cannot_be_written_is_a_fault_of_its_entry(
    bench: Any, catalog: Catalog
) -> None:
    bench.out.mkdir()
    (bench.out / "worms").touch()
    running: Any = Ending(Ended({"names": ["a"]}, None, 1.0, 1.0))
    entries = [catalog.datasets["worms"], catalog.datasets["eeg"]]
    named = name_recordings(catalog, Store(bench.out), running, entries)
    assert isinstance(named["worms"], dict)
    assert named["worms"]["class"] == "StoreError"
    assert named["eeg"] == ("a",)
