"""Checks of positions, units, events and provenance at their limits."""

import numpy as np
import pytest

from neurokit.schema import activity, events, recording, validate
from neurokit.schema.checks_magnitude import in_si

RNG = np.random.default_rng(0)


def _eeg(kinds=("EEG", "EEG", "EEG"), scale=1e-5, n=40, **options):
    coords = {"channel_type": list(kinds), **options.pop("coords", {})}
    return activity(
        np.random.default_rng(0).standard_normal((n, len(kinds))) * scale,
        names=[f"c{i}" for i in range(len(kinds))],
        space="channel",
        rate=10.0,
        coords=coords,
        **options,
    )


def _found(group, deep=False, attrs=None, **groups):
    rec = recording({"activity": group, **groups}, modality="eeg", attrs=attrs)
    return validate(rec, deep)


@pytest.mark.parametrize(
    ("unit", "factor", "base"),
    [
        ("V", 1.0, "V"),
        ("uV", 1e-6, "V"),
        ("µV", 1e-6, "V"),
        ("μV", 1e-6, "V"),
        ("fT", 1e-15, "T"),
        ("fT/cm", 1e-13, "T/m"),
        ("T/m", 1.0, "T/m"),
    ],
)
def test_units_are_read_with_their_prefix(unit, factor, base):
    found = in_si(unit)
    assert found is not None
    assert found == (pytest.approx(factor), base)


@pytest.mark.parametrize("unit", ["1", "", "mol/L", "V2", "V2/Hz", "degC", "s"])
def test_other_units_are_not_guessed(unit):
    assert in_si(unit) is None


@pytest.mark.parametrize(
    ("unit", "scale", "codes"),
    [
        # The same 10 uV, said in three units, and misread by a factor of a million.
        ("V", 1e-5, []),
        ("uV", 10.0, []),
        ("nV", 1e4, []),
        ("V", 10.0, ["NK302"]),
        ("uV", 1e7, ["NK302"]),
        ("uV", 1e-5, ["NK311"]),
    ],
)
def test_the_same_voltage_is_judged_alike_in_every_unit(unit, scale, codes):
    assert _found(_eeg(scale=scale, coords={"unit": [unit] * 3})).codes == codes


@pytest.mark.parametrize("kind", ["EEG", "ECOG", "SEEG", "DBS", "MEGMAG", "MEGGRADPLANAR"])
def test_neural_types_are_judged_on_both_sides(kind):
    assert _found(_eeg([kind] * 3, scale=1e3)).codes == ["NK302"]
    assert _found(_eeg([kind] * 3, scale=1e-20)).codes == ["NK311"]


def test_squared_and_unitless_values_are_not_judged_as_volts():
    assert _found(_eeg(scale=1e6, coords={"unit": ["1", "V2", "V2/Hz"]})).codes == []


@pytest.mark.parametrize("unit", ["n/a", "N/A", "unknown", "a.u."])
def test_words_for_no_unit_are_none(unit):
    assert "NK309" in _found(_eeg(coords={"unit": [unit] * 3})).codes


def test_a_quantity_of_another_kind_of_sensor_is_named():
    (found,) = _found(_eeg(["EEG", "MEGMAG", "MISC"], coords={"unit": ["V", "uV", "T"]}))
    assert found.code == "NK310"
    assert found.found.endswith("c1 (MEGMAG in uV)")


def _placed(places, kinds=("EEG", "EEG", "EEG"), **attrs):
    attrs = {"units": "m", "coordinate_frame": "head", **attrs}
    scale = 1e-12 if kinds[0].startswith("MEG") else 1e-5
    return _eeg(kinds, scale, position=places, position_attrs=attrs)


CORNERS = np.array([[0.0, 0.0, 0.0], [0.09, 0.0, 0.0], [0.0, 0.12, 0.03]])


@pytest.mark.parametrize(
    ("places", "units", "codes"),
    [
        (CORNERS, "m", []),
        (CORNERS * 1e3, "mm", []),
        (CORNERS * 1e2, "cm", []),
        (CORNERS * 1e3, "m", ["NK305"]),
        (CORNERS * 1e3, "cm", ["NK305"]),
        (CORNERS, "mm", ["NK308"]),
        (CORNERS * 1e-3, "m", ["NK308"]),
        # What an unknown unit says cannot be judged.
        (CORNERS * 1e6, "voxel", []),
    ],
)
def test_places_are_judged_in_their_unit(places, units, codes):
    assert _found(_placed(places, units=units)).codes == codes


