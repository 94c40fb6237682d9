"""Chunks: what is refused leaves no trace, any cut gives one fit, labels stay, files carry sums."""

from __future__ import annotations

import itertools

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from neurokit.encoding import RidgeEncoder
from neurokit.encoding.streaming import SummedRidge
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((100, 4))
Y = X @ RNG.standard_normal((4, 3)) + RNG.standard_normal((100, 3))
CHUNKS = [slice(20 * k, 20 * k + 20) for k in range(5)]


def encoder(alphas=(1.0,), **options):
    return RidgeEncoder(alphas, extend_alphas=False, **options)


def labelled(x, y):
    return (
        xr.DataArray(x, dims=("time", "feature"), coords={"feature": range(x.shape[1])}),
        xr.DataArray(y, dims=("time", "channel"), coords={"channel": list("pqrstu")[: y.shape[1]]}),
    )


def state(model):
    """All that is fitted, as it was."""
    kept = {k: v for k, v in vars(model).items() if k.endswith("_")}
    return {k: v.copy(deep=True) if hasattr(v, "coords") else v for k, v in kept.items()}


def assert_unchanged(model, before):
    now = state(model)
    assert now.keys() == before.keys()
    for name, value in before.items():
        if hasattr(value, "coords"):
            xr.testing.assert_identical(now[name], value)
        else:
            np.testing.assert_array_equal(now[name], value)


WIDE = labelled(RNG.standard_normal((20, 6)), Y[:20])
NARROW = labelled(X[:20], Y[:20, :2])
REFUSED = {
    "wider and labelled": WIDE,
    "fewer targets": NARROW,
    "missing target": (X[:20], np.where(Y[:20] > 2, np.nan, Y[:20])),
    "missing feature": (np.where(X[:20] > 1, np.inf, X[:20]), Y[:20]),
    "wider": (RNG.standard_normal((20, 5)), Y[:20]),
    "flat": (X[0], Y[0]),
    "lengths": (X[:20], Y[:19]),
    "empty": (X[:0], Y[:0]),
    "no target": (X[:20], None),
    "text": (X[:20].astype(str).astype(object), np.full((20, 3), "a")),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_chunk_leaves_no_trace(kind):
    model = encoder()
    for part in CHUNKS:
        model.partial_fit(X[part], Y[part])
    before = state(model)
    expected = model.predict(X)
    with pytest.raises((NeurokitError, ValueError)):
        model.partial_fit(*REFUSED[kind])
    assert_unchanged(model, before)
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("kind", ["missing target", "missing feature", "lengths", "empty"])
def test_a_refused_first_chunk_is_no_first_chunk(kind):
    model = encoder()
    with pytest.raises(SchemaError):
        model.partial_fit(*REFUSED[kind])
    assert not hasattr(model, "n_features_in_")
    assert not hasattr(model, "statistics_")
    wide, _ = WIDE
    model.partial_fit(wide, labelled(X, Y)[1][:20])
    assert model.n_features_in_ == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"alphas": ()},
        {"alphas": (-1.0,)},
        {"backend": "abacus"},
        {"metric": "rho"},
        {"max_bytes": 0},
    ],
)
def test_a_wrong_parameter_does_not_add_the_chunk_before_it_is_said(wrong):
    model = encoder().partial_fit(X[:50], Y[:50])
    right = {name: getattr(model, name) for name in wrong}
    for name, value in wrong.items():
        setattr(model, name, value)
    with pytest.raises(OptionError, match=next(iter(wrong))):
        model.partial_fit(X[50:], Y[50:])
    for name, value in right.items():
        setattr(model, name, value)
    model.partial_fit(X[50:], Y[50:])  # once, not twice
    assert float(model.statistics_.n.sum()) == 100
    assert model.statistics_.attrs["n_chunks"] == 2


@pytest.mark.parametrize("fold", ["1", 1.5, True, np.nan, [1]])
def test_what_is_no_number_of_a_fold_is_refused(fold):
    with pytest.raises(OptionError, match="fold"):
        encoder().partial_fit(X, Y, fold=fold)


def test_columns_of_a_data_frame_must_be_those_of_the_first_chunk():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = encoder().partial_fit(frame[:50], Y[:50])
    with pytest.raises(ValueError, match="feature names"):
        model.partial_fit(frame[50:].rename(columns={"a": "z"}), Y[50:])
    assert float(model.statistics_.n.sum()) == 50
    model.partial_fit(frame[50:], Y[50:])
    assert model.feature_names_in_.tolist() == list("abcd")


@settings(max_examples=25)
@given(
    cuts=st.sets(st.integers(1, 99), min_size=1, max_size=12),
    level=st.sampled_from([0.0, -7.0, 1e5]),
    alpha=st.sampled_from([0.01, 1.0, 300.0]),
)
def test_any_cut_gives_the_weights_of_scikit_learn(cuts, level, alpha):
    model = encoder((alpha,))
    edges = [0, *sorted(cuts), 100]
    x, y = X + level, Y - level
    for first, last in itertools.pairwise(edges):
        model.partial_fit(x[first:last], y[first:last], solve=last == 100)
    peer = Ridge(alpha, solver="cholesky").fit(x, y)
    np.testing.assert_allclose(model.coef_.values.T, peer.coef_, atol=1e-7)
    np.testing.assert_allclose(model.predict(x), peer.predict(x), atol=1e-5)


