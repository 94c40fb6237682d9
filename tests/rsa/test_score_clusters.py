"""Clusters of model scores: found where planted, at the rate promised where nothing is."""

import itertools

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.testing import assert_same


def _scores(n_subjects=10, n_times=30, effect=1.2, at=slice(10, 16), seed=0, models=("a", "b")):
    """(subject, time, model) scores; the first model is above 0 for a while."""
    x = 0.5 * np.random.default_rng(seed).standard_normal((n_subjects, n_times, len(models)))
    x[:, at, 0] += effect
    time = np.arange(n_times) / 100.0
    return xr.DataArray(x, {"time": time, "model": list(models)}, ["subject", "time", "model"])


def _by_hand(x, threshold):
    """Clusters over time of t over subjects against all flips, written out. x: (subject, time)."""
    n, n_times = x.shape
    flips = np.array(list(itertools.product([1.0, -1.0], repeat=n)))

    def t_of(signs):
        y = x * signs[:, None]
        return y.mean(0) / (y.std(0, ddof=1) / np.sqrt(n))

    maps = np.array([t_of(s) for s in flips])
    level = np.quantile(maps[1:], 1 - threshold, axis=0)

    def clusters(row):
        out, run = [], []
        for k in range(n_times):
            if row[k] > level[k]:
                run.append(k)
            elif run:
                out.append(run)
                run = []
        return out + ([run] if run else [])

    def mass(row, run):
        return sum(row[k] - level[k] for k in run)

    largest = [max((mass(row, c) for c in clusters(row)), default=0.0) for row in maps]
    found = sorted(clusters(maps[0]), key=lambda c: -mass(maps[0], c))
    return [
        (c[0], c[-1], mass(maps[0], c), np.mean(np.array(largest) >= mass(maps[0], c) - 1e-12))
        for c in found
    ]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_clusters_and_p_values_are_those_of_all_flips_written_out(seed):
    x = _scores(n_subjects=7, n_times=14, at=slice(4, 8), seed=seed).isel(model=0)
    found = nk.rsa.cluster_scores(x, random_state=0)
    expected = _by_hand(x.values, 0.05)
    assert found.sizes["region"] == len(expected)
    for k, (start, stop, mass, p) in enumerate(expected):
        assert found.start.values[k] == pytest.approx(start / 100)
        assert found.stop.values[k] == pytest.approx(stop / 100)
        assert found.mass.values[k] == pytest.approx(mass, rel=1e-9)
        assert found.p_of_region.values[k] == pytest.approx(p, abs=1e-12)


def test_a_planted_stretch_is_found_of_the_model_that_has_it():
    found = nk.rsa.cluster_scores(_scores(), random_state=0)
    first = found.sel(model="a")
    assert (first.p_cluster.values[10:16] < 0.05).all()
    named = found.region_model.values[found.p_of_region.values < 0.05]
    assert named.tolist() == ["a"]
    row = int(np.flatnonzero(found.p_of_region.values < 0.05)[0])
    assert found.start.values[row] <= 0.10
    assert found.stop.values[row] >= 0.15
    assert found["size"].values[row] == (first.cluster == first.cluster[12]).sum()


def test_maps_and_regions_say_the_same():
    found = nk.rsa.cluster_scores(_scores(effect=0.4), random_state=0)
    for name in ("a", "b"):
        own = found.sel(model=name)
        mine = found.region_model.values == name
        assert int(own.cluster.max()) == mine.sum()
        for number, p in enumerate(found.p_of_region.values[mine], start=1):
            inside = own.cluster.values == number
            assert set(own.p_cluster.values[inside].tolist()) == {p}
        assert (own.p_cluster.values[own.cluster.values == 0] == 1).all()


@pytest.mark.slow
def test_false_positives_are_as_rare_as_promised():
    # 300 experiments without effect in one call; SE of a rate of .05 is .013.
    rng = np.random.default_rng(0)
    x = rng.standard_normal((9, 300, 15))
    smooth = np.apply_along_axis(np.convolve, 2, x, np.ones(3) / 3, "same")
    many = xr.DataArray(smooth, dims=["subject", "roi", "time"])
    found = nk.rsa.cluster_scores(many, n_flips=511, random_state=0)
    rate = (found.p_cluster.min("time") <= 0.05).mean()
    assert 0.05 - 3 * 0.013 <= float(rate) <= 0.05 + 3 * 0.013


