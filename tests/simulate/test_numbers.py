"""Numbers that make no simulation are refused by name, before anything is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.simulate import encoded, layered_rdms, spiking_hmm, worms
from neurokit.simulate.numbers import real_number, whole_number


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_counts_of_any_integer_type_become_plain_ones(value):
    found = whole_number("n", value)
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize(
    "value", [0, -1, 2.0, 2.5, np.float64(2), True, np.True_, "2", None, [2], np.array([2])]
)
def test_what_is_no_count_is_refused(value):
    with pytest.raises(OptionError, match="^n: is "):
        whole_number("n", value)


def test_bounds_of_counts_are_allowed_themselves():
    assert whole_number("n", 3, 3, 5) == 3
    assert whole_number("n", 5, 3, 5) == 5
    with pytest.raises(OptionError, match="whole number from 3 to 5"):
        whole_number("n", 6, 3, 5)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5)])
def test_real_numbers_of_any_type_become_plain_ones(value):
    found = real_number("x", value)
    assert found == 0.5
    assert type(found) is float


@pytest.mark.parametrize(
    "value", [np.nan, np.inf, -np.inf, -1e-9, 1j, True, "1", None, [1.0], np.array(1.0)]
)
def test_what_is_no_finite_number_of_the_range_is_refused(value):
    with pytest.raises(OptionError, match="^x: is "):
        real_number("x", value)


def test_a_lower_bound_can_be_left_out():
    assert real_number("x", 0) == 0.0
    with pytest.raises(OptionError, match="above 0"):
        real_number("x", 0, above=True)
    assert real_number("x", 1, 0, 1) == 1.0
    with pytest.raises(OptionError, match="from 0 to 1"):
        real_number("x", np.nextafter(1, 2), 0, 1)


NOT_COUNTS = (2.5, True, "2", None, 0)
NOT_NUMBERS = (np.nan, np.inf, "1", None, -0.5)


def cases(simulator, small, counts, numbers):
    for names, values in ((counts, NOT_COUNTS), (numbers, NOT_NUMBERS)):
        for name in names:
            for value in values:
                yield pytest.param(simulator, small, name, value, id=f"{name}={value!r}")


SMALL_WORMS = {"n_animals": 1, "n_neurons": 20, "n_motifs": 2, "duration": 120.0}
ALL = [
    *cases(
        worms,
        SMALL_WORMS,
        ["n_animals", "n_neurons", "n_motifs", "n_communities", "n_epochs"],
        ["coupling", "missing", "duration", "rate", "period", "noise", "private"],
    ),
    *cases(
        spiking_hmm,
        {"n_neurons": 2, "n_states": 2, "n_trials": 2, "n_bins": 3},
        ["n_neurons", "n_states", "n_trials", "n_bins", "n_lags"],
        ["stay", "bin_s"],
    ),
    *cases(
        encoded,
        {"n_samples": 20, "sites": {"vision": 1}},
        ["n_samples", "n_features"],
        ["phi", "snr", "rate"],
    ),
    *cases(
        layered_rdms,
        {"n_networks": 1, "n_layers": 1, "n_conditions": 3},
        ["n_networks", "n_layers", "n_conditions"],
        ["noise"],
    ),
]


@pytest.mark.parametrize(("simulator", "small", "name", "value"), ALL)
def test_every_simulator_names_the_number_it_cannot_use(simulator, small, name, value):
    with pytest.raises(OptionError) as caught:
        simulator(**{**small, name: value, "random_state": 0})
    assert caught.value.where == name
    assert repr(value) in caught.value.found


@pytest.mark.parametrize("modality", ["calcium", "eeg", "meg", "seeg", "ecog", "spikes"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_channels", 0.5),
        ("n_channels", 2.5),
        ("n_channels", True),
        ("n_channels", "two"),
        ("duration", "long"),
        ("duration", True),
        ("rate", np.inf),
        ("rate", 0.0),
    ],
)
def test_recordings_name_the_number_they_cannot_use(modality, name, value):
    with pytest.raises(OptionError) as caught:
        nk.simulate.recording(modality, **{name: value}, random_state=0)
    assert caught.value.where == name


@pytest.mark.parametrize("n", [0.5, True, "many", 0])
def test_a_connectome_has_a_whole_number_of_cells(n):
    with pytest.raises(OptionError, match="n_channels"):
        nk.simulate.recording("connectome", n_channels=n)


@pytest.mark.parametrize(
    "sites",
    [
        {"vision": 2.5},
        {"vision": True},
        {"vision": -1, "none": 2},
        {"vision": "2"},
        {"smell": 1},
        {},
        {"none": 0, "vision": 0},
        5,
        "vision",
        [("vision", 2)],
    ],
)
def test_sites_are_counts_by_known_kinds(sites):
    with pytest.raises(OptionError, match="sites"):
        encoded(20, 2, sites=sites)


def test_a_process_without_decay_is_refused():
    with pytest.raises(OptionError, match="^phi: is 1"):
        encoded(20, 2, phi=1.0)


def test_more_digits_than_networks_can_spare_are_refused():
    with pytest.raises(OptionError, match="3 to 1700"):
        layered_rdms(1, 1, 1797)


def test_epochs_shorter_than_the_oscillation_are_refused_with_the_remedy():
    with pytest.raises(OptionError, match=r"duration: .*two periods"):
        worms(**{**SMALL_WORMS, "duration": 40.0})
    with pytest.raises(OptionError, match=r"rate: .*four frames"):
        worms(**SMALL_WORMS, rate=0.5)


def test_counts_that_do_not_fit_each_other_are_refused():
    with pytest.raises(OptionError, match="^n_neurons"):
        worms(**{**SMALL_WORMS, "n_neurons": 5})
    with pytest.raises(OptionError, match="^n_communities"):
        worms(**SMALL_WORMS, n_communities=4)
    with pytest.raises(OptionError, match="^missing"):
        worms(**SMALL_WORMS, missing=0.95)
    with pytest.raises(OptionError, match="^coupling"):
        worms(**SMALL_WORMS, coupling=1.01)
