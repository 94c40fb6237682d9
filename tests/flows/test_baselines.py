"""Baselines, comparison and choice of the number of latents under one interface."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.decomposition import FactorAnalysis

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.flows import (
    FactorGLM,
    FirstOrderLDS,
    LangevinLDS,
    Smoothing,
    compare,
    select_latents,
)
from neurokit.flows.selection import _chosen

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")
HIDDEN = ["N01", "N02", "N03"]


@pytest.fixture(scope="module")
def simulation():
    found = nk.simulate.oscillators([2.0], [0.2], 12, 40, 50, base_rate=40.0, random_state=0)
    # The hidden neurons of these tests have to be among those that the latent moves.
    assert float(abs(found.truth.weights[:3]).min()) > 0.05
    return found


@pytest.fixture(scope="module")
def counts(simulation):
    return simulation.recordings["session1"].activity.signal


def test_smoothing_is_a_gaussian_filter_within_trials(counts):
    found = Smoothing(0.06).fit(counts).predict_rates(counts)
    expected = gaussian_filter1d(counts.values.astype(float), 3.0, axis=1, mode="nearest")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found.attrs["units"] == "1"


def test_smoothing_predicts_hidden_neurons_from_others_alone(counts):
    model = Smoothing().fit(counts[:30], held_out=HIDDEN)
    assert model.score(counts[30:], held_out=HIDDEN) > 0.05
    other = counts.copy()
    other[:, :, :3] = 9
    a = model.predict_rates(counts, held_out=HIDDEN)
    b = model.predict_rates(other, held_out=HIDDEN)
    np.testing.assert_array_equal(a[:, :, :3], b[:, :, :3])
    with pytest.raises(OptionError, match="same held_out"):
        model.predict_rates(counts, held_out=["N05"])


def test_factors_equal_scikit_learns_posterior(counts):
    model = FactorGLM(2, seconds=0.0).fit(counts)
    roots = np.sqrt(counts.values.astype(float)).reshape(-1, 12)
    peer = FactorAnalysis(2, svd_method="lapack", max_iter=200).fit(roots)
    found = model.transform(counts).values.reshape(-1, 2)
    np.testing.assert_allclose(found, peer.transform(roots), atol=1e-8)


def test_factors_of_hidden_neurons_use_the_others(counts):
    model = FactorGLM(1).fit(counts[:30])
    assert model.score(counts[30:], held_out=HIDDEN) > 0.05
    other = counts.copy()
    other[:, :, :3] = 9
    np.testing.assert_array_equal(
        model.transform(counts, held_out=HIDDEN), model.transform(other, held_out=HIDDEN)
    )


def test_first_order_dynamics_are_found():
    rng = np.random.default_rng(0)
    path = np.zeros((40, 60))
    for t in range(1, 60):
        path[:, t] = 0.9 * path[:, t - 1] + rng.normal(size=40)
    y = path[:, :, None] * [1.0, 2.0, -1.0] + rng.normal(size=(40, 60, 3))
    model = FirstOrderLDS(1, bin_s=0.02).fit(y)
    assert model.transition_.item() == pytest.approx(0.9, abs=0.03)
    assert "velocity" not in model.transform(y)
    assert not hasattr(model, "frequencies_")


def test_an_oscillator_needs_the_second_order():
    """One latent: the Langevin model forecasts a ring, the first-order one cannot."""
    found = nk.simulate.oscillators([4.0], [0.05], 20, 40, 60, base_rate=30.0, random_state=2)
    moved = np.flatnonzero(np.abs(found.truth.weights.values[:, 0]) > 0.3)
    x = found.recordings["session1"].activity.signal.isel(neuron=moved)
    models = {"first": FirstOrderLDS(1), "second": LangevinLDS(1, n_restarts=1)}
    rates = found.truth.rate[30:, :, moved]
    table = compare(models, x[:30], x[30:], held_out=[0, 1], true_rates=rates, n_forward=6)
    first, second = table.sel(model="first"), table.sel(model="second")
    assert float(second.r2) > float(first.r2) + 0.02
    assert float(second.forward_bps) > float(first.forward_bps) + 0.02
    assert table.co_bps.attrs["units"] == "bit/spike"
    assert (table.fit_seconds >= 0).all()


def test_comparison_says_nan_where_a_model_cannot(counts):
    table = compare({"smoothing": Smoothing(), "factors": FactorGLM(1)}, counts[:30], counts[30:],
                    held_out=HIDDEN, n_forward=5)  # fmt: skip
    assert table.forward_bps.isnull().all()
    assert table.r2.isnull().all()
    assert (table.co_bps > 0).all()


def test_comparison_is_checked(simulation, counts):
    with pytest.raises(OptionError, match="models"):
        compare({}, counts, counts, held_out=[0])
    with pytest.raises(SchemaError, match="true_rates"):
        compare({"f": FactorGLM(1)}, counts, counts, held_out=[0],
                true_rates=simulation.truth.rate[:3])  # fmt: skip
    with pytest.raises(nk.errors.UnitsError):
        compare({"f": FactorGLM(1)}, counts, counts, held_out=[0],
                true_rates=simulation.truth.rate.assign_attrs(units="Hz"))  # fmt: skip
    with pytest.raises(OptionError, match="n_forward"):
        compare({"l": FirstOrderLDS(1, max_iter=2)}, counts, counts, held_out=[0], n_forward=50)


@pytest.mark.parametrize("make", [lambda: Smoothing(), lambda: FactorGLM(1)])
def test_baselines_refuse_what_is_no_counts(make, counts):
    with pytest.raises(SchemaError, match="no counts"):
        make().fit(counts + 0.5)
    with pytest.raises(OptionError, match="bin_s"):
        make().fit(counts.values)
    with pytest.raises(SchemaError, match="neurons"):
        make().fit(counts).predict_rates(counts[:, :, :5])
    model = make().set_params(seconds=-1.0)
    with pytest.raises(OptionError, match="seconds"):
        model.fit(counts)
    with pytest.raises(OptionError, match="very spikes"):
        make().fit(counts).score(counts)


def test_more_factors_than_neurons_are_refused(counts):
    with pytest.raises(OptionError, match="n_latents"):
        FactorGLM(13).fit(counts)


def test_baselines_bear_silence_missing_values_and_lists(counts):
    holed = counts.astype(float).copy()
    holed[:, :, 4] = 0
    holed[3, 10:20] = np.nan
    for model in (Smoothing(bin_s=0.02), FactorGLM(1, bin_s=0.02)):
        assert np.isfinite(model.fit(holed).predict_rates(holed)).all()
        found = model.predict_rates([holed.values[0], holed.values[1, :20]])
        assert [len(one) for one in found] == [50, 20]
        assert found[1].attrs["units"] == "1"


def test_saved_baselines_answer_alike(tmp_path, counts):
    for k, model in enumerate((Smoothing().fit(counts, held_out=HIDDEN), FactorGLM(2).fit(counts))):
        model.save(tmp_path / f"{k}.nc")
        again = type(model).load(tmp_path / f"{k}.nc")
        np.testing.assert_array_equal(
            again.predict_rates(counts, held_out=HIDDEN),
            model.predict_rates(counts, held_out=HIDDEN),
        )


def test_two_oscillators_are_counted():
    found = nk.simulate.oscillators((3.0, 8.0), (0.05, 0.05), 20, 32, 60, random_state=1)
    x = found.recordings["session1"].activity.signal
    base = LangevinLDS(1, n_restarts=2, tol=1e-5)
    table = select_latents(x, [1, 2, 3], model=base, n_folds=2, random_state=0)
    assert table.attrs["best_n_latents"] == 2
    mean = table.score.mean("fold")
    assert float(mean.sel(n_latents=2)) > float(mean.sel(n_latents=1)) + 0.02


def test_the_smallest_number_that_is_as_good_is_chosen():
    score = np.array([[0.1, 0.2, 0.3], [0.5, 0.6, 0.7], [0.51, 0.59, 0.72]])
    assert _chosen(score, [1, 2, 4], "1").attrs["best_n_latents"] == 2
    assert _chosen(score[:, ::-1], [1, 2, 4], "1").attrs["best_n_latents"] == 2
    score[2] += 1.0
    assert _chosen(score, [1, 2, 4], "1").attrs["best_n_latents"] == 4


def test_signals_are_chosen_by_r2():
    found = nk.simulate.oscillators([3.0], [0.2], 6, 8, 30, observation="gaussian", random_state=0)
    x = found.recordings["session1"].activity.signal
    base = LangevinLDS(1, n_restarts=1, max_iter=5)
    table = select_latents(x, [1], model=base, n_folds=2, random_state=0)
    assert table.score.attrs["units"] == "1"
    assert table.equals(select_latents(x, [1], model=base, n_folds=2, random_state=0))


@pytest.mark.parametrize("options", [{"n_latents": []}, {"n_latents": [0]}, {"n_folds": 1},
                                     {"n_folds": 31}])  # fmt: skip
def test_impossible_choices_are_named(counts, options):
    with pytest.raises(OptionError, match=next(iter(options))):
        select_latents(counts, **options)


def test_silent_scores_are_nan(counts):
    model = FactorGLM(1).fit(counts)
    quiet = counts.copy()
    quiet[:, :, :3] = 0
    assert math.isnan(model.score(quiet, held_out=HIDDEN))