@pytest.mark.filterwarnings("ignore:RidgeEncoder")  # two penalties: every best is at an edge
def test_chunks_in_any_order_give_the_same_fit():
    one, other = encoder((0.1, 10.0)), encoder((0.1, 10.0))
    for k in range(5):
        one.partial_fit(X[CHUNKS[k]], Y[CHUNKS[k]], fold=k, solve=k == 4)
    for k in (4, 2, 0, 3, 1):
        other.partial_fit(X[CHUNKS[k]], Y[CHUNKS[k]], fold=k, solve=k == 1)
    np.testing.assert_allclose(one.coef_, other.coef_, atol=1e-12)
    np.testing.assert_allclose(one.scores_.r2, other.scores_.r2, atol=1e-12)


@pytest.mark.filterwarnings("ignore:RidgeEncoder")
def test_the_same_chunks_give_the_same_bytes_and_are_not_changed():
    x, y = X.copy(), Y.copy()
    found = []
    for _ in range(2):
        model = encoder((0.1, 10.0))
        for part in CHUNKS:
            model.partial_fit(x[part], y[part])
        found.append(model)
    assert found[0].coef_.values.tobytes() == found[1].coef_.values.tobytes()
    assert found[0].statistics_.gram.values.tobytes() == found[1].statistics_.gram.values.tobytes()
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)


def test_sums_already_returned_do_not_grow_with_later_chunks():
    model = encoder().partial_fit(X[:50], Y[:50])
    early = model.statistics_
    copy = early.copy(deep=True)
    model.partial_fit(X[50:], Y[50:], fold=0)
    xr.testing.assert_identical(early, copy)


@pytest.mark.parametrize("kind", ["int", "bool", "float32", "dask"])
def test_targets_of_any_kind_are_summed_in_float64(kind):
    y = np.rint(3 * Y).astype(int) if kind == "int" else Y > 0 if kind == "bool" else Y
    y = y.astype(np.float32) if kind == "float32" else y
    given_y = da.from_array(y, chunks=(7, 2)) if kind == "dask" else y
    model = encoder().partial_fit(X, given_y)
    expected = encoder().partial_fit(X, np.asarray(y, dtype=np.float64))
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert model.statistics_.cross.dtype == np.float64


def test_a_constant_target_scores_zero_and_has_no_weight():
    y = np.column_stack([Y[:, 0], np.full(100, 1e6)])
    model = encoder()
    for part in CHUNKS:
        model.partial_fit(X[part], y[part])
    np.testing.assert_array_equal(model.coef_[:, 1], 0.0)
    np.testing.assert_allclose(model.intercept_[1], 1e6)
    np.testing.assert_array_equal(model.scores_.r2[:, 1], 0.0)
    assert float(model.scores_.r2[0, 0]) > 0.2


def test_more_features_than_rows_of_any_chunk_or_of_all():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((30, 45)), rng.standard_normal((30, 2))
    model = encoder((2.0,))
    for row in range(30):
        model.partial_fit(x[row : row + 1], y[row : row + 1], solve=row == 29)
    peer = Ridge(2.0, solver="svd").fit(x, y)
    np.testing.assert_allclose(model.coef_.values.T, peer.coef_, atol=1e-9)


def test_sites_at_other_levels_add_up_to_all_samples():
    sites = [(X + level, Y + 3 * level) for level in (0.0, 1e4, -50.0)]
    models = [encoder((5.0,)).partial_fit(*site) for site in sites]
    merged = models[0].merge(*models[1:])
    x, y = (np.concatenate(parts) for parts in zip(*sites, strict=True))
    peer = Ridge(5.0, solver="svd").fit(x, y)
    np.testing.assert_allclose(merged.coef_.values.T, peer.coef_, atol=1e-7)
    assert merged.statistics_.attrs["n_chunks"] == 3
    assert float(merged.statistics_.n.sum()) == 300


def test_merging_leaves_the_other_site_as_it_was():
    here, there = encoder().partial_fit(X[:50], Y[:50]), encoder().partial_fit(X[50:], Y[50:])
    before = state(there)
    here.merge(there)
    assert_unchanged(there, before)


def test_sums_come_back_from_their_dataset():
    x, y = labelled(X, Y)
    model = encoder().partial_fit(x, y, fold=7)
    sums = SummedRidge.from_dataset(model.statistics_)
    assert sums.n_folds == 1
    assert list(sums.folds) == [7]
    assert sums.features.dims == ("feature",)
    assert sums.targets.coords["channel"].values.tolist() == list("pqr")
    again = sums.to_dataset(sums.features, sums.targets)
    xr.testing.assert_identical(again, model.statistics_)


def test_labels_of_merged_sites_must_be_alike_in_their_order():
    x, y = labelled(X, Y)
    here = encoder().partial_fit(x, y)
    with pytest.raises(LabelError, match="Y"):
        here.merge(encoder().partial_fit(x, y[:, ::-1]))
    assert float(here.statistics_.n.sum()) == 100
