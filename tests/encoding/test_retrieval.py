"""Retrieval by brute force, chance, ties; the decoder on planted latents."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding import RetrievalDecoder, retrieval_scores
from neurokit.encoding.retrieval import candidate_places
from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError
from neurokit.stats import BlockedCV
from neurokit.testing import assert_same


@settings(max_examples=25, derandomize=True)
@given(st.integers(0, 10_000))
def test_ranks_are_those_of_a_sort(seed):
    rng = np.random.default_rng(seed)
    z, pool = rng.normal(size=(6, 3)), rng.normal(size=(9, 3))
    truth = rng.integers(0, 9, size=6)
    nearer, equal = candidate_places(z, pool, truth)
    assert (equal == 1).all()
    for i in range(6):
        cosine = [z[i] @ p / np.linalg.norm(z[i]) / np.linalg.norm(p) for p in pool]
        order = np.argsort(-np.array(cosine))
        assert nearer[i] == list(order).index(truth[i])


def test_equal_candidates_share_their_places():
    pool = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    scores = retrieval_scores([[1.0, 0.1]], pool, [0], k=(1, 2))
    assert float(scores["rank"][0]) == 1.5
    np.testing.assert_allclose(scores.top_k, [0.5, 1.0])


def test_noise_is_at_chance():
    rng = np.random.default_rng(0)
    scores = retrieval_scores(
        rng.normal(size=(2000, 30)), rng.normal(size=(100, 30)), np.arange(2000) % 100
    )
    # Binomial standard deviations: .0022, .0049, .0067; of the median .013.
    np.testing.assert_allclose(scores.top_k, scores.chance, atol=0.025)
    assert float(scores.median_relative_rank) == pytest.approx(0.5, abs=0.05)


def test_a_constant_prediction_is_at_chance_not_at_one():
    pool = np.random.default_rng(1).normal(size=(50, 8))
    scores = retrieval_scores(np.zeros((50, 8)), pool)
    np.testing.assert_allclose(scores["rank"], 25.5)
    assert float(scores.median_relative_rank) == 0.5


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(400, 10)) * np.logspace(0, 2, 10) + 5.0
    mix = rng.normal(size=(10, 5 * 20)) / np.logspace(0, 2, 10)[:, None]
    x = ((z - 5.0) @ mix + 2 * rng.normal(size=(400, 100))).reshape(400, 5, 20)
    return (
        xr.DataArray(x, dims=("trial", "channel", "time"), coords={"channel": list("abcde")}),
        xr.DataArray(z, dims=("trial", "latent")),
    )


def test_the_decoder_retrieves_unseen_trials(planted):
    x, z = planted
    decoder = RetrievalDecoder().fit(x[:300], z[:300])
    scores = decoder.evaluate(x[300:], z[300:])
    assert float(scores.top_k.sel(k=1)) > 0.8  # chance .01; 5 seeds: .93 to .98
    assert float(scores.median_relative_rank) < 0.01
    assert decoder.score(x[300:], z[300:]) == float(scores.top_k.sel(k=1))
    assert decoder.coef_.dims == ("channel", "time", "latent")


def test_more_features_than_trials_are_no_trouble(planted):
    x, z = planted
    decoder = RetrievalDecoder(cv=BlockedCV(4)).fit(x[:60], z[:60])
    assert decoder.evaluate(x[300:], z[300:]).median_relative_rank < 0.1


def test_repeats_of_a_stimulus_are_one_candidate(planted):
    x, z = planted
    decoder = RetrievalDecoder().fit(x[:300], z[:300])
    truth = np.repeat(np.arange(50), 2)
    twice = x.isel(trial=300 + truth)
    scores = decoder.evaluate(twice, z[300:350], truth)
    assert scores.attrs["n_candidates"] == 50
    assert float(scores.top_k.sel(k=1)) > 0.8


def test_patterns_show_the_mixing(planted):
    x, z = planted
    decoder = RetrievalDecoder().fit(x, z)
    # The least squares mixing of latents into channels, from the simulation itself.
    mixing = np.linalg.lstsq(
        np.column_stack([(z - z.mean("trial")) / z.std("trial"), np.ones(400)]),
        x.values.reshape(400, -1),
        rcond=None,
    )[0][:-1]
    found = decoder.patterns_.values.reshape(100, 10).T
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(found, mixing, strict=True)]
    assert min(r) > 0.95


def test_saving_keeps_everything(planted, tmp_path):
    x, z = planted
    decoder = RetrievalDecoder().fit(x, z)
    decoder.save(tmp_path / "d.nc")
    loaded = RetrievalDecoder.load(tmp_path / "d.nc")
    assert_same(loaded.to_tree(), decoder.to_tree())
    np.testing.assert_array_equal(loaded.predict(x), decoder.predict(x))


def test_what_does_not_fit_is_refused(planted):
    x, z = planted
    with pytest.raises(LabelError, match="candidates"):
        retrieval_scores(np.ones((3, 2)), np.ones((3, 4)))
    with pytest.raises(LabelError, match="truth"):
        retrieval_scores(np.ones((3, 2)), np.ones((2, 2)))
    with pytest.raises(SchemaError, match="at least 2"):
        retrieval_scores(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(NotFittedError):
        RetrievalDecoder().predict(x)
    decoder = RetrievalDecoder().fit(x[:100], z[:100])
    with pytest.raises(LabelError, match="same channels"):
        decoder.predict(x[:, :2])
    with pytest.raises(LabelError, match="latents"):
        decoder.evaluate(x, z[:, :2])
    with pytest.raises(OptionError, match="latent"):
        decoder.plot(99)
    assert decoder.plot(1).get_xlabel() == "time"