def test_an_advantage_over_another_model_is_tested_by_its_name():
    x = _scores()
    found = nk.rsa.cluster_scores(x, against="b", random_state=0)
    assert found.model.values.tolist() == ["a"]
    difference = x.sel(model="a") - x.sel(model="b")
    expected = nk.rsa.cluster_scores(difference.drop_vars("model", errors="ignore"), random_state=0)
    np.testing.assert_array_equal(found.p_cluster.values[0], expected.p_cluster.values)
    assert found.attrs["against"] == "b"


def test_worse_than_the_other_is_no_cluster():
    found = nk.rsa.cluster_scores(_scores(), against="a", random_state=0)
    assert (found.p_cluster.sel(model="b").values[10:16] == 1).all()


def test_clusters_over_places_need_an_adjacency_to_grow():
    rng = np.random.default_rng(0)
    x = 0.5 * rng.standard_normal((9, 12))
    x[:, 3:7] += 1.0
    scores = xr.DataArray(x, dims=["subject", "channel"])
    chain = np.eye(12, k=1) + np.eye(12, k=-1)
    found = nk.rsa.cluster_scores(scores, chain, space="channel", along=None, random_state=0)
    alone = nk.rsa.cluster_scores(scores, space="channel", along=None, random_state=0)
    assert len(set(found.cluster.values[3:7].tolist())) == 1
    assert len(set(alone.cluster.values[3:7].tolist())) == 4
    assert "start" not in found


def test_places_and_time_form_clusters_together():
    rng = np.random.default_rng(0)
    x = 0.5 * rng.standard_normal((9, 2, 6, 10))
    x[:, 1, 2:4, 4:7] += 1.2
    scores = xr.DataArray(
        x,
        {"model": ["m", "n"], "channel": list("abcdef"), "time": np.arange(10) / 10},
        ["subject", "model", "channel", "time"],
    )
    near = nk.rsa.sensor_neighbourhoods(list("abcdef"), adjacency=np.eye(6, k=1) + np.eye(6, k=-1))
    found = nk.rsa.cluster_scores(scores, near.adjacency, space="channel", random_state=0)
    assert found.cluster.dims == ("model", "channel", "time")
    row = int(np.argmin(found.p_of_region.values))
    assert found.region_model.values[row] == "n"
    assert found.p_of_region.values[row] < 0.01
    inside = found.cluster.sel(model="n").values[2:4, 4:7]
    assert (inside == 1).all()


def test_scores_of_a_searchlight_go_straight_in():
    mask = np.ones((4, 4, 1), bool)
    near = nk.rsa.volume_neighbourhoods(mask, 1.0)
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((6, 16))
    x = xr.DataArray(
        truth + 0.5 * rng.standard_normal((8, 6, 16)), dims=["subject", "condition", "voxel"]
    )
    model = nk.rsa.rdm(truth, "euclidean")
    scores = nk.rsa.searchlight(
        x, near, "euclidean", models={"truth": model.values}, comparison="pearson"
    )
    found = nk.rsa.cluster_scores(scores, near.adjacency, space="voxel", along=None, random_state=0)
    assert found.cluster.dims == ("model", "voxel")
    assert float(found.p_of_region.min()) < 0.05
    assert found.x.dims == ("voxel",)


def test_all_dims_that_are_left_are_tested_one_by_one():
    x = _scores(models=("a",)).expand_dims(roi=["V1", "IT"]).copy()
    x.loc[{"roi": "V1"}] = -x.sel(roi="IT")
    found = nk.rsa.cluster_scores(x, random_state=0)
    assert set(found.cluster.dims) == {"roi", "model", "time"}
    assert "IT, a" in found.region_model.values.tolist()
    assert float(found.p_cluster.sel(roi="V1").min()) > 0.05


