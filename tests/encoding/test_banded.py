"""BandedRidgeEncoder against himalaya and ground truth; labels, determinism, interruption."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from himalaya.ridge._random_search import solve_group_ridge_random_search
from himalaya.scoring import r2_score
from sklearn.base import clone
from sklearn.model_selection import KFold

from neurokit.encoding import BandedRidgeEncoder, RidgeEncoder
from neurokit.encoding.band_search import BandSearch
from neurokit.errors import LabelError, NeurokitWarning, OptionError

# Grids below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:BandedRidgeEncoder.*at_edge_")

ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)


def bands_and_targets(n=200, sizes=(20, 30, 10), levels=(1.0, 0.3, 0.0), t=7, seed=0):
    rng = np.random.default_rng(seed)
    bands = {
        name: rng.standard_normal((n, size)) + 3 for name, size in zip("abc", sizes, strict=True)
    }
    signal = sum(
        x @ rng.standard_normal((x.shape[1], t)) * level
        for x, level in zip(bands.values(), levels, strict=True)
    )
    return bands, signal + 3 * rng.standard_normal((n, t)) + 5


def encoder(**options):
    settings = {"n_iter": 10, "extend_alphas": False, "random_state": 0, **options}
    return BandedRidgeEncoder(ALPHAS, **settings)


@pytest.mark.filterwarnings("ignore:Solving banded ridge")
@pytest.mark.parametrize(
    ("n", "sizes"), [(200, (20, 30, 10)), (60, (30, 40, 20)), (60, (30, 20, 10))]
)
def test_at_given_weights_it_is_himalaya(n, sizes):
    bands, y = bands_and_targets(n, sizes)
    gammas = np.random.default_rng(1).dirichlet(np.ones(3), 6)
    deltas, weights, scores, intercept = solve_group_ridge_random_search(
        [x.copy() for x in bands.values()], y, n_iter=gammas, alphas=np.array(ALPHAS),
        fit_intercept=True, score_func=r2_score, cv=KFold(4), return_weights=True,
        progress_bar=False,
    )  # fmt: skip
    model = encoder(gammas=gammas, cv=4).fit(bands, y)
    np.testing.assert_allclose(model.search_trace_, scores, atol=1e-6)
    np.testing.assert_allclose(-np.log(model.band_alphas_), deltas, atol=1e-9)
    np.testing.assert_allclose(model.coef_, weights, atol=1e-6 * np.abs(weights).max())
    np.testing.assert_allclose(model.intercept_, intercept, rtol=1e-6)


@pytest.mark.parametrize("solver", ["random", "gradient"])
def test_parts_add_up_to_r2(solver):
    bands, y = bands_and_targets()
    model = encoder(solver=solver).fit(bands, y)
    np.testing.assert_allclose(model.band_r2_.sum("band"), model.scores_.r2, atol=1e-10)


def test_a_band_of_noise_explains_nothing():
    # 20 seeds: at most .005 on average over targets, .0144 for a single one; band a at least .04.
    bands, y = bands_and_targets(n=600, levels=(0.5, 0.5, 0.0))
    model = encoder(n_iter=20).fit(bands, y)
    assert float(np.abs(model.band_r2_.sel(band="c")).max()) < 0.02
    assert float(model.band_r2_.sel(band="a").min()) > 0.03


def test_the_gradient_never_makes_it_worse():
    bands, y = bands_and_targets()
    random, gradient = encoder().fit(bands, y), encoder(solver="gradient").fit(bands, y)
    gain = (gradient.scores_.r2 - random.scores_.r2).values
    assert np.all(gain >= 0)
    assert gain.mean() > 0.002  # 20 seeds: .007 to .019


def test_equal_weights_are_plain_ridge():
    bands, y = bands_and_targets()
    banded = encoder(gammas=[[1 / 3, 1 / 3, 1 / 3]]).fit(bands, y)
    scaled = tuple(3 * a for a in ALPHAS)
    plain = RidgeEncoder(scaled, extend_alphas=False).fit(np.hstack(list(bands.values())), y)
    np.testing.assert_allclose(banded.coef_, plain.coef_, atol=1e-10)
    np.testing.assert_allclose(banded.scores_.r2, plain.scores_.r2.max("alpha"), atol=1e-10)
    np.testing.assert_allclose(3 * banded.best_alpha_, plain.best_alpha_)


def test_bands_may_be_a_coordinate_or_labels():
    bands, y = bands_and_targets()
    mapped = encoder().fit(bands, y)
    label = np.repeat(list("abc"), [20, 30, 10])
    x = np.hstack(list(bands.values()))
    given = encoder(bands=label).fit(x, y)
    np.testing.assert_array_equal(given.coef_, mapped.coef_)
    array = xr.DataArray(x, dims=("time", "feature"), coords={"kind": ("feature", label)})
    named = encoder(bands="kind").fit(array, y)
    np.testing.assert_array_equal(named.band_r2_.values, mapped.band_r2_.values)
    assert mapped.band_r2_.band.values.tolist() == ["a", "b", "c"]
    assert mapped.coef_.band.values.tolist() == label.tolist()


def test_predictions_take_bands_too():
    bands, y = bands_and_targets()
    model = encoder().fit(bands, y)
    x = np.hstack(list(bands.values()))
    np.testing.assert_allclose(
        model.predict(bands), x @ model.coef_.values + model.intercept_.values
    )
    assert model.score(bands, y) > 0.5
    with pytest.raises(LabelError, match="other labels"):
        model.predict({"x": bands["a"], "b": bands["b"], "c": bands["c"]})


def test_labels_of_targets_are_kept():
    bands, y = bands_and_targets(t=6)
    target = xr.DataArray(
        y.reshape(200, 2, 3), dims=("time", "channel", "lag"), coords={"channel": ["A1", "A2"]}
    )
    model = encoder().fit(bands, target)
    assert model.band_alphas_.dims == ("band", "channel", "lag")
    assert model.coef_.dims == ("feature", "channel", "lag")
    assert model.search_trace_.dims == ("iteration", "channel", "lag")
    assert model.scores_.channel.values.tolist() == ["A1", "A2"]
    predicted = model.predict({k: xr.DataArray(v, dims=("time", "f")) for k, v in bands.items()})
    assert predicted.dims == ("time", "channel", "lag")


def test_blocks_of_targets_change_nothing():
    bands, y = bands_and_targets()
    whole, parts = encoder().fit(bands, y), encoder(max_bytes=2e4).fit(bands, y)
    np.testing.assert_allclose(parts.coef_, whole.coef_, atol=1e-12)
    np.testing.assert_allclose(parts.band_r2_, whole.band_r2_, atol=1e-12)
    np.testing.assert_allclose(parts.search_trace_, whole.search_trace_, atol=1e-12)


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_workers():
    bands, y = bands_and_targets()
    one, other = encoder().fit(bands, y), encoder(n_jobs=3).fit(bands, y)
    assert one.coef_.values.tobytes() == other.coef_.values.tobytes()
    assert one.band_r2_.values.tobytes() == other.band_r2_.values.tobytes()
    different = encoder(random_state=1).fit(bands, y)
    assert not np.array_equal(different.search_trace_, one.search_trace_)


def test_scaling_is_that_of_training_rows():
    bands, y = bands_and_targets()
    stretched = {
        name: x * scale for (name, x), scale in zip(bands.items(), (1, 1e3, 1e-3), strict=True)
    }
    a = encoder(standardize=True).fit(bands, y)
    b = encoder(standardize=True).fit(stretched, y)
    np.testing.assert_allclose(a.scores_.r2, b.scores_.r2, atol=1e-9)
    np.testing.assert_allclose(a.band_r2_, b.band_r2_, atol=1e-9)


def test_grids_grow_and_say_so():
    bands, y = bands_and_targets()
    model = BandedRidgeEncoder((1e-5, 1e-4), n_iter=3, random_state=0)
    with pytest.warns(NeurokitWarning, match="best at the edge .* extended"):
        model.fit(bands, y)
    assert float(model.best_alpha_.max()) > 1e-3


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_saving_and_loading_gives_the_same_fit(tmp_path, suffix):
    bands, y = bands_and_targets()
    model = encoder().fit(bands, y)
    loaded = BandedRidgeEncoder.load(model.save(tmp_path / f"banded{suffix}"))
    for name in ("coef_", "band_alphas_", "band_r2_", "scores_", "search_trace_"):
        xr.testing.assert_identical(getattr(loaded, name), getattr(model, name))
    np.testing.assert_array_equal(loaded.predict(bands), model.predict(bands))


def test_an_interrupted_search_keeps_the_best_so_far(monkeypatch, tmp_path):
    bands, y = bands_and_targets()
    attempt, tried = BandSearch.attempt, []

    def until_the_third(self, gamma, **options):
        if len(tried) == 3:
            raise KeyboardInterrupt
        tried.append(gamma)
        attempt(self, gamma, **options)

    monkeypatch.setattr(BandSearch, "attempt", until_the_third)
    model = encoder()
    with pytest.raises(KeyboardInterrupt):
        model.fit(bands, y)
    assert model.converged_ is False
    assert model.search_trace_.sizes["iteration"] == 3
    expected = clone(model).set_params(gammas=np.array(tried))
    monkeypatch.setattr(BandSearch, "attempt", attempt)
    np.testing.assert_array_equal(expected.fit(bands, y).coef_, model.coef_)
    with pytest.warns(NeurokitWarning, match="did not converge or was interrupted"):
        model.save(tmp_path / "part.nc")


def test_parts_are_drawn():
    bands, y = bands_and_targets()
    ax = encoder().fit(bands, y).plot()
    assert ax.get_ylabel() == "share of R2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "newton"}, "solver"),
        ({"n_iter": 0}, "n_iter"),
        ({"gammas": [[1.0, 0.0]]}, "3 bands"),
        ({"gammas": [[-1.0, 1.0, 1.0]]}, "negative"),
        ({"gammas": [[0.0, 0.0, 0.0]]}, "gammas"),
        ({"metric": "auc"}, "metric"),
    ],
)
def test_wrong_options_are_refused(options, message):
    bands, y = bands_and_targets()
    with pytest.raises(OptionError, match=message):
        encoder(**options).fit(bands, y)


@pytest.mark.parametrize("options", [{"solver": "gradient"}, {"standardize": True}])
def test_wide_features_have_no_gradient_and_no_scaling(options):
    bands, y = bands_and_targets(50, (30, 40, 20))
    with pytest.raises(OptionError, match="as many samples as features"):
        encoder(**options).fit(bands, y)
