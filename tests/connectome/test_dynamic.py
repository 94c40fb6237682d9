"""The estimator of motifs: planted truth, forms of input, what it stores, interruption."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome import DynamicConnectome, affinity, motif_null
from neurokit.connectome import dynamic as module
from neurokit.errors import NeurokitWarning, NotFittedError, OptionError, TimeError

FAST = {"bin_s": 8.0, "n_restarts": 2, "communities": None, "n_permutations": 0, "random_state": 0}


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.worms(3, 24, 2, duration=240.0, n_epochs=3, random_state=0)


@pytest.fixture(scope="module")
def fit(simulation):
    options = {**FAST, "communities": "leiden", "n_permutations": 19}
    return DynamicConnectome(2, **options).fit(simulation.recordings)


def truth_of(fit, simulation):
    """Planted motif of each found one, by the neurons that lead it."""
    strength = np.nanmean(fit.motifs_.values, axis=2)
    loading = simulation.truth.neuron_loading.sel(neuron=fit.motifs_.neuron.values).values
    return np.corrcoef(strength, loading)[:2, 2:].argmax(axis=1)


def test_planted_groups_times_and_animals_are_found(fit, simulation):
    planted = truth_of(fit, simulation)
    assert sorted(planted) == [0, 1]
    truth = simulation.truth.isel(component=planted)
    width = 32
    course = truth.time_course.values[:, : fit.time_course_.sizes["time"] * width]
    course = course.reshape(2, -1, width).mean(axis=2)
    for k in range(2):
        assert np.corrcoef(course[k], fit.time_course_.values[k])[0, 1] > 0.97
        found = fit.recording_loading_.values[k]
        assert np.corrcoef(truth.recording_loading.values[k], found)[0, 1] > 0.95
        for w in range(3):
            assert np.corrcoef(course[k], fit.recording_course_.values[k, w])[0, 1] > 0.9


def test_matrices_are_symmetric_and_of_unit_norm(fit):
    m = fit.motifs_
    assert m.dims == ("component", "neuron", "partner")
    np.testing.assert_array_equal(m, m.transpose("component", "partner", "neuron"))
    np.testing.assert_allclose(np.sqrt((m**2).sum(["neuron", "partner"]) / 2), 1.0)
    assert (np.diff(fit.weight_) <= 0).all()


def test_the_atlas_finds_each_motif_in_its_epoch(fit, simulation):
    planted = truth_of(fit, simulation)
    kinds = [f"epoch {'AB'[m]}" for m in planted]
    atlas = fit.atlas_
    for k, kind in enumerate(kinds):
        own = atlas.sel(component=k, trial_type=kind)
        assert float(own["mean"]) > 5 * float(own.outside)
        assert float(own.q) < 0.1
        assert float(own["mean"]) == float(atlas["mean"].sel(component=k).max())
    assert fit.epochs_.dims == ("recording", "trial_type", "time")


def test_planted_motifs_pass_and_the_draws_are_kept(fit):
    # 1 / (1 + 19): no draw is as strong.
    assert fit.p_value_.values.tolist() == [0.05, 0.05]
    assert fit.q_value_.values.tolist() == [0.05, 0.05]
    assert fit.null_.null.sizes == {"draw": 19, "component": 2}
    assert float(fit.null_.statistic.min()) > 2 * float(fit.null_.null.max())


def test_communities_are_groups_of_members(fit, simulation):
    planted = truth_of(fit, simulation)
    loading = simulation.truth.neuron_loading.sel(neuron=fit.motifs_.neuron.values).values
    for k, m in enumerate(planted):
        np.testing.assert_array_equal(fit.communities_.values[k] >= 0, loading[m] > 0)
    np.testing.assert_array_equal(fit.consensus_.values >= 0, loading.any(axis=0))


def test_the_held_out_error_is_worse_than_nothing_only_for_nonsense(fit):
    assert 0.3 < fit.error_ < fit.held_out_error_ + 0.1
    assert fit.held_out_error_ < 0.9


@pytest.mark.slow
def test_all_forms_of_input_agree(simulation):
    recs = simulation.recordings
    from_mapping = DynamicConnectome(2, **FAST).fit(recs)
    from_list = DynamicConnectome(2, **FAST).fit(list(recs.values()))
    from_stack = DynamicConnectome(2, **FAST).fit(nk.stack(recs))
    np.testing.assert_array_equal(from_mapping.motifs_, from_list.motifs_)
    np.testing.assert_array_equal(from_mapping.motifs_, from_stack.motifs_)
    assert from_list.recording_loading_.recording.values.tolist() == ["0", "1", "2"]
    assert from_stack.atlas_.sizes["trial_type"] == 0
    assert from_mapping.atlas_.sizes["trial_type"] == 2


def test_one_animal_is_enough(simulation):
    found = DynamicConnectome(2, **{**FAST, "n_permutations": 3}).fit(
        simulation.recordings["worm1"]
    )
    assert found.time_course_.dims == ("component", "time")
    assert found.recording_loading_.sizes == {"component": 2, "recording": 1}
    assert (found.recording_loading_ == 1).all()
    assert found.p_value_.values.tolist() == [0.25, 0.25]


@pytest.mark.slow
def test_animals_in_their_own_time_are_not_mixed(simulation):
    recs = dict(simulation.recordings)
    late = recs["worm2"]
    # The second worm does everything half a record later.
    recs["worm2"] = nk.schema.recording(
        {
            "activity": late.activity.to_dataset().assign(
                signal=late.activity.signal.roll(time=480, roll_coords=False)
            )
        },
        modality="calcium",
    )
    options = {**FAST, "n_restarts": 4}
    own = DynamicConnectome(2, shared_time=False, **options).fit(recs)
    shared = DynamicConnectome(2, **options).fit(recs)
    assert own.time_course_.dims == ("component", "recording", "time")
    assert own.held_out_error_ <= shared.held_out_error_ + 0.02
    assert own.error_ < shared.error_ - 0.02
    before = DynamicConnectome(2, shared_time=False, **options).fit(simulation.recordings)
    for k in range(2):
        cosines = [
            float((a * b).sum(["neuron", "partner"])) / 2
            for a in before.motifs_
            for b in own.motifs_[k : k + 1]
        ]
        assert max(cosines) > 0.95
    assert own.recording_loading_.sizes == {"component": 2, "recording": 3}
    np.testing.assert_allclose((own.recording_loading_**2).sum("recording"), 1.0)
    np.testing.assert_allclose((own.time_course_**2).sum(["recording", "time"]), 1.0)


def test_recordings_of_unequal_length_end_where_they_end(simulation):
    recs = dict(simulation.recordings)
    group = recs["worm2"].activity.to_dataset().isel(time=slice(600))
    recs["worm2"] = nk.schema.recording(
        {"activity": group, "events": recs["worm2"].events.to_dataset()}, modality="calcium"
    )
    options = {**FAST, "n_permutations": 2}
    found = DynamicConnectome(2, shared_time=False, **options).fit(recs)
    # 600 frames are 18 bins of 32, and the start of another.
    gone = found.recording_course_.sel(recording="worm2").isnull().all("component")
    assert gone.values.tolist() == [False] * 19 + [True] * 11
    assert found.recording_course_.sel(recording="worm1").notnull().all()
    np.testing.assert_array_equal(
        found.time_course_.isnull().all("component"),
        found.recording_course_.isnull().all("component"),
    )
    assert np.isfinite(found.p_value_).all()
    assert np.isfinite(found.atlas_["mean"]).all()
    assert 0 < found.held_out_error_ < 1


def test_shifted_recordings_ask_for_synchrony(simulation):
    options = {**FAST, "null": "recording", "n_permutations": 19}
    found = DynamicConnectome(2, **options).fit(simulation.recordings)
    assert found.p_value_.values.tolist() == [0.05, 0.05]
    assert float(found.null_.statistic.min()) > 0.8
    assert found.null_.attrs["shifted"] == "recording"
    with pytest.raises(OptionError, match="several recordings"):
        DynamicConnectome(2, **options).fit(simulation.recordings["worm1"])
    with pytest.raises(OptionError, match="shared_time"):
        DynamicConnectome(2, shared_time=False, **options).fit(simulation.recordings)


def test_the_rank_is_chosen_where_none_is_given(simulation, monkeypatch):
    asked = {}

    def choose(tensor, ranks, **options):
        asked.update(dims=tensor.dims, ranks=ranks)
        return xr.Dataset({"error": ("rank", [0.5, 0.4])}, {"rank": ranks}, {"best_rank": 2})

    monkeypatch.setattr("neurokit.connectome.rank.select_rank", choose)
    found = DynamicConnectome(ranks=(1, 2), **FAST).fit(simulation.recordings)
    assert asked == {"dims": ("pair", "time", "recording"), "ranks": [1, 2]}
    assert found.rank_ == 2
    assert found.rank_selection_.attrs["best_rank"] == 2


@pytest.mark.slow
def test_the_rank_chosen_is_the_planted_one():
    recs = nk.simulate.worms(3, 30, 3, duration=300.0, noise=0.1, random_state=0).recordings
    found = DynamicConnectome(ranks=(1, 2, 3, 4), **FAST).fit(recs)
    assert found.rank_ in (3, 4)


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_jobs(simulation):
    options = {**FAST, "n_permutations": 5}
    one = DynamicConnectome(2, **options).fit(simulation.recordings)
    other = DynamicConnectome(2, n_jobs=3, **options).fit(simulation.recordings)
    for name in ("motifs_", "time_course_", "p_value_", "recording_course_"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    xr.testing.assert_equal(one.null_, other.null_)
    xr.testing.assert_equal(one.atlas_, other.atlas_)
    assert one.held_out_error_ == other.held_out_error_


def test_communities_and_null_do_not_change_the_motifs(fit, simulation):
    bare = DynamicConnectome(2, **FAST).fit(simulation.recordings)
    np.testing.assert_array_equal(bare.motifs_, fit.motifs_)
    assert bare.p_value_.isnull().all()
    assert not hasattr(bare, "communities_")
    assert not hasattr(bare, "null_")


def test_inputs_stay_as_they_were(simulation):
    recs = {key: rec.copy(deep=True) for key, rec in simulation.recordings.items()}
    DynamicConnectome(2, **FAST).fit(recs)
    for key, rec in recs.items():
        xr.testing.assert_identical(rec, simulation.recordings[key])


@pytest.mark.parametrize("suffix", [pytest.param("nc", marks=pytest.mark.slow), "zarr"])
def test_a_fit_comes_back_from_disk(fit, tmp_path, suffix):
    path = fit.save(tmp_path / f"fit.{suffix}")
    back = DynamicConnectome.load(path)
    assert back.get_params()["bin_s"] == 8.0
    for name, value in fit._fitted().items():
        other = getattr(back, name)
        if isinstance(value, xr.DataArray | xr.Dataset):
            xr.testing.assert_equal(value, other)
        else:
            assert other == value, name


@pytest.mark.slow
def test_a_fit_without_events_comes_back_too(simulation, tmp_path):
    found = DynamicConnectome(2, **FAST).fit(nk.stack(simulation.recordings))
    back = DynamicConnectome.load(found.save(tmp_path / "fit.nc"))
    assert back.atlas_.sizes["trial_type"] == 0
    assert back.epochs_.sizes["trial_type"] == 0


def test_the_repr_says_what_was_fitted(fit):
    text = repr(fit)
    assert "simulate.worms" in text
    assert "communities_" in text
    assert len(text.splitlines()) < 40
    assert "not fitted" in repr(DynamicConnectome(2))


def test_nothing_can_be_asked_of_what_is_not_fitted():
    with pytest.raises(NotFittedError):
        DynamicConnectome(2).plot()
    with pytest.raises(NotFittedError):
        DynamicConnectome(2).to_tree()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"rank": 0}, "rank"),
        ({"rank": 2.0}, "rank"),
        ({"kind": "diferential"}, "kind"),
        ({"scale": "zscore"}, "scale"),
        ({"communities": "louvain"}, "communities"),
        ({"null": "time"}, "null"),
        ({"n_permutations": -1}, "n_permutations"),
        ({"n_restarts": 0}, "n_restarts"),
        ({"bin_s": 0.0}, "bin_s"),
    ],
)
def test_wrong_options_are_refused_by_name(simulation, options, name):
    # A width that is no time is a TimeError, as everywhere.
    with pytest.raises((OptionError, TimeError), match=f"^{name}: "):
        DynamicConnectome(**{"rank": 2, **FAST, **options}).fit(simulation.recordings)


def test_an_interrupted_fit_keeps_what_was_finished(simulation, monkeypatch, tmp_path):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(motif_null, "shift_test", interrupted)
    model = DynamicConnectome(2, **{**FAST, "n_permutations": 5})
    with pytest.raises(KeyboardInterrupt):
        model.fit(simulation.recordings)
    assert model.converged_ is False
    assert model.motifs_.sizes["component"] == 2
    assert model.p_value_.isnull().all()
    with pytest.warns(NeurokitWarning, match="interrupted"):
        model.save(tmp_path / "fit.nc")


def test_a_factorization_that_is_interrupted_keeps_its_best(simulation, monkeypatch):
    class Stopped(module.NonNegativeCP):
        def fit(self, tensor, *args, **kwargs):
            super().fit(tensor, *args, **kwargs)
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "NonNegativeCP", Stopped)
    model = DynamicConnectome(2, **FAST)
    with pytest.raises(KeyboardInterrupt):
        model.fit(simulation.recordings)
    assert model.converged_ is False
    assert model.motifs_.sizes["component"] == 2
    assert not hasattr(model, "atlas_")


def test_a_neuron_that_never_moves_and_one_that_is_missing_do_no_harm(simulation):
    traces = nk.stack(simulation.recordings)
    traces.values[:, :, 0] = 1.0
    traces.values[:, :, 1] = np.nan
    found = DynamicConnectome(2, **{**FAST, "communities": "leiden"}).fit(traces)
    first, second = traces.neuron.values[:2]
    assert float(found.motifs_.sel(neuron=first).max()) == 0.0
    assert found.motifs_.sel(neuron=second).drop_sel(partner=second).isnull().all()
    assert (found.communities_.sel(neuron=second) == -1).all()
    assert np.isfinite(found.time_course_).all()


def test_a_short_record_has_no_held_out_error(simulation):
    traces = nk.stack(simulation.recordings).isel(time=slice(240))
    found = DynamicConnectome(1, **FAST).fit(traces)
    assert np.isnan(found.held_out_error_)


def test_other_affinities_and_channels_work(simulation):
    traces = nk.stack(simulation.recordings).rename(neuron="channel")
    found = DynamicConnectome(2, **{**FAST, "kind": "min", "n_permutations": 2}).fit(traces)
    assert found.motifs_.dims == ("component", "channel", "partner")
    assert found.p_value_.notnull().all()


def test_the_motifs_are_those_of_the_factorization(simulation):
    tensor = affinity(nk.stack(simulation.recordings), bin_s=8.0)
    alone = nk.connectome.NonNegativeCP(2, n_restarts=2, random_state=1).fit(tensor)
    found = DynamicConnectome(2, **FAST).fit(simulation.recordings)
    assert alone.similarity(found.factors_) > 0.999
