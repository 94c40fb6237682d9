"""Affinity of labelled recordings: labels, missing neurons, scaling, bins, laziness, errors."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome import affinity
from neurokit.errors import OptionError, SchemaError, TimeError, UnitsError
from neurokit.schema import activity, as_history, recording, sampling_rate


def a_recording(signal, names=None, rate=4.0, **options):
    names = names or [f"N{k}" for k in range(np.shape(signal)[-1])]
    group = activity(np.asarray(signal), names=names, rate=rate, **options)
    return recording({"activity": group}, modality="calcium")


def waves(n_times=400, n_neurons=5, rate=4.0, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n_times)[:, None] / rate
    return np.sin(2 * np.pi * (t / rng.uniform(4, 9, n_neurons) + rng.random(n_neurons)))


def test_the_default_is_the_geometric_mean_of_scaled_slopes_of_one_sign():
    rec = a_recording(waves())
    slopes = nk.signal.derivative(rec, 1.0).activity.signal.values.astype(float)
    slopes /= np.sqrt((slopes**2).mean(axis=0))
    found = affinity(rec)
    assert found.dims == ("pair", "time")
    assert found.dtype == np.float32
    for p in range(found.sizes["pair"]):
        i, j = (int(str(found[c].values[p])[1:]) for c in ("neuron", "partner"))
        expected = np.sqrt(np.maximum(slopes[:, i] * slopes[:, j], 0))
        np.testing.assert_allclose(found.values[p], expected, atol=1e-5)


def test_pairs_carry_both_names_and_every_pair_stands_once():
    found = affinity(a_recording(waves(n_neurons=4), names=["AVAL", "RIML", "VB1", "AIBL"]))
    pairs = list(zip(found.neuron.values.tolist(), found.partner.values.tolist(), strict=True))
    assert pairs[:3] == [("AVAL", "RIML"), ("AVAL", "VB1"), ("AVAL", "AIBL")]
    assert len({frozenset(pair) for pair in pairs}) == 6


def test_an_exact_motif_gives_an_exact_rank_one_tensor():
    # x_n^w = l_n g_w c(t): the tensor is sqrt(l_i l_j / s_i s_j) |c'(t)| g_w by algebra.
    amplitude, strength = np.array([0.5, 1.0, 2.0]), np.array([1.0, 3.0])
    shared = waves(n_neurons=1)[:, 0]
    recs = {
        f"w{w}": a_recording(np.outer(shared, amplitude * g), coords={"identified": [True] * 3})
        for w, g in enumerate(strength)
    }
    found = affinity(recs)
    assert found.dims == ("pair", "time", "recording")
    values = found.values.astype(float)
    np.testing.assert_allclose(values[..., 1], 3.0 * values[..., 0], rtol=1e-4, atol=1e-5)
    # All neurons move alike, so pooled scales make all pairs equal, whatever their amplitude.
    np.testing.assert_allclose(values[1], values[0], rtol=1e-4, atol=1e-5)
    unfolded = values.reshape(3, -1)
    assert np.linalg.matrix_rank(unfolded, tol=1e-3) == 1


def test_a_pooled_scale_keeps_animal_loadings_though_neurons_are_missing():
    # Neuron N2 is only seen in the strong animal; its pairs still differ by constants alone.
    shared = waves(n_neurons=1)[:, 0]
    amplitude = np.array([0.5, 1.0, 2.0])
    weak = a_recording(np.outer(shared, amplitude[:2]), coords={"identified": [True] * 2})
    strong = a_recording(4.0 * np.outer(shared, amplitude), coords={"identified": [True] * 3})
    found = affinity({"weak": weak, "strong": strong})
    pooled = found.sel(recording="strong").values[0] / found.sel(recording="weak").values[0]
    assert np.nanmedian(pooled) == pytest.approx(4.0, rel=1e-4)
    each = affinity({"weak": weak, "strong": strong}, scale="recording")
    apart = each.sel(recording="strong").values[0] / each.sel(recording="weak").values[0]
    # A scale per recording takes the strength of the motif away.
    assert np.nanmedian(apart) == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("kind", ["differential", "min", "product", "rising"])
def test_scaling_makes_the_unit_of_each_neuron_irrelevant(kind):
    values = waves()
    one = affinity(a_recording(values), kind)
    other = affinity(a_recording(values * [1e-3, 5.0, 1.0, 300.0, 1.0]), kind)
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_without_scaling_slopes_enter_as_they_are():
    rec = a_recording(waves(), units="mV")
    found = affinity(rec, "product", scale="none")
    slopes = nk.signal.derivative(rec, 1.0).activity.signal.values
    np.testing.assert_allclose(
        found.values[0], np.maximum(slopes[:, 0] * slopes[:, 1], 0), atol=1e-5
    )
    assert found.attrs["units"] == "(mV s-1)^2"
    assert affinity(rec, scale="none").attrs["units"] == "mV s-1"
    assert affinity(rec).attrs["units"] == "1"


def test_the_order_of_neurons_does_not_matter():
    values, names = waves(), list("abcde")
    order = [3, 0, 4, 2, 1]
    one = affinity(a_recording(values, names))
    other = affinity(a_recording(values[:, order], [names[k] for k in order]))

    def by_pair(x):
        labels = zip(x.neuron.values.tolist(), x.partner.values.tolist(), strict=True)
        return {frozenset(pair): row for pair, row in zip(labels, x.values, strict=True)}

    a, b = by_pair(one), by_pair(other)
    assert a.keys() == b.keys()
    for pair, row in a.items():
        np.testing.assert_array_equal(row, b[pair])


def test_pairs_with_a_neuron_that_was_not_recorded_are_nan_and_no_others():
    recs = nk.simulate.worms(n_animals=3, n_neurons=12, random_state=0).recordings
    found = affinity(recs, bin_s=8.0)
    for key, rec in recs.items():
        seen = set(rec.activity.neuron.values.tolist())
        part = found.sel(recording=key)
        both = [
            i in seen and j in seen
            for i, j in zip(found.neuron.values, found.partner.values, strict=True)
        ]
        np.testing.assert_array_equal(part.notnull().all("time"), both)
        np.testing.assert_array_equal(part.notnull().any("time"), both)


def test_a_masked_frame_is_nan_and_takes_no_part_in_its_bin():
    values = waves(n_neurons=3)
    observed = np.ones_like(values, dtype=bool)
    observed[100:110, 1] = False
    rec = a_recording(np.where(observed, values, 1e6), observed=observed)
    found = affinity(rec)
    gap = np.isnan(found.values[0])
    np.testing.assert_array_equal(np.flatnonzero(gap), np.arange(100, 110))
    assert np.isfinite(found.values[1]).all()
    assert found.max() < 10
    binned = affinity(rec, bin_s=5.0)
    assert np.isfinite(binned.values).all()


def test_bins_are_labelled_with_their_centres_and_know_their_rate():
    found = affinity(a_recording(waves(n_times=45)), bin_s=2.0)
    assert sampling_rate(found) == 0.5
    # Eight frames at 4 Hz: the mean of 0 ... 1.75 s.
    np.testing.assert_allclose(found.time, 0.875 + 2.0 * np.arange(5))


def test_a_bin_holds_whole_frames():
    found = affinity(a_recording(waves(n_times=40), rate=3.0), bin_s=0.9)
    assert sampling_rate(found) == pytest.approx(1.0)
    assert affinity(a_recording(waves(n_times=40), rate=3.0), bin_s=0.01).sizes["time"] == 40


def test_nothing_crosses_a_cut_in_the_record():
    values = waves(n_times=80, n_neurons=2)
    values[40:] += 100.0  # a jump that a derivative across the cut would see
    run = [0] * 40 + [1] * 40
    found = affinity(a_recording(values, run=run), bin_s=3.0)
    assert found.run.values.tolist() == [0, 0, 0, 1, 1, 1]
    # The run is 40 frames, a bin 12: the rest of each run is left out.
    np.testing.assert_allclose(found.time.values[3], 10.0 + 11 / 8)
    assert found.max() < 10
    crossing = affinity(a_recording(values), scale="none")
    assert crossing.max() > 10


def test_trials_are_a_mode_of_their_own():
    values = np.stack([waves(seed=k) for k in range(3)])
    found = affinity(a_recording(values, trial={"condition": ["a", "b", "a"]}))
    assert found.dims == ("pair", "time", "trial")
    assert found.condition.values.tolist() == ["a", "b", "a"]
    slopes = nk.signal.derivative(a_recording(values), 1.0).activity.signal.values.astype(float)
    slopes /= np.sqrt((slopes**2).mean(axis=(0, 1)))
    expected = np.sqrt(np.maximum(slopes[1, :, 0] * slopes[1, :, 1], 0))
    np.testing.assert_allclose(found.values[0, :, 1], expected, atol=1e-5)


def test_balance_gives_every_recording_the_same_mean():
    recs = nk.simulate.worms(n_animals=3, n_neurons=12, random_state=0).recordings
    plain = affinity(recs, bin_s=8.0)
    level = plain.mean(["pair", "time"])
    assert float(level.max() / level.min()) > 1.05
    balanced = affinity(recs, bin_s=8.0, balance=True)
    np.testing.assert_allclose(balanced.mean(["pair", "time"]), 1.0, rtol=1e-5)
    ratio = (balanced / plain).where(plain > 0)
    np.testing.assert_allclose(ratio.max(["pair", "time"]), 1 / level, rtol=1e-4)


def test_correlation_is_that_of_a_centred_window():
    values = waves(n_times=120, n_neurons=3)
    found = affinity(a_recording(values), "correlation", window_s=5.0)
    # 5 s at 4 Hz: ten frames to either side.
    r = np.corrcoef(values[50:71, 0], values[50:71, 2])[0, 1]
    np.testing.assert_allclose(found.values[1, 60], max(r, 0), atol=1e-6)
    offset = affinity(a_recording(values * 7 + 1e4), "correlation", window_s=5.0)
    np.testing.assert_allclose(offset, found, atol=2e-2)  # 1e4 leaves float32 three digits


def test_a_lazy_affinity_holds_the_same_bytes():
    recs = nk.simulate.worms(n_animals=2, n_neurons=12, random_state=0).recordings
    lazy = affinity(recs, bin_s=8.0, chunks=10)
    assert lazy.chunks is not None
    assert max(lazy.chunks[0]) == 10
    xr.testing.assert_identical(lazy.compute(), affinity(recs, bin_s=8.0))


def test_a_recording_a_signal_a_list_and_a_mapping_are_taken():
    recs = nk.simulate.worms(n_animals=2, n_neurons=12, random_state=0).recordings
    one = recs["worm1"]
    np.testing.assert_array_equal(affinity(one), affinity(one.activity.signal))
    np.testing.assert_array_equal(affinity(recs), affinity(list(recs.values())))
    np.testing.assert_array_equal(affinity(recs), affinity(nk.stack(recs)))


def test_the_input_is_left_alone_and_its_history_goes_on():
    rec = nk.simulate.worms(n_animals=1, n_neurons=12, random_state=0).recordings["worm1"]
    before = rec.copy(deep=True)
    found = affinity(rec, bin_s=8.0)
    xr.testing.assert_identical(rec, before)
    assert [s["function"] for s in as_history(found)] == ["simulate.worms", "connectome.affinity"]
    assert as_history(found)[-1]["parameters"]["bin_s"] == 8.0


def test_a_neuron_that_never_moves_has_affinity_zero():
    values = waves(n_neurons=3)
    values[:, 1] = 2.5
    found = affinity(a_recording(values))
    np.testing.assert_array_equal(found.values[[0, 2]], 0.0)
    assert found.values[1].max() > 0


@pytest.mark.parametrize("kind", ["differential", "min", "product", "rising", "correlation"])
def test_every_kind_is_non_negative_and_binned(kind):
    found = affinity(a_recording(waves()), kind, bin_s=5.0)
    assert found.sizes == {"pair": 10, "time": 20}
    assert (found >= 0).all()
    assert float(found.max()) > 0


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"kind": "diferential"}, OptionError, "did you mean 'differential'"),
        ({"scale": "pool"}, OptionError, "pooled"),
        ({"bin_s": -1.0}, TimeError, "^bin_s: found -1.0"),
        ({"bin_s": 1e4}, TimeError, "shorter bin"),
        ({"smooth_s": 0.0}, TimeError, "positive"),
    ],
)
def test_what_is_not_allowed_is_said(options, error, said):
    with pytest.raises(error, match=said):
        affinity(a_recording(waves()), **options)


def test_one_neuron_has_no_pair():
    with pytest.raises(SchemaError, match="two"):
        affinity(a_recording(waves(n_neurons=1)))


def test_irregular_time_names_the_way_out():
    time = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.5, 50))
    group = activity(waves(n_times=50), names=list("abcde"), time=time)
    with pytest.raises(TimeError, match="resample"):
        affinity(group.signal)


def test_units_that_differ_need_a_scale():
    group = activity(
        waves(n_neurons=2),
        names=["Fz", "mag"],
        rate=4.0,
        space="channel",
        coords={"channel_type": ["EEG", "MEGMAG"]},
    )
    rec = recording({"activity": group}, modality="meg")
    with pytest.raises(UnitsError):
        affinity(rec, scale="none")
    assert affinity(rec).channel.values.tolist() == ["Fz"]


@pytest.mark.parametrize("kind", ["differential", "min", "product", "rising"])
@pytest.mark.parametrize("bin_s", [None, 2.0])
@pytest.mark.parametrize("chunks", [{"time": 37}, {"pair": 20, "time": 43}, "auto"])
def test_blocks_of_pairs_and_time_hold_the_same_bytes(kind, bin_s, chunks):
    recs = nk.simulate.worms(n_animals=2, n_neurons=10, duration=200.0, random_state=0).recordings
    lazy = affinity(recs, kind, bin_s=bin_s, chunks=chunks)
    assert lazy.chunks is not None
    if isinstance(chunks, dict):
        assert max(lazy.chunksizes["time"]) == chunks["time"]
    xr.testing.assert_identical(lazy.compute(), affinity(recs, kind, bin_s=bin_s))


@pytest.mark.parametrize("run", [None, [0] * 90 + [1] * 110])
def test_windows_of_a_block_reach_beyond_it_but_not_beyond_a_run(run):
    rec = a_recording(waves(n_times=200, n_neurons=4), run=run)
    lazy = affinity(rec, "correlation", window_s=6.0, chunks={"time": 11})
    whole = affinity(rec, "correlation", window_s=6.0)
    np.testing.assert_allclose(lazy, whole, atol=1e-6)


def test_a_block_is_made_only_when_asked_for(monkeypatch):
    from neurokit.connectome import kernels

    made = []
    original = kernels.pair_affinity

    def counted(traces, first, *rest):
        made.append(len(first))
        return original(traces, first, *rest)

    monkeypatch.setattr(kernels, "pair_affinity", counted)
    lazy = affinity(a_recording(waves(n_times=100)), chunks={"time": 10})
    assert made == []
    lazy.isel(time=slice(20, 30)).compute()
    assert made == [10]


def test_blocks_are_balanced_by_the_level_of_the_whole():
    recs = nk.simulate.worms(n_animals=3, n_neurons=12, random_state=0).recordings
    lazy = affinity(recs, bin_s=8.0, balance=True, chunks={"time": 9})
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy, affinity(recs, bin_s=8.0, balance=True), rtol=1e-6)


def test_a_formula_of_ones_own_takes_scaled_slopes():
    def opposite(first, second):
        """Only where one rises and the other falls."""
        return np.maximum(-first * second, 0)

    rec = a_recording(waves())
    found = affinity(rec, opposite)
    slopes = nk.signal.derivative(rec, 1.0).activity.signal.values.astype(float)
    slopes /= np.sqrt((slopes**2).mean(axis=0))
    expected = np.maximum(-slopes[:, 0] * slopes[:, 1], 0)
    np.testing.assert_allclose(found.values[0], expected, atol=1e-5)
    assert found.attrs["long_name"] == "opposite affinity"
    assert as_history(found)[-1]["parameters"]["kind"] == "opposite"
    product = affinity(rec, lambda first, second: first * second, bin_s=2.0)
    np.testing.assert_allclose(product, affinity(rec, "product", bin_s=2.0), atol=1e-6)


@pytest.mark.parametrize("chunks", [0, {"pairs": 3}, {"time": 0}, {"time": 2.5}, "big"])
def test_chunks_that_make_no_sense_are_refused(chunks):
    with pytest.raises(OptionError, match="chunks"):
        affinity(a_recording(waves()), chunks=chunks)
