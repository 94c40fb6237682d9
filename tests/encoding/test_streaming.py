"""Chunks and sites add up to the fit of everything at one place."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import RidgeEncoder
from neurokit.errors import LabelError, NotFittedError, SchemaError

ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)


def encoder(**options):
    return RidgeEncoder(ALPHAS, extend_alphas=False, **options)


@pytest.fixture(params=[0.0, 1e3], ids=["plain", "offset"])
def data(request):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 8)) + request.param
    y = (x - request.param) @ rng.standard_normal((8, 4)) + 4 * rng.standard_normal((300, 4))
    return x, y + request.param


def folds_of_chunks(chunks, n_folds=5):
    fold = np.concatenate([np.full(c.size, k % n_folds) for k, c in enumerate(chunks)])
    rows = np.arange(fold.size)
    return [(rows[fold != k], rows[fold == k]) for k in range(n_folds)]


def assert_same_fit(a, b, tol=1e-10):
    np.testing.assert_array_equal(a.best_alpha_, b.best_alpha_)
    scale = float(np.abs(b.coef_).max())
    np.testing.assert_allclose(a.coef_, b.coef_, atol=tol * scale)
    for name in ("r", "r2"):
        np.testing.assert_allclose(a.scores_[name], b.scores_[name], atol=tol)
    np.testing.assert_allclose(a.scores_["mse"], b.scores_["mse"], rtol=tol)


@pytest.mark.parametrize("standardize", [False, True])
def test_ten_chunks_equal_one_batch(data, standardize):
    x, y = data
    chunks = np.array_split(np.arange(300), 10)
    whole = encoder(cv=folds_of_chunks(chunks), standardize=standardize).fit(x, y)
    streamed = encoder(standardize=standardize)
    for number, chunk in enumerate(chunks):
        streamed.partial_fit(x[chunk], y[chunk], solve=number == 9)
    assert_same_fit(streamed, whole)


def test_three_sites_equal_one_batch_and_order_does_not_matter(data):
    x, y = data
    x = x + np.repeat([0.0, 5.0, -3.0], 100)[:, None]  # each site has its own level
    sites = np.array_split(np.arange(300), 3)
    folds = np.concatenate([np.arange(100) // 20 for _ in sites])
    rows = np.arange(300)
    cv = [(rows[folds != k], rows[folds == k]) for k in range(5)]
    whole = encoder(cv=cv).fit(x, y)

    def site(rows):
        model = encoder()
        for part in np.array_split(rows, 5):
            model.partial_fit(x[part], y[part], solve=False)
        return model

    a = site(sites[0]).merge(site(sites[1]), site(sites[2]))
    b = site(sites[2]).merge(site(sites[0])).merge(site(sites[1]))
    assert_same_fit(a, whole)
    assert_same_fit(b, a)


@pytest.mark.filterwarnings("ignore:RidgeEncoder")  # few chunks may be best at an edge
def test_the_last_chunk_need_not_be_known(data):
    x, y = data
    one, two = encoder(), encoder()
    for number, chunk in enumerate(np.array_split(np.arange(300), 6)):
        one.partial_fit(x[chunk], y[chunk], solve=number == 5)
        two.partial_fit(x[chunk], y[chunk])
    assert one.coef_.identical(two.coef_)
    assert one.scores_.identical(two.scores_)


def test_chunks_may_say_which_fold_they_are_of(data):
    x, y = data
    fold = np.arange(300) // 60
    model = encoder()
    for k in (3, 0, 4, 1, 2):
        model.partial_fit(x[fold == k], y[fold == k], fold=k, solve=k == 2)
    rows = np.arange(300)
    cv = [(rows[fold != k], rows[fold == k]) for k in range(5)]
    assert_same_fit(model, encoder(cv=cv).fit(x, y))
    assert model.n_folds_ == 5


def test_sums_travel_as_files(data, tmp_path):
    x, y = data
    here, there = encoder(), encoder()
    for k, part in enumerate(np.array_split(np.arange(150), 5)):
        here.partial_fit(x[part], y[part], fold=k, solve=False)
        there.partial_fit(x[part + 150], y[part + 150], fold=k, solve=False)
    sent = RidgeEncoder.load(there.save(tmp_path / "there.nc"))
    expected = clone_of(here).merge(there)
    assert here.merge(sent).coef_.identical(expected.coef_)


def clone_of(model):
    other = encoder()
    other.statistics_ = model.statistics_.copy(deep=True)
    return other


def test_a_single_chunk_cannot_be_scored_and_takes_the_middle_penalty(data):
    x, y = data
    model = encoder().partial_fit(x, y)
    np.testing.assert_array_equal(model.best_alpha_, 10.0)
    assert np.isnan(model.scores_.r2).all()
    fixed = RidgeEncoder((10.0,)).fit(x, y)
    np.testing.assert_allclose(model.coef_, fixed.coef_, atol=1e-9)


def test_labels_are_kept_and_must_match(data):
    x, y = data
    features = xr.DataArray(x, dims=("time", "feature"), coords={"feature": list("abcdefgh")})
    targets = xr.DataArray(y.reshape(300, 2, 2), dims=("time", "channel", "lag"))
    model = encoder()
    for k, part in enumerate(np.array_split(np.arange(300), 5)):
        model.partial_fit(features[part], targets[part], solve=k == 4)
    assert model.coef_.dims == ("feature", "channel", "lag")
    assert model.coef_.feature.values.tolist() == list("abcdefgh")
    assert model.statistics_.gram.dims == ("fold", "feature", "feature_other")
    with pytest.raises(LabelError, match="X"):
        model.partial_fit(features.assign_coords(feature=list("ijklmnop")), targets)
    with pytest.raises(LabelError, match="Y"):
        model.partial_fit(features, targets[:, :1])


def test_chunks_of_another_width_are_refused(data):
    x, y = data
    model = encoder().partial_fit(x, y)
    with pytest.raises(SchemaError, match="X has 5 features"):
        model.partial_fit(x[:, :5], y)


def test_without_sums_nothing_can_be_merged(data):
    x, y = data
    summed = encoder().partial_fit(x, y)
    with pytest.raises(NotFittedError, match="no sums"):
        summed.merge(encoder().fit(x, y))
    with pytest.raises(NotFittedError, match="no sums"):
        encoder().merge(summed)


def test_sites_with_other_labels_are_refused(data):
    x, y = data
    with pytest.raises(LabelError):
        encoder().partial_fit(x, y).merge(encoder().partial_fit(x, y[:, :2]))


def test_before_solving_there_are_sums_but_no_predictions(data):
    x, y = data
    model = encoder().partial_fit(x, y, solve=False)
    with pytest.raises(NotFittedError):
        model.predict(x)
    assert "statistics_" in repr(model)


def test_only_sums_are_kept(data):
    x, y = data
    model = encoder()
    for part in np.array_split(np.arange(300), 30):
        model.partial_fit(x[part], y[part], solve=False)
    values = sum(int(v.size) for v in model.statistics_.data_vars.values())
    assert model.statistics_.sizes["fold"] == 5
    assert values == 5 * (1 + 64 + 8 + 4 + 4 + 32) + 8 + 4
