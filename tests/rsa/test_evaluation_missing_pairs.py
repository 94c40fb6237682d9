"""Whitened evaluation with missing pairs: lacking conditions are left out, single pairs refused."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import NeurokitError, SchemaError
from neurokit.rsa import bootstrap_gram
from neurokit.rsa.bootstrap import METHODS, bootstrap
from neurokit.rsa.rdm_labels import pair_coordinates

WHITENED = ("whitened_cosine", "whitened_pearson")
N = 8


def _data(n=N, n_subjects=4, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(n * (n - 1) // 2)
    coords = pair_coordinates(np.array([f"c{k}" for k in range(n)]))
    rows = truth + 0.5 * rng.random((n_subjects, truth.size))
    models = truth + 0.4 * rng.random((2, truth.size))
    data = xr.DataArray(rows, dims=["subject", "pair"]).assign_coords(coords)
    named = xr.DataArray(models, {"model": ["a", "b"]}, ["model", "pair"]).assign_coords(coords)
    return named, data


def _without(rdms, condition, subject=None):
    """A copy in which one subject (or all) lacks a condition."""
    out = rdms.copy()
    gone = (out.condition_1 == condition) | (out.condition_2 == condition)
    rows = slice(None) if subject is None else subject
    out.values[rows, gone.values] = np.nan
    return out


def _draws(n_subjects, conditions, size, n_draws=15, seed=3):
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, n_subjects, (n_draws, n_subjects)),
        rng.choice(conditions, (n_draws, size)),
    )


def _written_out(row, drawn, lacking):
    """Values and explicit V of the resampled RDM without pairs of copies and what is lacking."""
    matrix = np.zeros((N, N))
    matrix[np.triu_indices(N, 1)] = row
    matrix += matrix.T
    places = [p for p in drawn if p != lacking]
    pairs = [
        (a, b)
        for a in range(len(places))
        for b in range(a + 1, len(places))
        if places[a] != places[b]
    ]
    contrast = np.zeros((len(pairs), len(places)))
    for k, (a, b) in enumerate(pairs):
        contrast[k, a], contrast[k, b] = 1.0, -1.0
    values = np.array([matrix[places[a], places[b]] for a, b in pairs])
    return values, (contrast @ contrast.T) ** 2


def _whitened(x, y, v, centre):
    if centre:
        x, y = x - x.mean(), y - y.mean()
    inverse = np.linalg.inv(v)
    return x @ inverse @ y / np.sqrt((x @ inverse @ x) * (y @ inverse @ y))


@pytest.mark.parametrize("method", WHITENED)
@pytest.mark.parametrize("where", ["data", "model"])
def test_a_single_missing_pair_is_refused_and_the_way_out_is_named(method, where):
    models, data = _data()
    (data if where == "data" else models).values[0, 4] = np.nan
    with pytest.raises(SchemaError, match=r"rdms: single pairs are missing.*select_conditions"):
        nk.rsa.evaluate(models, data, method, n_draws=20, random_state=0)


@pytest.mark.parametrize("resample", ["dual", "subjects", "conditions", "both"])
def test_it_is_refused_whatever_is_resampled(resample):
    models, data = _data()
    data.values[1, 7] = np.nan
    with pytest.raises(NeurokitError, match="single pairs are missing"):
        nk.rsa.evaluate(models, data, "whitened_cosine", resample=resample, n_draws=20)


@pytest.mark.parametrize("method", WHITENED)
def test_it_is_refused_of_models_with_parameters_too(method):
    models, data = _data()
    data.values[2, 1] = np.nan
    mixed = {"mixed": nk.rsa.WeightedModel(models.rename(model="component"))}
    with pytest.raises(SchemaError, match="single pairs are missing"):
        nk.rsa.evaluate(mixed, data, method, n_draws=20, random_state=0)


def test_two_subjects_that_lack_different_conditions_leave_every_other_pair():
    models, data = _data()
    both = _without(_without(data, "c1", 0), "c5", 1)
    found = nk.rsa.evaluate(models, both, "whitened_cosine", n_draws=20, random_state=0)
    assert np.isfinite(found.score).all()


def test_the_way_out_that_the_message_names_is_one():
    models, data = _data()
    data.values[0, 4] = np.nan  # pair c0-c5
    kept = [f"c{k}" for k in range(N) if k != 5]
    small = nk.rsa.select_conditions(data, kept)
    chosen = nk.rsa.select_conditions(models, kept)
    found = nk.rsa.evaluate(chosen, small, "whitened_cosine", n_draws=20, random_state=0)
    assert np.isfinite(found.p_zero).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m not in (*WHITENED, "bures")])
def test_other_measures_still_take_single_missing_pairs(method):
    models, data = _data()
    data.values[0, 4] = np.nan
    found = nk.rsa.evaluate(models, data, method, n_draws=20, random_state=0)
    assert np.isfinite(found.score).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_lacking_condition_gives_the_scores_of_the_others(method):
    models, data = _data()
    kept = [f"c{k}" for k in range(N) if k != 3]
    gap = _without(data, "c3", subject=1)
    others = [k for k in range(N) if k != 3]
    people, conditions = _draws(4, others, N - 1)
    found = nk.rsa.evaluate(models, gap, method, resamples=(people, conditions))
    small = nk.rsa.evaluate(
        nk.rsa.select_conditions(models, kept),
        nk.rsa.select_conditions(data, kept),
        method,
        resamples=(people, np.searchsorted(others, conditions)),
    )
    for name in ("evaluation", "ceiling", "draw_score", "draw_ceiling", "standard_error"):
        np.testing.assert_allclose(found[name], small[name], atol=1e-10, err_msg=name)


@pytest.mark.parametrize("method", WHITENED)
def test_draws_that_hold_the_lacking_condition_are_those_written_out(method):
    models, data = _data()
    gap = _without(data, "c3", subject=2)
    people = np.tile(np.arange(4), (12, 1))
    conditions = _draws(4, np.arange(N), N, n_draws=12)[1]
    assert (conditions == 3).any()
    found = nk.rsa.evaluate(models, gap, method, resamples=(people, conditions))
    for b, drawn in enumerate(conditions):
        if len(set(drawn.tolist()) - {3}) < 3:
            continue
        for k, model in enumerate(models.values):
            each = []
            for row in data.values:
                x, v = _written_out(model, drawn, 3)
                y, _ = _written_out(row, drawn, 3)
                each.append(_whitened(x, y, v, method.endswith("pearson")))
            assert found.draw_score.values[b, k] == pytest.approx(np.mean(each), abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_lacking_condition_does_not_make_a_draw_of_two_enough(method):
    models, data = _data()
    rows = _without(data, "c3").values
    counts = np.zeros((2, N))
    counts[0, [0, 1, 3]] = 2.0, 3.0, 3.0  # two conditions that are there
    counts[1, [0, 1, 2, 3]] = 2.0  # three
    found = bootstrap(models.values, rows, method, counts, [np.ones((2, 4))])[0]
    assert np.isnan(found.evaluation[0]).all()
    assert np.isnan(found.ceiling[0]).all()
    assert np.isfinite(found.evaluation[1]).all()


@pytest.mark.parametrize("method", WHITENED)
def test_models_with_parameters_leave_a_lacking_condition_out(method):
    models, data = _data(seed=4)
    gap = _without(data, "c3")
    mixed = {"mixed": nk.rsa.WeightedModel(models.rename(model="component"))}
    found = nk.rsa.evaluate(mixed, gap, method, n_draws=20, random_state=0)
    assert np.isfinite(found.score).all()
    assert (np.abs(found.evaluation) <= 1 + 1e-12).all()


@pytest.mark.parametrize("lacking", [[], [0], [7], [2, 5]])
def test_conditions_with_any_pair_are_present(lacking):
    first, second = np.triu_indices(N, 1)
    valid = ~(np.isin(first, lacking) | np.isin(second, lacking))
    expected = [k not in lacking for k in range(N)]
    assert bootstrap_gram.present_conditions(valid).tolist() == expected


def test_one_single_pair_keeps_its_conditions_present():
    valid = np.zeros(N * (N - 1) // 2, dtype=bool)
    valid[0] = True
    assert np.flatnonzero(bootstrap_gram.present_conditions(valid)).tolist() == [0, 1]


@pytest.mark.parametrize("whiten", [True, False])
def test_only_whitening_asks_for_all_pairs_of_a_condition(whiten):
    rows = np.random.default_rng(0).random((3, 10))
    rows[0, 2] = np.nan
    if not whiten:
        assert bootstrap_gram.prepare(rows, centre=False, whiten=False).valid.sum() == 9
        return
    with pytest.raises(SchemaError, match="all pairs of a condition"):
        bootstrap_gram.prepare(rows, centre=False, whiten=True)


def test_refusal_leaves_the_inputs_as_they_are():
    models, data = _data()
    data.values[0, 4] = np.nan
    before = models.copy(deep=True), data.copy(deep=True)
    with pytest.raises(SchemaError, match="single pairs"):
        nk.rsa.evaluate(models, data, "whitened_pearson", n_draws=20)
    assert before[0].identical(models)
    assert before[1].identical(data)
