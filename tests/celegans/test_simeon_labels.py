"""How the published pipeline names traces: its faults, shown one by one."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.celegans import neurons
from neurokit.celegans.simeon_labels import (
    animal_key,
    assign_slots,
    named_traces,
    nearest_names,
    slot_names,
)


def test_slots_are_the_published_list() -> None:
    assert slot_names() == neurons("simeon2024")["name"].tolist()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        # Re-run of the published function on these labels gave these names.
        (["AVA?", "AVAL"], ["AVAL", "ADAL"]),
        (["AVAL", "AVAL"], ["AVAL", "ADAL"]),
        (["glia"], ["ADAL"]),
        (["CANL"], ["AINL"]),
        (["AVAL", "AVAR"], ["AVAL", "AVAR"]),
        (["7", "AVA?"], ["7", "AVAL"]),
        (["SIA?L"], ["AIAL"]),  # another class: taking out the mark shifts the L
    ],
)
def test_the_most_similar_free_name_is_taken(labels: list[str], names: list[str]) -> None:
    assert nearest_names(labels) == names


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("2022-08-02-05", "2022-08-02-0"),
        ("2022-08-02-15", "2022-08-02-1"),
        ("2022-08-02-55", "2022-08-02-"[:-1]),
        ("2022-08-02-38", "2022-08-02-38"),
        ("dag2023", "g2023"),
    ],
)
def test_strip_eats_what_is_in_the_set_of_characters(number: str, key: str) -> None:
    assert animal_key(number) == key


def test_of_repeats_the_first_is_kept_and_the_others_vanish() -> None:
    named, unnamed = named_traces(["AVAL", "12", "AVAL", "glia"])
    assert named == {"AVAL": 0}
    assert sorted(unnamed) == [1, 3]


def test_noughts_go_and_of_two_that_become_one_the_later_wins() -> None:
    assert named_traces(["VB01"])[0] == {"VB1": 0}
    assert named_traces(["VB10"])[0] == {"VB10": 0}
    # In the order of characters VB01 stands before VB1.
    assert named_traces(["VB1", "VB01"]) == ({"VB1": 0}, [])


def test_slots_hold_the_columns_of_their_traces() -> None:
    slots = assign_slots({"ADAL": 4, "VD9": 0}, [], np.random.default_rng(0))
    assert slots.size == 300
    assert (slots[0], slots[-1], (slots >= 0).sum()) == (4, 0, 2)


def test_traces_without_a_name_fill_slots_of_others_at_random() -> None:
    def drawn(seed: int) -> list[int]:
        slots = assign_slots({"AVAL": 0}, [1, 2, 3], np.random.default_rng(seed))
        assert sorted(slots[slots >= 0].tolist()) == [0, 1, 2, 3]
        assert slots[slot_names().index("AVAL")] == 0
        return slots.tolist()

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)


def test_more_traces_than_slots_fill_all_of_them() -> None:
    slots = assign_slots({}, list(range(350)), np.random.default_rng(0))
    assert sorted(slots.tolist()) == list(range(300))
