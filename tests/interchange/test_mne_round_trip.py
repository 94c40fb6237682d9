"""Any Raw comes back from a recording: random types, rates, starts, annotations and gaps."""

from datetime import UTC, datetime

import mne
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.interchange import from_mne, to_mne
from neurokit.schema import NEURAL_TYPES, runs

KINDS = [
    "mag", "grad", "ref_meg", "eeg", "seeg", "ecog", "dbs", "eog", "ecg", "emg", "stim", "misc",
    "resp", "temperature", "gsr", "bio", "hbo", "hbr", "chpi", "csd", "eyegaze", "pupil",
]  # fmt: skip
TEXTS = ["blink", "BAD muscle", "Stimulus/S  1", "仰卧", "a, b; c", "edge"]


@st.composite
def raws(draw, gaps=False):
    """Small Raws with something different in every field that users meet."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    rate = draw(st.sampled_from([0.5, 1.0, 100.0, 256.0, 300.3074951171875, 5000.0]))
    n = draw(st.integers(20, 60))
    names = [f"{kind} {i}" for i, kind in enumerate(kinds)]
    info = mne.create_info(names, rate, kinds, verbose=False)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    for ch in info["chs"]:
        ch["loc"] = np.where(rng.random(12) < 0.2, np.nan, rng.normal(size=12))
        ch["coord_frame"] = int(rng.choice([0, 1, 4, 5]))
    info["bads"] = [name for name in names if rng.random() < 0.3]
    info["line_freq"] = draw(st.sampled_from([None, 50.0, 60.0]))
    date = draw(st.sampled_from([None, datetime(1999, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)]))
    with info._unlock():
        info["meas_date"] = date
        info["highpass"], info["lowpass"] = 0.0, rate / 3
    values = rng.normal(size=(len(kinds), n)) * 10.0 ** rng.integers(-13, 3, (len(kinds), 1))
    is_code = np.array([kind == "stim" for kind in kinds])
    values[is_code] = np.repeat(rng.integers(0, 4, (is_code.sum(), n)), 1, axis=1)
    raw = mne.io.RawArray(values, info, first_samp=draw(st.integers(0, 10**6)), verbose=False)
    k = draw(st.integers(0, 4))
    start = rng.integers(0, n - 5, k)
    text = rng.choice(TEXTS, k).tolist()
    if gaps and k:
        text[0] = "BAD_ACQ_SKIP"
        # Other marks stay off the ends: where these are gaps, they would lie outside the record.
        start[1:] = np.clip(start[1:], 6, n - 12)
    shift = raw.first_time if date is not None else 0.0
    raw.set_annotations(
        mne.Annotations(start / rate + shift, rng.integers(1, 5, k) / rate, text, orig_time=date)
    )
    return raw


quick = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@quick
@given(raws())
def test_every_field_and_value_comes_back(raw):
    back = to_mne(from_mne(raw))
    assert mne.utils.object_diff(raw.info, back.info) == ""
    assert back.first_samp == raw.first_samp
    np.testing.assert_array_equal(
        back.get_data().astype(np.float32), raw.get_data().astype(np.float32)
    )
    order = np.argsort(raw.annotations.onset, kind="stable")
    assert back.annotations.description.tolist() == raw.annotations.description[order].tolist()
    tolerance = {"rtol": 1e-12, "atol": 1e-9}
    np.testing.assert_allclose(back.annotations.onset, raw.annotations.onset[order], **tolerance)
    np.testing.assert_allclose(
        back.annotations.duration, raw.annotations.duration[order], **tolerance
    )


@quick
@given(raws(gaps=True))
def test_every_recording_keeps_the_contract(raw):
    rec = from_mne(raw)
    # Random positions and magnitudes are not plausible, and need not be.
    broken = [f for f in nk.validate(rec) if f.severity != "SUGGESTION"]
    assert {f.code for f in broken} <= {"NK302", "NK305"}


@quick
@given(raws(gaps=True))
def test_time_is_true_for_every_sample_that_is_left(raw):
    rec = from_mne(raw)
    name = "activity" if "activity" in rec.children else "auxiliary/trigger"
    group = rec[name].to_dataset(inherit=False)
    rate = float(raw.info["sfreq"])
    sample = np.round(group["time"].values * rate).astype(int)
    np.testing.assert_array_equal(group["time"].values, sample / rate)
    sample += round(group.attrs["time_offset"] * rate) - raw.first_samp
    picks = [str(channel) for channel in group["channel"].values]
    expected = raw.get_data(picks=picks)[:, sample].T.astype(np.float32)
    np.testing.assert_array_equal(group["signal"].values, expected)
    for stretch in runs(group["signal"]):
        assert (np.diff(sample[stretch]) == 1).all()


@quick
@given(raws())
def test_types_and_units_go_together(raw):
    for node in from_mne(raw).subtree:
        if "signal" not in node.data_vars:
            continue
        kinds, units = node["channel_type"].values, node["unit"].values
        volts = {"EEG", "SEEG", "ECOG", "DBS"}
        for kind, unit in zip(kinds, units, strict=True):
            if kind in NEURAL_TYPES & volts:
                assert unit in ("V", "V/m^2")
            if kind == "TRIG":
                assert unit == "1"
        assert (kinds == "TRIG").all() == (node.path == "/auxiliary/trigger")


@quick
@given(raws())
def test_codes_are_those_that_mne_finds(raw):
    rec = from_mne(raw)
    lines = [n for n, k in zip(raw.ch_names, raw.get_channel_types(), strict=True) if k == "stim"]
    found = []
    for line in lines:
        events = mne.find_events(raw, line, shortest_event=0, verbose="ERROR")
        found += [(row[0] - raw.first_samp, row[2], line) for row in events.tolist()]
    table = rec["events"].to_dataset(inherit=False) if "events" in rec.children else None
    ours = []
    if table is not None:
        codes = table.isel(event=np.flatnonzero(table["source"].values == "trigger"))
        sample = np.round(codes["onset"].values * raw.info["sfreq"]).astype(int).tolist()
        value = codes["value"].values.astype(int).tolist()
        ours = list(zip(sample, value, codes["line"].values.tolist(), strict=True))
    assert sorted(ours) == sorted(found)
