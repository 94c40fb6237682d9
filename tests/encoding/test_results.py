"""Results are labelled data that can be stored, with the history of what made them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import Ridge

import neurokit as nk
from neurokit.encoding import (
    compare,
    encoding_score,
    haufe_patterns,
    integration_sites,
    layer_map,
    noise_ceiling,
    retrieval_scores,
    significance,
    stimulus_features,
    variance_partition,
)
from neurokit.stats import BlockedCV, cluster_test
from neurokit.testing import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
SITES = {"none": 2, "vision": 2, "multimodal": 2}


@pytest.fixture(scope="module")
def given():
    rec = nk.simulate.encoded(400, 2, sites=SITES, random_state=0).recordings["encoded"]
    return stimulus_features(rec), rec


def _make(name, features, rec):
    x = features["vision"]
    options = {"random_state": 1}
    if name == "significance":
        return significance(x, rec, n_draws=9, keep_null=True, **options)
    if name == "clusters":
        return significance(x, rec, n_draws=19, space="channel", **options)
    if name == "compare":
        return compare(Ridge(), Ridge(), (x, features["language"]), rec, n_flips=9, **options)
    if name == "partition":
        return variance_partition(features, rec)
    if name == "layers":
        return layer_map(features, rec)
    return integration_sites(features, rec, n_shifts=9, n_flips=9, **options)


NAMES = ["significance", "clusters", "compare", "partition", "layers", "sites"]
STEPS = {
    "significance": "encoding.significance",
    "clusters": "encoding.significance",
    "compare": "encoding.compare",
    "partition": "encoding.variance_partition",
    "layers": "encoding.layer_map",
    "sites": "encoding.integration_sites",
}


@pytest.fixture(scope="module", params=NAMES)
def made(request, given):
    return request.param, _make(request.param, *given)


def test_channels_keep_their_coordinates(made, given):
    _, result = made
    channel = given[1]["activity/signal"]["channel"]
    assert result["channel"].equals(channel)
    assert list(result["region"].values) == [kind for kind, n in SITES.items() for _ in range(n)]


def test_a_result_comes_back_from_disk_as_it_was(made, tmp_path):
    name, result = made
    tree = xr.DataTree.from_dict({"/result": result})
    nk.save(tree, tmp_path / f"{name}.nc")
    loaded = nk.open(tmp_path / f"{name}.nc", "neurokit")["result"].to_dataset().load()
    xr.testing.assert_identical(loaded, result)


def test_attributes_are_what_files_can_hold(made):
    _, result = made
    assert all(isinstance(value, str | int | float) for value in result.attrs.values())
    assert not any(isinstance(value, bool) for value in result.attrs.values())


def test_the_last_step_of_the_history_is_what_was_called(made):
    name, result = made
    steps = json.loads(result.attrs["history"])
    assert steps[-1]["function"] == STEPS[name]


def test_the_same_seed_gives_the_same_result(made, given):
    name, result = made
    again = _make(name, *given)
    for variable in result.data_vars:
        assert result[variable].values.tobytes() == again[variable].values.tobytes()


def test_p_and_q_are_what_they_can_be(made):
    _, result = made
    for name in ("p", "q", "p_fwe", "p_cluster", "p_site"):
        if name in result:
            values = result[name].values
            values = values[np.isfinite(values)]
            assert ((values > 0) & (values <= 1)).all(), name
    if "q" in result and "p" in result and result["p"].dims == result["q"].dims:
        assert (result["q"] >= result["p"] - 1e-12).all()


def test_a_recording_and_its_signal_are_the_same_targets(given):
    features, rec = given
    from_tree = encoding_score(features["vision"], rec)
    from_array = encoding_score(features["vision"], rec["activity/signal"])
    np.testing.assert_array_equal(from_tree, from_array)


def test_lazy_targets_are_read(given):
    features, rec = given
    lazy = rec["activity/signal"].chunk({"channel": 2})
    np.testing.assert_allclose(
        encoding_score(features["vision"], lazy), encoding_score(features["vision"], rec)
    )


def test_gaps_in_seconds_reach_the_folds(given):
    features, rec = given
    none, wide = (
        encoding_score(features["vision"], rec, cv=BlockedCV(5, gap=gap)) for gap in (0.0, 5.0)
    )
    assert not np.array_equal(none.values, wide.values)


def test_small_results_have_a_history_too():
    ceiling = noise_ceiling(np.random.default_rng(0).normal(size=(3, 20, 2)))
    ranks = retrieval_scores(np.eye(3), np.eye(3))
    coef = xr.DataArray(np.ones((2, 1)), dims=("channel", "latent"))
    pattern = haufe_patterns(np.random.default_rng(1).normal(size=(10, 2)), coef)
    for result, name in (
        (ceiling, "noise_ceiling"),
        (ranks, "retrieval_scores"),
        (pattern, "haufe_patterns"),
    ):
        assert json.loads(result.attrs["history"])[-1]["function"] == f"encoding.{name}"


def test_what_was_done_before_stays_in_the_history(given):
    features, rec = given
    scaled = nk.signal.scale(rec)["activity/signal"]
    smooth = nk.signal.smooth(rec["activity/signal"], 0.3)
    found = significance(features["vision"], smooth, n_draws=3, random_state=0)
    steps = [step["function"] for step in json.loads(found.attrs["history"])]
    assert steps == ["signal.smooth", "encoding.significance"]
    assert scaled.shape == smooth.shape


def test_clusters_of_a_saved_null_are_those_of_the_test(given):
    features, rec = given
    kept = significance(features["vision"], rec, n_draws=19, keep_null=True, random_state=1)
    test = kept.rename(score="statistic")
    found = cluster_test(test, space="channel")
    direct = significance(features["vision"], rec, n_draws=19, space="channel", random_state=1)
    np.testing.assert_array_equal(found.p_cluster, direct.p_cluster)


def test_a_simulation_is_saved_with_its_features(given, tmp_path):
    _, rec = given
    nk.save(rec, tmp_path / "encoded.zarr")
    assert_same(nk.open(tmp_path / "encoded.zarr"), rec)
