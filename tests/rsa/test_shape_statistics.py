"""Mean shapes and distances of noisy shapes: planted rotations, Gaussian formulas, axioms."""

import numpy as np
import pytest
import xarray as xr
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError


def _rotation(p, seed=0):
    return ortho_group.rvs(p, random_state=np.random.default_rng(seed))


def _responses(n=12, p=4, seed=0):
    return np.random.default_rng(seed).standard_normal((n, p))


# --- means -----------------------------------------------------------------------------------


def test_the_mean_of_turned_copies_is_the_copy():
    x = _responses()
    copies = {k: (k + 1.0) * x @ _rotation(4, k) + k for k in range(4)}
    found = nk.rsa.shape_mean(copies)
    assert (found.distance < 1e-7).all()
    assert nk.rsa.procrustes(found["mean"].rename(dimension="unit"), x) < 1e-7
    np.testing.assert_allclose(
        found.aligned.values, np.stack([found["mean"].values] * 4), atol=1e-7
    )


def test_noise_averages_out_of_the_mean():
    x = _responses(30, 4)
    x = x - x.mean(axis=0)
    noisy = {k: x @ _rotation(4, k) + 0.3 * _responses(30, 4, 10 + k) for k in range(12)}
    mean = nk.rsa.shape_mean(noisy)["mean"].rename(dimension="unit")
    alone = [nk.rsa.procrustes(one, x) for one in noisy.values()]
    # The mean of 12 has 1 / sqrt(12) = .29 of the noise; shrinking by alignment costs a little.
    assert nk.rsa.procrustes(mean, x) < 0.45 * np.mean(alone)


def test_no_rotation_of_a_system_comes_nearer_to_the_mean():
    systems = {k: _responses(10, 3, k) for k in range(4)}
    found = nk.rsa.shape_mean(systems)
    for seed in range(20):
        turned = found.aligned.values @ _rotation(3, seed)
        away = np.linalg.norm(turned - found["mean"].values, axis=(1, 2))
        assert (away >= found.distance.values - 1e-9).all()
    # And the mean is the mean of what is aligned to it.
    np.testing.assert_allclose(found.aligned.mean("system"), found["mean"], atol=1e-8)


def test_two_systems_meet_half_way():
    x, y = _responses(10, 3), _responses(10, 3, 1)
    found = nk.rsa.shape_mean({"x": x, "y": y})
    chord = 2 * np.sin(nk.rsa.procrustes(x, y) / 2)
    np.testing.assert_allclose(found.distance, chord / 2, rtol=1e-6)


def test_systems_of_other_widths_and_orders_of_conditions():
    x = xr.DataArray(_responses(6, 3), {"condition": list("abcdef")}, ["condition", "unit"])
    wide = np.c_[x.values @ _rotation(3), np.zeros((6, 2))]
    wide = xr.DataArray(wide, {"condition": list("abcdef")}, ["condition", "unit"])
    found = nk.rsa.shape_mean({"x": x, "y": wide[[3, 1, 0, 5, 4, 2]]})
    assert (found.distance < 1e-7).all()
    assert found.condition.values.tolist() == list("abcdef")


# --- noisy shapes ----------------------------------------------------------------------------