def test_a_population_of_neurons_may_span_less_than_a_millimetre():
    group = activity(RNG.standard_normal((40, 3)), names="abc", rate=10.0, position=CORNERS * 1e-3)
    assert _found(group).codes == []


def test_planar_gradiometers_share_their_place_in_pairs():
    twice = CORNERS[[0, 0, 1]]
    assert _found(_placed(twice, ["MEGGRADPLANAR"] * 3)).codes == []
    (found,) = _found(_placed(twice))
    assert found.code == "NK307"
    assert found.found == "c0, c1 share places, the first (0, 0, 0)"


def test_places_that_are_not_known_are_not_shared():
    nowhere = np.full((3, 3), np.nan)
    assert _found(_placed(nowhere)).codes == []


@pytest.mark.parametrize(
    ("onset", "hint"),
    [
        # 40 samples at 10 Hz: 4 s.
        ([0, 10, 39], "numbers of samples: divide by the rate"),
        ([0, 1500, 3900], "look like milliseconds"),
        ([0, 1500, 39000], ""),
        ([0.0, 1.5, 4.2], ""),
    ],
)
def test_onsets_outside_say_which_clock_they_fit_on(onset, hint):
    (found,) = [f for f in _found(_eeg(), events=events(onset)) if f.code == "NK501"]
    assert hint in found.mend
    assert hint or found.mend.endswith("in seconds.")


def test_events_repeat_only_where_every_column_does():
    same = {"onset": [1.0, 1.0], "trial_type": ["a", "a"]}
    assert _found(_eeg(), events=events(**same)).codes == ["NK505"]
    assert _found(_eeg(), events=events(**same, columns={"side": ["L", "R"]})).codes == []


def test_what_runs_when_the_record_stops_may_outlast_it():
    assert _found(_eeg(), events=events([3.9], duration=[1.0])).codes == []
    (found,) = _found(_eeg(), events=events([0.0], duration=[500.0]))
    assert found.code == "NK507"
    assert "longer than the record of 4 s, up to 500 s" in found.found


@pytest.mark.parametrize(
    ("attrs", "codes"),
    [
        ({"start_time": "2024-02-29T12:00:00.123456+00:00"}, []),
        ({"start_time": "2023-02-29T12:00:00+00:00"}, ["NK010"]),
        ({"licence": "CC-BY-4.0 AND MIT"}, []),
        ({"licence": "CC-BY-4.0, MIT"}, ["NK011"]),
        ({"doi": "10.1016/S0896-6273(02)00000-0"}, []),
        ({"doi": "doi:10.1/x"}, ["NK014"]),
        ({"history": '{"a": 1}'}, ["NK016"]),
        ({"loader_options": "[]"}, ["NK016"]),
        ({"findings": '[{"code": "NK1"}]'}, ["NK016"]),
    ],
)
def test_what_the_root_says_has_a_form(attrs, codes):
    assert _found(_eeg(), attrs=attrs).codes == codes


@pytest.mark.parametrize(
    ("attrs", "deep", "codes"),
    [
        ({"source": "a.edf", "loader": "mne.raw"}, True, ["NK013"]),
        ({"source": "a.edf", "loader": "mne.raw"}, False, []),
        ({"source": "a.edf", "loader": "mne.raw", "source_sha256": "0" * 64}, True, []),
        ({"source": "simulated", "loader": "simulate.worms"}, True, []),
        ({}, True, []),
    ],
)
def test_a_missing_hash_is_said_to_who_looks_deep(attrs, deep, codes):
    assert _found(_eeg(), deep, attrs).codes == codes


def test_twins_are_found_only_where_they_vary_and_long_enough():
    group = _eeg(n=40)
    group.signal[:, 2] = group.signal[:, 0]
    (found,) = _found(group)
    assert (found.code, found.found) == ("NK406", "c0, c2 have a twin with the same values")
    short = group.isel(time=slice(15))
    assert _found(short).codes == []


@pytest.mark.parametrize(("n", "codes"), [(15, []), (16, ["NK405"])])
def test_sixteen_rising_samples_are_a_clock(n, codes):
    group = _eeg(n=n)
    group.signal[:, 1] = np.arange(n) * 1e-5
    assert _found(group).codes == codes


def test_trials_of_a_ramp_are_no_clock():
    ramp = np.tile(np.arange(40.0)[None, :, None], (3, 1, 1)) + RNG.random((3, 1, 2))
    assert _found(activity(ramp, names="ab", rate=10.0)).codes == []
