"""Checks of values: each fault is said once, with its labels, and only where it is."""

import numpy as np
import pytest
import xarray as xr

from neurokit.schema import activity, recording, validate

# Largest plausible median distance from the median, in the unit of the type.
LIMITS = {
    "EEG": (5e-3, "V"),
    "ECOG": (5e-2, "V"),
    "SEEG": (5e-2, "V"),
    "MEGMAG": (1e-8, "T"),
    "MEGGRADPLANAR": (1e-7, "T/m"),
}


def _noise(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def _calcium(values, **options):
    names = [f"n{i}" for i in range(values.shape[-1])]
    return activity(values, names=names, rate=1.0, **options)


def _swing(amplitudes, kinds, n=8, **coords):
    """Channels that alternate between minus and plus an amplitude, in float64."""
    sign = np.where(np.arange(n) % 2, 1.0, -1.0)[:, None]
    return activity(
        xr.Variable(("time", "channel"), sign * np.asarray(amplitudes)),
        names=[f"c{i}" for i in range(len(kinds))],
        space="channel",
        rate=1.0,
        coords={"channel_type": kinds, **coords},
    )


def _validate(group, **groups):
    return validate(recording({"activity": group, **groups}, modality="eeg"))


@pytest.mark.parametrize("kind", LIMITS)
def test_a_spread_is_huge_only_beyond_the_limit_of_its_type(kind):
    most, unit = LIMITS[kind]
    assert _validate(_swing([most], [kind])).codes == []
    (found,) = _validate(_swing([np.nextafter(most, 1.0)], [kind]))
    assert (found.code, found.where) == ("NK302", "/activity/signal")
    assert f"1 {kind} channels spread by more than {most:g} {unit}" in found.found
    assert 'unit="uV"' in found.mend


def test_an_offset_far_above_the_signal_is_no_fault():
    group = _swing([1e-5], ["EEG"])
    # Amplifiers of DC type add tens of millivolts.
    assert _validate(group.assign(signal=group.signal + 0.1)).codes == []


def test_the_widest_channel_is_named_and_the_others_counted():
    (found,) = _validate(_swing([0.5, 1e-5, 2.0, 1.0], ["EEG"] * 4))
    assert found.found.startswith("3 EEG channels")
    assert "(c2: 2 V in the median)" in found.found


def test_each_type_has_a_finding_of_its_own():
    found = _validate(_swing([1.0, 1.0, 1e-3], ["EEG", "MEGMAG", "SEEG"]))
    assert found.codes == ["NK302", "NK302"]
    assert {f.found.split()[1] for f in found} == {"EEG", "MEGMAG"}


def test_a_unit_that_says_so_makes_a_large_value_plausible():
    assert _validate(_swing([50.0], ["EEG"], unit=["uV"])).codes == []


def test_types_without_a_limit_may_have_any_value():
    assert _validate(_swing([1e6, 1e6], ["MISC", "TRIG"])).codes == []


def test_a_huge_auxiliary_channel_is_found_where_it_is():
    aux = _swing([1.0], ["EEG"])
    (found,) = _validate(_calcium(_noise(9, 2)), **{"auxiliary/eeg": aux})
    assert (found.code, found.where) == ("NK302", "/auxiliary/eeg/signal")


def test_the_median_of_a_few_outliers_is_no_fault():
    group = _swing([1e-5], ["EEG"], n=100)
    group.signal[:10] = 3.0
    assert _validate(group).codes == []


def test_a_channel_is_nan_throughout_or_in_part_but_not_both():
    values = _noise(20, 3)
    values[:, 0] = np.nan
    values[:5, 2] = np.nan
    found = {f.code: f.found for f in _validate(_calcium(values))}
    assert found == {
        "NK401": "1 are NaN throughout: n0",
        # 5 of 20.
        "NK403": "NaN in part of n2 (25.0%)",
    }


@pytest.mark.parametrize(
    ("missing", "code"), [(0, None), (1, "NK403"), (9, "NK403"), (10, "NK401")]
)
def test_one_missing_value_is_enough_and_one_value_is_not_all_missing(missing, code):
    values = _noise(10, 1)
    values[:missing] = np.nan
    codes = [c for c in _validate(_calcium(values)).codes if c != "NK402"]
    assert codes == ([] if code is None else [code])


def test_a_single_value_among_nan_never_changes():
    values = np.full((10, 2), np.nan)
    values[3, 0] = 1.0
    values[3:5, 1] = [1.0, 2.0]
    found = {f.code: f.found for f in _validate(_calcium(values))}
    assert found["NK402"] == "1 never change: n0"


def test_nan_throughout_is_not_also_constant():
    values = _noise(10, 2)
    values[:, 1] = np.nan
    assert _validate(_calcium(values)).codes == ["NK401"]


def test_a_single_other_value_makes_a_trace_change():
    values = np.ones((10, 2))
    values[9, 1] = np.nextafter(np.float32(1), np.float32(2))
    (found,) = _validate(_calcium(values))
    assert (found.code, found.found) == ("NK402", "1 never change: n0")
    assert found.severity == "SUGGESTION"


def test_constant_auxiliary_channels_are_no_fault():
    # A trigger line without a trigger is what it should be.
    aux = activity(
        np.zeros((9, 1)),
        names=["STI"],
        space="channel",
        rate=1.0,
        coords={"channel_type": ["TRIG"]},
    )
    assert _validate(_calcium(_noise(9, 2)), **{"auxiliary/trigger": aux}).codes == []


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_one_infinite_value_is_critical_and_names_its_label(value):
    values = _noise(10, 3)
    values[4, 1] = value
    (found,) = _validate(_calcium(values))
    assert (found.code, found.severity) == ("NK404", "CRITICAL")
    assert found.found == "infinite values in n1"


def test_only_five_labels_are_listed():
    (found,) = _validate(_calcium(np.zeros((10, 8))))
    assert found.found == "8 never change: n0, n1, n2, n3, n4 and 3 more"


def test_trials_are_judged_together():
    values = _noise(4, 10, 2)
    values[2, 3, 1] = np.nan
    (found,) = _validate(_calcium(values))
    # One of 40 values of that neuron.
    assert found.found == "NaN in part of n1 (2.5%)"


def test_a_neuron_that_changes_between_trials_only_is_not_constant():
    values = np.zeros((2, 9, 2))
    values[1, :, 0] = 1.0
    (found,) = _validate(_calcium(values))
    assert found.found == "1 never change: n1"


def test_whole_numbers_and_booleans_are_not_judged():
    group = _calcium(_noise(9, 2))
    zeros = np.zeros((9, 2), dtype=np.int16)
    assert _validate(group.assign(signal=(group.signal.dims, zeros))).codes == []


def test_each_group_says_its_own_missing_values():
    values = _noise(10, 2)
    values[0, 0] = np.nan
    found = _validate(_calcium(values), **{"auxiliary/copy": _calcium(values)})
    assert [(f.code, f.where) for f in found] == [
        ("NK403", "/activity/signal"),
        ("NK403", "/auxiliary/copy/signal"),
    ]


def test_short_records_are_read_whole_without_asking():
    values = _noise(1000, 2)
    values[567, 1] = np.inf
    rec = recording({"activity": _calcium(values)}, modality="eeg")
    assert validate(rec).codes == validate(rec, deep=True).codes == ["NK404"]


def test_validation_changes_nothing():
    values = _noise(10, 2)
    values[0, 0] = np.nan
    rec = recording({"activity": _calcium(values)}, modality="eeg")
    before = rec.copy(deep=True)
    validate(rec, deep=True)
    xr.testing.assert_identical(rec, before)


def test_places_of_neurons_that_were_not_recorded_are_not_missed():
    values = np.random.default_rng(0).standard_normal((50, 3))
    values[:, 2] = np.nan
    for recorded, said in (([True, True, False], False), ([True, True, True], True)):
        group = activity(
            values, names=["AVAL", "AVAR", "RIAL"], rate=2.0, coords={"recorded": recorded}
        )
        codes = validate(recording({"activity": group}, modality="calcium")).codes
        assert ("NK401" in codes) == said
