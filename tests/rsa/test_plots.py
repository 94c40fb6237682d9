"""Figures show the numbers they are given."""

import itertools

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.rsa.pair_index import square
from neurokit.rsa.plots import _bootstrap_spread, _classical_mds


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def _rdms(n=6, n_subjects=4, noise=0.2):
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((n, 12))
    x = shared + noise * rng.standard_normal((n_subjects, n, 12))
    named = xr.DataArray(
        x, {"condition": list("abcdefgh")[:n]}, ["subject", "condition", "channel"]
    )
    return nk.rsa.rdm(named, "euclidean")


def _result(**options):
    rows = _rdms()
    rng = np.random.default_rng(1)
    models = {"good": rows.mean("subject"), "bad": rng.random(15)}
    return nk.rsa.evaluate(models, rows, n_draws=50, random_state=0, **options)


def test_the_matrix_is_the_mean_rdm():
    rows = _rdms()
    ax = nk.rsa.plot_rdm(rows)
    shown = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_allclose(shown, square(rows.values.mean(0), np.nan))
    assert [t.get_text() for t in ax.get_xticklabels()] == list("abcdef")


def test_unknown_pairs_are_left_out_of_the_mean():
    rows = _rdms()
    rows.values[0, 0] = np.nan
    rows.values[:, 3] = np.nan
    shown = nk.rsa.plot_rdm(rows).images[0].get_array()
    assert shown[0, 1] == pytest.approx(rows.values[1:, 0].mean())
    assert np.ma.is_masked(shown[0, 4])


def test_points_of_a_plane_are_found_again():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((7, 2))
    i, j = np.triu_indices(7, 1)
    squared = ((points[i] - points[j]) ** 2).sum(axis=1)
    place = _classical_mds(squared)
    np.testing.assert_allclose(((place[i] - place[j]) ** 2).sum(axis=1), squared, rtol=1e-8)


def test_noisier_subjects_have_larger_ellipses():
    def size(noise):
        ax = nk.rsa.plot_arrangement(_rdms(noise=noise))
        ovals = [p for p in ax.patches if isinstance(p, Ellipse)]
        assert len(ovals) == 6
        return np.mean([o.width * o.height for o in ovals])

    assert size(0.6) > 2 * size(0.1)


def test_groups_have_colours_and_a_legend():
    ax = nk.rsa.plot_arrangement(_rdms().isel(subject=0), groups=list("xxyyzz"))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["x", "y", "z"]
    assert not [p for p in ax.patches if isinstance(p, Ellipse)]


def test_an_arrangement_needs_all_pairs():
    rows = _rdms()
    rows.values[0, 0] = np.nan
    with pytest.raises(SchemaError, match="NaN"):
        nk.rsa.plot_arrangement(rows)


def test_bars_are_scores_and_the_band_is_the_ceiling():
    result = _result()
    ax = nk.rsa.plot_models(result)
    heights = [p.get_height() for p in ax.patches[:2]]
    np.testing.assert_allclose(heights, result.score.values)
    band = ax.patches[2]
    low, high = result.ceiling.values
    np.testing.assert_allclose([band.get_y(), band.get_height()], [low, high - low], rtol=1e-6)
    assert "cosine" in ax.get_ylabel()


def test_lines_join_models_that_differ():
    result = _result()
    result["q_pairwise"][:] = 0.5
    plain = len(nk.rsa.plot_models(result).lines)
    result["q_pairwise"][:] = 0.001
    assert len(nk.rsa.plot_models(result).lines) == plain + 1


def test_stars_stand_over_models_above_zero():
    result = _result()
    result["q_zero"][:] = [0.001, 0.5]
    texts = [t for t in nk.rsa.plot_models(result).texts if t.get_text() == "*"]
    assert [t.get_position()[0] for t in texts] == [0]


def test_the_map_shows_each_cell():
    rows = _rdms()
    found = nk.rsa.geotopological_map(rows, rows, step=0.25)
    shown = nk.rsa.plot_map(found).collections[0].get_array()
    np.testing.assert_allclose(np.ma.filled(shown, np.nan), found.values.T)
    with pytest.raises(OptionError, match="lower, upper"):
        nk.rsa.plot_map(found.isel(lower=0))