def test_results_of_evaluate_are_tested_by_subject():
    rng = np.random.default_rng(0)
    truth = rng.random(45)
    rows = rng.random((5, 6, 45))
    rows[2:4] += 2 * truth
    data = xr.DataArray(rows, {"time": np.arange(5) / 10}, ["time", "subject", "pair"])
    result = nk.rsa.evaluate(
        {"m": truth, "n": rng.random(45)}, data, "pearson", n_draws=20, random_state=0
    )
    found = nk.rsa.cluster_scores(result, random_state=0)
    assert found.cluster.sel(model="m").values[2:4].min() == 1
    assert "rsa.evaluate" in found.attrs["history"]
    assert "rsa.cluster_scores" in found.attrs["history"]
    expected = nk.rsa.cluster_scores(result.evaluation, random_state=0)
    np.testing.assert_array_equal(found.p_cluster, expected.p_cluster)


def test_nothing_above_the_threshold_is_an_empty_table():
    found = nk.rsa.cluster_scores(-np.abs(_scores()), random_state=0)
    assert found.sizes["region"] == 0
    assert (found.p_cluster == 1).all()
    assert found.start.dtype == np.float64


def test_the_same_seed_gives_the_same_and_inputs_stay():
    x = _scores(n_subjects=14)
    before = x.copy(deep=True)
    one, two = (nk.rsa.cluster_scores(x, n_flips=200, random_state=3) for _ in range(2))
    assert_same(one, two)
    assert x.identical(before)
    other = nk.rsa.cluster_scores(x, n_flips=200, random_state=4)
    assert not np.array_equal(one.mass, other.mass)


def test_a_subject_without_a_value_is_left_out_there():
    x = _scores()
    x.values[0, 12, 0] = np.nan
    found = nk.rsa.cluster_scores(x, random_state=0)
    assert np.isfinite(found.statistic).all()
    assert (found.sel(model="a").p_cluster.values[10:16] < 0.05).all()


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (lambda x: x.rename(subject="person"), {}, SchemaError, "subject"),
        (lambda x: x.isel(time=0), {}, SchemaError, "time"),
        (lambda x: x, {"along": None}, SchemaError, "Name space or along"),
        (lambda x: x.isel(subject=[0]), {}, OptionError, "one subject"),
        (lambda x: x, {"against": "c"}, LabelError, "no model 'c'"),
        (lambda x: x.to_dataset(name="score"), {}, SchemaError, "holds score"),
        (lambda x: x, {"threshold": 1.5}, OptionError, "threshold"),
    ],
)
def test_what_cannot_be_tested_is_refused(change, options, error, said):
    with pytest.raises(error, match=said):
        nk.rsa.cluster_scores(change(_scores()), **options)


@pytest.fixture
def course():
    rng = np.random.default_rng(0)
    truth = rng.random(45)
    rows = rng.random((8, 6, 45))
    rows[3:6] += 2 * truth
    data = xr.DataArray(rows, {"time": np.arange(8) / 10}, ["time", "subject", "pair"])
    models = {"m": truth, "n": rng.random(45)}
    yield nk.rsa.evaluate(models, data, "pearson", n_draws=20, random_state=0)
    plt.close("all")


def _bars(ax):
    return [line for line in ax.lines if line.get_linewidth() == 3]


def test_bars_stand_below_the_clusters(course):
    clusters = nk.rsa.cluster_scores(course, random_state=0)
    ax = nk.rsa.plot_time_course(course, clusters)
    held = clusters.p_of_region.values < 0.05
    bars = _bars(ax)
    assert len(bars) == held.sum() >= 1
    spans = sorted(tuple(np.round(b.get_xdata(), 6)) for b in bars)
    expected = [
        (round(a - 0.05, 6), round(b + 0.05, 6))
        for a, b in zip(clusters.start.values[held], clusters.stop.values[held], strict=True)
    ]
    assert spans == sorted(expected)
    assert max(b.get_ydata()[0] for b in bars) < min(0, float(course.score.min()))


def test_the_model_that_others_are_tested_against_has_no_bar(course):
    clusters = nk.rsa.cluster_scores(course, against="n", random_state=0)
    ax = nk.rsa.plot_time_course(course, clusters)
    assert len(_bars(ax)) == (clusters.p_of_region < 0.05).sum()


def test_without_clusters_dots_mark_single_times(course):
    ax = nk.rsa.plot_time_course(course)
    assert not _bars(ax)
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert len(dots) == 2


def test_clusters_of_something_else_are_refused(course):
    other = nk.rsa.cluster_scores(course.isel(model=0), random_state=0)
    with pytest.raises(SchemaError, match="clusters"):
        nk.rsa.plot_time_course(course, other)
