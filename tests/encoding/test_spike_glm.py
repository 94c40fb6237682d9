"""The estimator: filters are found, labels stay, faults are said."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import PoissonRegressor

import neurokit as nk
from neurokit.encoding import SpikeGLM
from neurokit.errors import (
    ConvergenceWarning,
    NeurokitWarning,
    NotFittedError,
    OptionError,
    SchemaError,
)
from neurokit.schema import time_coordinate
from neurokit.testing import assert_same

N_LAGS = 10
OWN = -1.5 * np.exp(-np.arange(N_LAGS) / 3.0)
FROM_FIRST = 0.8 * np.exp(-np.arange(N_LAGS) / 4.0)


@pytest.fixture(scope="module")
def trains():
    """Three neurons with refractory histories; the first drives the second; 100 bins per s."""
    rng = np.random.default_rng(0)
    n, k = 30_000, 3
    x = rng.normal(size=(n, 2))
    drive = x @ np.array([[0.4, 0.0, -0.3], [0.0, 0.3, 0.0]]) - 2.5
    y = np.zeros((n, k))
    for t in range(n):
        before = y[max(0, t - N_LAGS) : t][::-1]
        eta = drive[t] + OWN[: len(before)] @ before
        eta[1] += FROM_FIRST[: len(before)] @ before[:, 0]
        y[t] = rng.poisson(np.exp(eta))
    time = time_coordinate(np.arange(n) / 100.0, 100.0)
    features = xr.DataArray(
        x, dims=("time", "feature"), coords={"time": time, "feature": ["speed", "light"]}
    )
    counts = xr.DataArray(
        y,
        dims=("time", "neuron"),
        coords={
            "time": time,
            "neuron": ["a", "b", "c"],
            "region": ("neuron", ["v1", "v1", "v2"]),
        },
    )
    return features, counts


@pytest.fixture(scope="module")
def coupled_model(trains):
    return SpikeGLM(alpha=1e-4, history=0.1, coupling=True).fit(*trains)


def test_planted_filters_are_found(coupled_model):
    filters = coupled_model.coupling_filter_
    assert filters.dims == ("lag", "pre", "post")
    np.testing.assert_allclose(filters["lag"], np.arange(1, 11) / 100)
    found = filters.sel(pre="a", post="b").values
    # 5 seeds: largest error .13 for the coupling, .26 for histories (a few hundred spikes per lag).
    assert np.abs(found - FROM_FIRST).max() < 0.25
    for name in ("a", "b", "c"):
        assert np.abs(filters.sel(pre=name, post=name).values - OWN).max() < 0.5
    assert np.abs(filters.sel(pre="b", post="c").values).max() < 0.35


def test_planted_weights_are_found_and_labelled(coupled_model):
    coef = coupled_model.coef_
    assert coef.dims == ("feature", "neuron")
    assert list(coef["feature"].values) == ["speed", "light"]
    assert list(coef["region"].values) == ["v1", "v1", "v2"]
    # Standard errors are near .02 (about 2500 spikes a neuron); the bound is 4 of them.
    np.testing.assert_allclose(coef.values, [[0.4, 0.0, -0.3], [0.0, 0.3, 0.0]], atol=0.08)


def test_the_true_kind_of_model_passes_time_rescaling_and_a_poorer_one_does_not(
    trains, coupled_model
):
    plain = SpikeGLM(alpha=1e-4).fit(*trains)
    assert (coupled_model.evaluate(*trains)["ks_p"] > 0.01).all()
    assert (plain.evaluate(*trains)["ks_p"] < 0.01).any()
    assert coupled_model.score(*trains) > plain.score(*trains) > 0


def test_history_alone_gives_each_neuron_its_own(trains):
    features, counts = trains
    model = SpikeGLM(alpha=1e-4, history=0.1, n_basis=4).fit(features, counts)
    assert model.history_filter_.dims == ("lag", "neuron")
    assert not hasattr(model, "coupling_filter_")
    alone = SpikeGLM(alpha=1e-4, history=0.1, n_basis=4).fit(features, counts.isel(neuron=[2]))
    np.testing.assert_allclose(
        model.history_filter_.values[:, 2], alone.history_filter_.values[:, 0], atol=1e-8
    )
    np.testing.assert_allclose(model.coef_.values[:, 2], alone.coef_.values[:, 0], atol=1e-8)


def test_it_agrees_with_scikit_learn_in_the_users_units(trains):
    features, counts = trains
    x = features.values * [3.0, 0.2] + 7.0
    model = SpikeGLM(alpha=0.01).fit(x, counts.values)
    for k in range(3):
        peer = PoissonRegressor(alpha=0.01, solver="newton-cholesky", tol=1e-12, max_iter=100)
        peer.fit(x, counts.values[:, k])
        np.testing.assert_allclose(model.coef_.values[:, k], peer.coef_, atol=1e-7)
        np.testing.assert_allclose(model.intercept_.values[k], peer.intercept_, atol=1e-5)
        d2 = peer.score(x, counts.values[:, k])
        assert float(model.scores_["d2"][k]) == pytest.approx(d2)
    np.testing.assert_allclose(model.predict(x)[:, 2], peer.predict(x), rtol=1e-6)


def test_predictions_keep_labels_and_never_know_the_present(trains, coupled_model):
    features, counts = trains
    expected = coupled_model.predict(features, counts)
    assert expected.dims == ("time", "neuron")
    assert expected["time"].equals(counts["time"])
    assert expected.isel(time=slice(0, N_LAGS)).isnull().all()
    changed = counts.copy(deep=True)
    changed[500:] += 1
    again = coupled_model.predict(features, changed)
    np.testing.assert_array_equal(again[:501], expected[:501])  # bin 500 knows up to 499
    assert (again[501] != expected[501]).all()


def test_trials_are_runs(trains):
    features, counts = trains
    n = 100
    x = features.values.reshape(n, 300, 2)
    y = counts.values.reshape(n, 300, 3)
    model = SpikeGLM(history=10, alpha=1e-3).fit(x, y)
    expected = model.predict(x, y)
    assert expected.shape == (n, 300, 3)
    assert np.isnan(expected[:, :N_LAGS]).all()
    assert np.isfinite(expected[:, N_LAGS:]).all()
    assert (np.abs(model.coef_.values[0] - [0.4, 0.0, -0.3]) < 0.08).all()


def test_history_needs_no_features(trains):
    _, counts = trains
    model = SpikeGLM(history=0.1, basis="bins").fit(None, counts)
    assert model.coef_.sizes == {"feature": 0, "neuron": 3}
    assert model.history_filter_.sizes["lag"] == N_LAGS
    assert model.predict(None, counts).shape == counts.shape


def test_bernoulli_bins_give_probabilities(trains):
    features, counts = trains
    model = SpikeGLM("bernoulli", alpha=1e-4).fit(features, counts.clip(0, 1))
    expected = model.predict(features)
    assert float(expected.min()) > 0
    assert float(expected.max()) < 1
    # The mean of a logistic model with a free intercept is that of the data.
    np.testing.assert_allclose(expected.mean("time"), counts.clip(0, 1).mean("time"), rtol=1e-6)


def test_separable_bins_are_said_to_be_so():
    x = np.linspace(-1, 1, 100)[:, None]
    y = (x > 0).astype(float)
    with pytest.warns(ConvergenceWarning, match="separable"):
        SpikeGLM("bernoulli", alpha=0.0, max_iter=15).fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SpikeGLM("bernoulli", alpha=1e-3).fit(x, y).converged_


def test_a_silent_neuron_is_a_warning_and_a_rate_of_zero(trains):
    features, counts = trains
    silent = counts.copy(deep=True)
    silent[:, 1] = 0.0
    with pytest.warns(NeurokitWarning, match="1 neurons never"):
        model = SpikeGLM().fit(features, silent)
    assert (model.predict(features).sel(neuron="b") == 0).all()
    assert np.isnan(model.scores_["bits_per_spike"].sel(neuron="b"))
    others = SpikeGLM().fit(features, silent.isel(neuron=[0, 2]))
    np.testing.assert_allclose(model.coef_.values[:, [0, 2]], others.coef_.values, atol=1e-9)


def test_saving_keeps_everything(tmp_path, trains, coupled_model):
    coupled_model.save(tmp_path / "glm.nc")
    loaded = SpikeGLM.load(tmp_path / "glm.nc")
    assert_same(loaded.to_tree(), coupled_model.to_tree())
    np.testing.assert_array_equal(loaded.predict(*trains), coupled_model.predict(*trains))


def test_the_same_data_give_the_same_bytes(trains):
    first, second = (SpikeGLM(history=0.05).fit(*trains) for _ in range(2))
    assert first.coef_.values.tobytes() == second.coef_.values.tobytes()


def test_an_interrupted_fit_is_kept_and_raised(trains, monkeypatch):
    from neurokit.encoding import spike_glm_core

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(spike_glm_core, "conjugate_gradients", interrupt)
    model = SpikeGLM()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*trains)
    assert model.converged_ is False
    np.testing.assert_allclose(np.exp(model.intercept_), trains[1].mean("time"))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"observation": "poison"}, "did you mean 'poisson'"),
        ({"basis": "cosines"}, "did you mean 'cosine'"),
        ({"alpha": -1.0}, "alpha"),
        ({"history": np.inf}, "history"),
        ({"coupling": True}, "window"),
        ({"n_basis": 0}, "n_basis"),
        ({"max_iter": 1.5}, "max_iter"),
    ],
)
def test_wrong_parameters_are_refused(parameters, said, trains):
    with pytest.raises(OptionError, match=said):
        SpikeGLM(**parameters).fit(*trains)


def test_wrong_data_are_refused(trains, coupled_model):
    features, counts = trains
    with pytest.raises(SchemaError, match='observation="poisson"'):
        SpikeGLM("bernoulli").fit(features, counts + 1)
    with pytest.raises(SchemaError, match="no bin is left"):
        SpikeGLM().fit(features * np.nan, counts)
    with pytest.raises(SchemaError, match="no bin is left"):
        SpikeGLM(history=50).fit(None, np.ones((3, 20, 2)))
    with pytest.raises(NotFittedError):
        SpikeGLM().predict(features)
    with pytest.raises(OptionError, match="needs counts"):
        coupled_model.predict(features)
    with pytest.raises(SchemaError, match="expecting 2 features"):
        coupled_model.predict(features.isel(feature=[0]), counts)
    with pytest.raises(SchemaError, match="fitted on 3"):
        coupled_model.predict(features, counts.isel(neuron=[0]))


def test_spikes_binned_by_neurokit_are_taken():
    rng = np.random.default_rng(1)
    spikes = nk.schema.spikes({name: np.sort(rng.uniform(0, 50, 400)) for name in ("u1", "u2")})
    rec = nk.schema.recording({"spikes": spikes}, modality="spikes", subject="m", name="m")
    binned = nk.signal.bin_spikes(rec, 0.01)
    model = SpikeGLM(history=0.05).fit(None, binned)
    assert list(model.intercept_["neuron"].values) == ["u1", "u2"]
    assert "signal.bin_spikes" in model.history_


def test_the_plots_show_filters_or_weights(trains, coupled_model):
    ax = coupled_model.plot("b")
    assert ax.get_xlabel() == "lag (s)"
    assert {t.get_text() for t in ax.get_legend().get_texts()} >= {"own history", "from a"}
    ax = SpikeGLM(history=0.1).fit(*trains).plot()
    assert ax.get_title(loc="left") == "neuron a"
    ax = SpikeGLM().fit(*trains).plot("c")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["speed", "light"]
    with pytest.raises(OptionError, match="no neuron"):
        coupled_model.plot("d")