def test_a_time_course_has_one_line_per_model():
    rows = _rdms()
    movie = xr.concat([rows, rows[::-1] ** 2, rows**0.5], dim="time").assign_coords(
        time=[0.0, 0.1, 0.2]
    )
    models = {"good": rows.mean("subject"), "bad": np.random.default_rng(1).random(15)}
    result = nk.rsa.evaluate(models, movie, n_draws=30, random_state=0)
    ax = nk.rsa.plot_time_course(result)
    for k, name in enumerate(("good", "bad")):
        line = next(x for x in ax.lines if x.get_label() == name)
        np.testing.assert_allclose(line.get_xdata(), [0, 0.1, 0.2])
        np.testing.assert_allclose(line.get_ydata(), result.score.values[:, k])
    with pytest.raises(SchemaError, match="Choose one"):
        nk.rsa.plot_models(result)
    with pytest.raises(SchemaError, match="time, model"):
        nk.rsa.plot_time_course(result.isel(time=0))


def test_axes_may_be_given():
    rows, result = _rdms(), _result()
    _, axes = plt.subplots(1, 3)
    assert nk.rsa.plot_rdm(rows, ax=axes[0]) is axes[0]
    assert nk.rsa.plot_arrangement(rows, ax=axes[1]) is axes[1]
    assert nk.rsa.plot_models(result, ax=axes[2]) is axes[2]


def test_plain_arrays_are_drawn_too():
    ax = nk.rsa.plot_rdm([1.0, 2.0, 3.0])
    assert ax.images[0].get_array()[0, 2] == 2.0
    assert ax.figure.axes[1].get_ylabel() == "dissimilarity"
    np.testing.assert_array_equal(nk.rsa.rdm_to_square([4.0]).values, [[0, 4], [4, 0]])


def test_ellipses_are_the_spread_of_turned_draws():
    rows = _rdms(noise=0.3).values
    place = _classical_mds(rows.mean(axis=0))
    spread = _bootstrap_spread(rows, place, 60)
    assert (np.linalg.eigvalsh(spread) >= -1e-12).all()
    np.testing.assert_array_equal(spread, _bootstrap_spread(rows, place, 60))
    # Equal subjects leave nothing to vary, whichever way eigenvectors point.
    same = np.repeat(rows[:1], 4, axis=0)
    np.testing.assert_allclose(_bootstrap_spread(same, _classical_mds(rows[0]), 10), 0, atol=1e-15)


@pytest.mark.parametrize(("size", "all_of_them"), [((7.0, 6.0), True), ((2.4, 2.2), False)])
def test_names_of_conditions_do_not_overlap(size, all_of_them):
    rng = np.random.default_rng(0)
    x = xr.DataArray(
        rng.standard_normal((24, 5)),
        {"condition": [f"condition {i}" for i in range(24)]},
        ["condition", "channel"],
    )
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    nk.rsa.plot_rdm(nk.rsa.rdm(x, "euclidean"), ax=ax)
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert (len(boxes) == 24) == all_of_them
    assert all(lower.y1 <= upper.y0 + 1 for upper, lower in itertools.pairwise(boxes))


def test_many_conditions_go_without_names():
    row = np.random.default_rng(0).random(31 * 30 // 2)
    assert not nk.rsa.plot_arrangement(row).texts
    assert len(nk.rsa.plot_arrangement(row[: 30 * 29 // 2]).texts) == 30


def test_an_rdm_without_any_known_pair_is_grey():
    shown = nk.rsa.plot_rdm(np.full(6, np.nan)).images[0].get_array()
    assert np.ma.getmaskarray(shown).all()


def test_what_cannot_be_drawn_is_named():
    rows = _rdms()
    with pytest.raises(OptionError, match="groups: have shape .2,. for 6 conditions"):
        nk.rsa.plot_arrangement(rows, groups=["a", "b"])
    with pytest.raises(OptionError, match="n_draws"):
        nk.rsa.plot_arrangement(rows, n_draws=0)
    with pytest.raises(OptionError, match="lower, upper"):
        nk.rsa.plot_map(np.ones((3, 3)))
    with pytest.raises(SchemaError, match="no time"):
        nk.rsa.temporal_score(np.ones(3), np.ones(3))


def test_figures_change_nothing_they_are_given():
    rows, result = _rdms(), _result()
    kept = rows.copy(deep=True), result.copy(deep=True)
    nk.rsa.plot_rdm(rows)
    nk.rsa.plot_arrangement(rows)
    nk.rsa.plot_models(result)
    xr.testing.assert_identical(rows, kept[0])
    xr.testing.assert_identical(result, kept[1])
