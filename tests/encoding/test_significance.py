"""Tests of encoding: against a loop that refits, labels, families, clusters, few blocks."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import Ridge

from neurokit.encoding import significance
from neurokit.errors import LabelError, NeurokitWarning, OptionError
from neurokit.stats import BlockedCV, circular_shift_test


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = rng.normal(size=(400, 4, 5))
    y[:, 0, 1:4] += 0.5 * x[:, [0]]
    y[:, 1, 2:4] += 0.5 * x[:, [1]]
    return x, xr.DataArray(
        y, dims=("event", "electrode", "lag"), coords={"electrode": list("abcd")}
    )


def test_it_equals_a_loop_that_refits_every_shift():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(240, 2)), rng.normal(size=(240, 1))
    y += 0.2 * x[:, :1]
    folds = list(BlockedCV(4).split(x))
    alphas = (1.0, 30.0)

    def score(_, shifted):
        best = []
        for alpha in alphas:
            r = []
            for train, test in folds:
                scale = x[train].std(axis=0)
                model = Ridge(alpha=alpha).fit(x[train] / scale, shifted[train])
                predicted = model.predict(x[test] / scale).ravel()
                r.append(np.corrcoef(predicted, shifted[test, 0])[0, 1])
            best.append(np.mean(r))
        return np.array([max(best)])

    expected = circular_shift_test(x, y, score, n_shifts=50, alternative="greater", random_state=3)
    found = significance(x, y, alphas=alphas, cv=4, n_draws=50, random_state=3, keep_null=True)
    np.testing.assert_allclose(found.score, expected.statistic, atol=1e-10)
    np.testing.assert_allclose(found.null.values, expected.null.values, atol=1e-10)
    assert float(found.p[0]) == float(expected.p[0])


def test_planted_electrodes_are_found_by_the_maximum_over_lags(data):
    found = significance(*data, family="lag", n_draws=99, random_state=0)
    assert found.q.dims == ("electrode",)
    assert list(found.q["electrode"].values[found.q.values <= 0.05]) == ["a", "b"]
    assert (found.p_fwe >= found.p).all()
    assert found.attrs["n_blocks"] > 30


def test_clusters_over_electrodes_and_lags(data):
    neighbours = np.eye(4, k=1) + np.eye(4, k=-1)
    found = significance(
        *data,
        adjacency=neighbours,
        space="electrode",
        along="lag",
        n_draws=99,
        random_state=0,
    )
    inside = found.p_cluster <= 0.05
    assert bool(inside.sel(electrode="a").isel(lag=slice(1, 4)).all())
    assert not bool(inside.sel(electrode="d").any())
    assert found.cluster.dims == ("electrode", "lag")
    assert "null" not in found


def test_sign_flips_find_them_too(data):
    found = significance(*data, method="sign_flip", family="lag", n_draws=999, random_state=0)
    assert list(found.q.values <= 0.05) == [True, True, False, False]
    assert {"n_blocks", "block_length"} <= set(found.attrs)
    assert float(found.score.sel(electrode="a").max()) > 0.1


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(data):
    x, y = data
    one, two = (
        significance(x, y, n_draws=20, random_state=5, n_jobs=n, keep_null=True) for n in (1, 2)
    )
    assert one.null.values.tobytes() == two.null.values.tobytes()


def test_shifts_stay_within_runs_and_time_is_in_seconds():
    from neurokit.schema import time_coordinate

    rng = np.random.default_rng(2)
    y = xr.DataArray(
        rng.normal(size=(300, 2)),
        dims=("time", "channel"),
        coords={
            "time": time_coordinate(np.arange(300) / 10, 10.0),
            "run": ("time", np.repeat([0, 1], 150)),
        },
    )
    with pytest.raises(OptionError, match="min_shift"):
        significance(y.isel(channel=[0]).values, y, n_draws=9, min_shift=10.0)
    found = significance(y.isel(channel=[0]).values, y, n_draws=99, min_shift=5.0, random_state=0)
    assert float(found.p[0]) == 0.01


def test_wrong_options_are_refused(data):
    with pytest.raises(OptionError, match="did you mean 'sign_flip'"):
        significance(*data, method="signflip")
    with pytest.raises(OptionError, match="metric"):
        significance(*data, metric="rho")
    with pytest.raises(LabelError, match="no dim 'lags'"):
        significance(*data, family="lags")
    with pytest.raises(LabelError, match="no dim 'channel'"):
        significance(*data, space="channel")
    with pytest.raises(OptionError, match="threshold: is 'x'"):
        significance(*data, threshold="x")


def test_what_a_method_has_no_use_for_is_refused(data):
    with pytest.raises(OptionError, match=r"^blocks: is 20, which method='circular_shift' has no"):
        significance(*data, blocks=20, n_draws=9)
    with pytest.raises(OptionError, match=r"^min_shift: is 5.0, which method='sign_flip' has no"):
        significance(*data, method="sign_flip", min_shift=5.0, n_draws=9)


def test_a_record_tested_by_half_has_half_the_blocks():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1200, 2))
    y = x[:, :1] + rng.normal(size=(1200, 1))
    rows = np.arange(1200)
    halves = [(rows[600:], rows[:300]), (rows[600:], rows[300:600])]
    found = significance(x, y, method="sign_flip", cv=halves, blocks=15, random_state=0)
    assert found.attrs["n_blocks"] == 600 / 15


def test_a_record_too_short_for_its_memory_is_said():
    slow = np.sin(np.arange(200) / 10)[:, None]
    noisy = slow + 0.01 * np.random.default_rng(3).normal(size=(200, 1))
    with pytest.warns(NeurokitWarning, match="independent blocks"):
        significance(slow, noisy, n_draws=9)
