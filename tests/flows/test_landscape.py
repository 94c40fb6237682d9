"""The potential of linear dynamics, and the figure of any potential."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import NotFittedError, OptionError, SchemaError
from neurokit.flows import LangevinLDS, plot_potential

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def counts():
    simulation = nk.simulate.oscillators([4.0, 9.0], [0.1, 0.1], 10, 12, 40, random_state=0)
    return simulation.recordings["session1"].activity.signal


@pytest.fixture(scope="module")
def model(counts):
    return LangevinLDS(2, n_restarts=1, max_iter=10).fit(counts)


class DoubleWell:
    """V = (z0^2 - 1)^2 + 2 z1^2 / 2, z2 unused."""

    n_latents = 3

    def potential(self, z):
        return (z[..., 0] ** 2 - 1.0) ** 2 + z[..., 1] ** 2


def test_its_slope_is_minus_the_force_that_has_a_potential(model):
    z, step = np.array([0.7, -1.3]), 1e-5
    slope = [
        (model.potential(z + step * e) - model.potential(z - step * e)) / (2 * step)
        for e in np.eye(2)
    ]
    K = model.stiffness_.values
    turning = model.circulatory_.values
    np.testing.assert_allclose(slope, (K - turning) @ z, rtol=1e-7)
    np.testing.assert_allclose(turning, -turning.T)
    assert model.potential(np.zeros(2)) == 0


def test_it_keeps_labels_and_the_order_of_dims(model, counts):
    paths = model.transform(counts[:3]).position
    found = model.potential(paths)
    assert found.dims == ("trial", "time")
    assert found.attrs["units"] == "1/s2"
    np.testing.assert_array_equal(found.time.values, counts.time.values)
    turned = model.potential(paths.transpose("latent", "time", "trial"))
    assert turned.dims == ("time", "trial")
    np.testing.assert_allclose(turned.values.T, found.values)
    np.testing.assert_allclose(model.potential(paths.values), found.values)


def test_other_latents_and_unfitted_models_are_refused(model):
    for wrong in (np.zeros(3), 1.0, np.zeros((2, 1))):
        with pytest.raises(SchemaError, match="Give"):
            model.potential(wrong)
    with pytest.raises(NotFittedError):
        LangevinLDS(2).potential(np.zeros(2))


def test_a_map_has_its_wells_where_they_are(model):
    ax = plot_potential(DoubleWell(), reach=2.0)
    assert "latent 0" in ax.get_xlabel()
    assert "latent 1" in ax.get_ylabel()
    contour = ax.collections[0]
    heights = contour.get_array()
    assert heights.min() >= 0
    # The lowest level encloses both wells, and not the ridge between them.
    lowest = contour.get_paths()[0]
    assert lowest.contains_point((1.0, 0.0))
    assert lowest.contains_point((-1.0, 0.0))
    assert not lowest.contains_point((0.0, 1.0))
    bar = ax.figure.axes[-1]
    assert bar.get_ylabel() == "potential (1/s²)"


def test_a_curve_starts_from_its_least_value():
    ax = plot_potential(DoubleWell(), [0], reach=2.0)
    (line,) = ax.lines
    x, y = line.get_data()
    assert y.min() == pytest.approx(0.0, abs=1e-12)
    assert abs(x[np.argmin(y)]) == pytest.approx(1.0)
    assert y[np.argmin(np.abs(x))] == pytest.approx(1.0)
    assert len(ax.figure.axes) == 1


def test_paths_set_the_reach_and_are_drawn(model, counts):
    paths = model.transform(counts)
    ax = plot_potential(model, paths=paths, n_trials=3)
    assert len([line for line in ax.lines if line.get_linestyle() == "-"]) == 3
    size = np.sort(np.abs(paths.position.values).ravel())
    inside = (size <= ax.get_xlim()[1]).mean()
    assert inside > 0.99
    assert ax.get_xlim()[1] < 1.5 * size[int(0.99 * size.size)]
    under = plot_potential(model, [1], paths=paths).figure.axes[1]
    assert sum(p.get_height() * p.get_width() for p in under.patches) == pytest.approx(1.0)


def test_a_model_with_one_latent_gives_a_curve():
    simulation = nk.simulate.oscillators([5.0], [0.1], 6, 6, 30, random_state=0)
    one = LangevinLDS(1, n_restarts=1, max_iter=3)
    one.fit(simulation.recordings["session1"].activity.signal)
    ax = plot_potential(one)
    assert ax.get_ylabel() == "potential (1/s²)"


def test_ragged_paths_are_drawn_to_their_ends():
    position = np.zeros((2, 5, 3))
    position[0, 3:] = np.nan
    position[0, :3, 0] = [0.0, 0.5, 1.0]
    paths = xr.Dataset({"position": (("trial", "time", "latent"), position)})
    ax = plot_potential(DoubleWell(), paths=paths)
    ends = [line.get_data() for line in ax.lines if line.get_marker() == "o"]
    assert ends[0][0][0] == 1.0
    assert len(ends) == 2


@pytest.mark.parametrize("latents", [(), (0, 0), (3,), (-1, 0)])
def test_latents_that_are_not_there_are_named(latents):
    with pytest.raises(OptionError, match="0 to 2"):
        plot_potential(DoubleWell(), latents)