def _trials(n_conditions=4, n_trials=6, p=3, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    mean = rng.standard_normal((n_conditions, p))
    mix = rng.standard_normal((n_conditions, p, p))
    z = rng.standard_normal((n_conditions, n_trials, p))
    rows = mean[:, None] + noise * np.einsum("kij,ktj->kti", mix, z)
    return rows.reshape(-1, p), np.repeat(np.arange(n_conditions), n_trials)


def _distance(x, y, label, **options):
    return nk.rsa.stochastic_shape_distance(x, y, conditions=label, random_state=0, **options)


@pytest.mark.parametrize("w", [0.0, 0.5, 1.0, 2.0])
def test_rotations_and_shifts_do_not_count(w):
    x, label = _trials()
    assert _distance(x, x @ _rotation(3) + 5.0, label, noise_weight=w) < 1e-4


def test_means_only_is_the_procrustes_distance_of_means():
    (x, label), (y, _) = _trials(6), _trials(6, seed=1)
    means = [np.array([z[label == k].mean(axis=0) for k in range(6)]) for z in (x, y)]
    expected = nk.rsa.shape_distance(*means, score="euclidean") * np.sqrt(2 / 6)
    assert _distance(x, y, label, noise_weight=0.0) == pytest.approx(expected, rel=1e-6)


def test_one_unit_is_the_formula_of_normal_distributions():
    (x, label), (y, _) = _trials(5, p=1), _trials(5, p=1, seed=1)
    moments = []
    for z in (x, y):
        groups = [z[label == k, 0] for k in range(5)]
        mean = np.array([g.mean() for g in groups])
        moments.append((mean - mean.mean(), np.array([g.std(ddof=1) for g in groups])))
    (m, s), (n, t) = moments
    # A line can only be turned round.
    best = min(((m - sign * n) ** 2 + (s - t) ** 2).mean() for sign in (1, -1))
    assert _distance(x, y, label) == pytest.approx(np.sqrt(best), rel=1e-9)


def test_the_value_is_the_wasserstein_distance_at_no_worse_a_rotation():
    """No rotation of a fine grid of the plane gives less than the minimum that was found."""
    (x, label), (y, _) = _trials(p=2), _trials(p=2, seed=1)
    moments = []
    for z in (x, y):
        means = np.array([z[label == k].mean(axis=0) for k in range(4)])
        moments.append((means - means.mean(axis=0), [np.cov(z[label == k].T) for k in range(4)]))
    (m, s), (n, t) = moments

    def squared(q):
        total = ((m - n @ q) ** 2).sum()
        for a, b in zip(s, t, strict=True):
            turned, root = q.T @ b @ q, sqrtm(a)
            total += np.trace(a + turned - 2 * np.real(sqrtm(root @ turned @ root)))
        return total / 4

    grid = []
    for angle in np.linspace(0, 2 * np.pi, 721):
        c, d = np.cos(angle), np.sin(angle)
        grid += [squared(np.array([[c, -d], [d, c]])), squared(np.array([[c, d], [d, -c]]))]
    found = _distance(x, y, label, n_starts=20) ** 2
    assert found <= min(grid) + 1e-9
    # Half a degree from the minimum the grid is at most a little above.
    assert found == pytest.approx(min(grid), rel=1e-3)


def test_systems_that_differ_in_noise_only_are_told_apart_by_it():
    x, label = _trials(noise=0.0)
    rng = np.random.default_rng(0)
    small, large = (x + s * rng.standard_normal(x.shape) for s in (0.01, 2.0))
    assert _distance(small, large, label, noise_weight=2.0) > 1.0
    for w in (1.0, 2.0):
        again = x + 0.01 * rng.standard_normal(x.shape)
        assert _distance(small, again, label, noise_weight=w) < 0.1


def test_it_is_symmetric_and_keeps_the_triangle():
    shapes = [_trials(seed=s)[0] for s in range(4)]
    label = _trials()[1]
    d = np.array([[_distance(x, y, label, n_starts=15) for y in shapes] for x in shapes])
    np.testing.assert_allclose(d, d.T, rtol=1e-4, atol=1e-4)
    assert (d[:, :, None] + d[None] >= d[:, None, :] - 1e-4).all()


def test_more_starts_never_do_worse_and_a_seed_gives_the_same():
    (x, label), (y, _) = _trials(p=5, seed=2), _trials(p=5, seed=3)
    one, many = (_distance(x, y, label, n_starts=k) for k in (1, 10))
    assert many <= one + 1e-12
    assert many == _distance(x, y, label, n_starts=10)


def test_conditions_and_trials_may_come_in_any_order():
    x, label = _trials()
    names = np.array(list("abcd"))[label]
    order = np.random.default_rng(0).permutation(len(x))
    one, two = (
        xr.DataArray(x[k], {"condition": ("trial", names[k])}, ["trial", "unit"])
        for k in (np.arange(len(x)), order)
    )
    assert nk.rsa.stochastic_shape_distance(one, two, random_state=0) < 1e-4


def test_mistakes_are_named():
    x, label = _trials()
    with pytest.raises(OptionError, match="systems"):
        nk.rsa.shape_mean({"a": x})
    with pytest.raises(SchemaError, match="no response differs"):
        nk.rsa.shape_mean({"a": x, "b": np.ones_like(x)})
    with pytest.raises(LabelError, match="24 conditions against 23"):
        nk.rsa.shape_mean({"a": x, "b": x[1:]})
    for wrong in (-0.1, 2.1, np.nan, "a"):
        with pytest.raises(OptionError, match="noise_weight"):
            _distance(x, x, label, noise_weight=wrong)
    for wrong in (0, 1.5, True):
        with pytest.raises(OptionError, match="n_starts"):
            _distance(x, x, label, n_starts=wrong)
    with pytest.raises(OptionError, match="one trial"):
        _distance(x, x, np.arange(len(x)))
    with pytest.raises(SchemaError, match="3 units against 2"):
        _distance(x, x[:, :2], label)
    hole = x.copy()
    hole[0, 0] = np.inf
    with pytest.raises(SchemaError, match="y: need one finite"):
        _distance(x, hole, label)
    named = xr.DataArray(x, {"condition": ("trial", label)}, ["trial", "unit"])
    other = named.assign_coords(condition=("trial", label + 1))
    with pytest.raises(LabelError, match="4 conditions against 4, or others"):
        nk.rsa.stochastic_shape_distance(named, other)


def test_inputs_are_left_as_they_are():
    x, label = _trials()
    y = x @ _rotation(3)
    before = x.tobytes(), y.tobytes()
    _distance(x, y, label)
    nk.rsa.shape_mean({"x": x, "y": y})
    assert (x.tobytes(), y.tobytes()) == before
