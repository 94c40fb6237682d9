"""CKA, Procrustes, matching of units, temporal score: invariances and planted truth."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import ortho_group

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError


def _responses(n=30, p=12, seed=0):
    return np.random.default_rng(seed).standard_normal((n, p))


def _rotation(p, seed=0):
    return ortho_group.rvs(p, random_state=np.random.default_rng(seed))


@pytest.mark.parametrize("unbiased", [False, True])
def test_cka_is_one_under_rotation_scaling_and_shift(unbiased):
    x = _responses()
    y = 3.0 * x @ _rotation(12) + 5.0
    assert nk.rsa.cka(x, y, unbiased=unbiased) == pytest.approx(1.0, abs=1e-12)


def test_procrustes_is_zero_under_rotation_scaling_and_shift():
    x = _responses()
    assert nk.rsa.procrustes(x, 3.0 * x @ _rotation(12) + 5.0) < 1e-7


def test_cka_is_the_formula():
    x, y = _responses(), _responses(p=7, seed=1)
    a, b = x - x.mean(0), y - y.mean(0)
    expected = np.linalg.norm(a.T @ b) ** 2
    expected /= np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    assert nk.rsa.cka(x, y) == pytest.approx(expected, rel=1e-12)


def test_cka_is_the_whitened_cosine_of_rdms():
    x, y = _responses(), _responses(p=7, seed=1)
    rows = [nk.rsa.rdm(z, "euclidean") for z in (x, y)]
    assert nk.rsa.cka(x, y) == pytest.approx(
        float(nk.rsa.compare(rows[0], rows[1], "whitened_cosine")), abs=1e-10
    )


def test_only_the_unbiased_cka_is_zero_for_independent_data():
    found = {False: [], True: []}
    for seed in range(40):
        x, y = _responses(15, 50, seed), _responses(15, 50, 1000 + seed)
        for unbiased in found:
            found[unbiased].append(nk.rsa.cka(x, y, unbiased=unbiased))
    # Over 40 pairs the standard error of the unbiased mean is below .01.
    assert abs(np.mean(found[True])) < 0.04
    assert np.mean(found[False]) > 0.6


def test_unbiased_hsic_by_brute_force():
    x, y = _responses(6, 3), _responses(6, 4, 1)
    a, b = x - x.mean(0), y - y.mean(0)

    def hsic(k, m):
        k, m = k.copy(), m.copy()
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        one = np.ones(6)
        inner = np.trace(k @ m) + (one @ k @ one) * (one @ m @ one) / (5 * 4)
        return (inner - 2 / 4 * one @ k @ m @ one) / (6 * 3)

    k, m = a @ a.T, b @ b.T
    expected = hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))
    assert nk.rsa.cka(x, y, unbiased=True) == pytest.approx(expected, rel=1e-10)


def test_procrustes_is_the_angle_of_the_nuclear_norm():
    x, y = _responses(), _responses(p=7, seed=1)
    a, b = x - x.mean(0), y - y.mean(0)
    cosine = np.linalg.norm(a.T @ b, "nuc") / np.linalg.norm(a) / np.linalg.norm(b)
    assert nk.rsa.procrustes(x, y) == pytest.approx(np.arccos(cosine), rel=1e-9)


def test_procrustes_is_a_metric():
    shapes = [_responses(10, 4, s) for s in range(6)]
    d = np.array([[nk.rsa.procrustes(x, y) for y in shapes] for x in shapes])
    np.testing.assert_allclose(d, d.T, atol=1e-9)
    np.testing.assert_allclose(np.diag(d), 0, atol=1e-7)
    assert (d[:, :, None] + d[None] >= d[:, None, :] - 1e-9).all()


@pytest.mark.parametrize("how", ["one-to-one", "best"])
def test_permuted_copies_are_recovered(how):
    for seed in range(5):
        x = _responses(40, 60, seed)
        order = np.random.default_rng(seed).permutation(60)
        noisy = x[:, order] * 2.0 + 0.05 * _responses(40, 60, seed + 100)
        found = nk.rsa.match_units(x, noisy, how)
        np.testing.assert_array_equal(order[found.match.values], np.arange(60))
        assert (found.correlation > 0.98).all()


def test_permuted_layers_of_networks_are_recovered():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((10, 48)), rng.standard_normal((48, 48))
    probes = rng.standard_normal((62, 10))
    hidden = np.maximum(probes @ weights[0], 0)
    last = np.maximum(hidden @ weights[1], 0)
    order = rng.permutation(48)
    # The same network with its hidden units renamed computes the same function.
    again = np.maximum(probes @ weights[0][:, order], 0)
    np.testing.assert_allclose(np.maximum(again @ weights[1][order], 0), last, rtol=1e-10)
    match = nk.rsa.match_units(hidden, again).match.values
    alive = hidden.std(axis=0) > 0
    np.testing.assert_array_equal(order[match][alive], np.arange(48)[alive])


def test_one_to_one_uses_no_unit_twice():
    x = _responses(20, 6)
    x[:, 1] = x[:, 0]
    found = nk.rsa.match_units(x, _responses(20, 8, 1))
    assert len(set(found.match.values.tolist())) == 6
    few = nk.rsa.match_units(x, _responses(20, 4, 1))
    assert (few.match.values == -1).sum() == 2
    assert np.isnan(few.correlation.values[few.match.values == -1]).all()


def test_a_dead_unit_matches_with_correlation_zero():
    x = _responses(20, 3)
    x[:, 1] = 7.0
    found = nk.rsa.match_units(x, x)
    assert found.correlation.values[1] == 0


def test_conditions_are_matched_by_label():
    x = xr.DataArray(_responses(6, 4), {"condition": list("abcdef")}, ["condition", "unit"])
    mixed = x.isel(condition=[3, 1, 5, 0, 2, 4])
    assert nk.rsa.cka(x, mixed) == pytest.approx(1.0)
    assert nk.rsa.procrustes(x, mixed) < 1e-7
    with pytest.raises(LabelError, match="6 conditions against 5"):
        nk.rsa.cka(x, x.isel(condition=slice(5)))


def test_a_planted_order_of_layers_in_time_is_found():
    layers = nk.simulate.layered_rdms(1, 8, 20, random_state=0).isel(subject=0)
    rng = np.random.default_rng(0)
    time = np.linspace(0, 0.8, 81)
    centre = np.linspace(0.1, 0.7, 8)
    weight = np.exp(-0.5 * ((time[:, None] - centre) / 0.04) ** 2)
    z = layers.values - layers.values.mean(axis=1, keepdims=True)
    z /= z.std(axis=1, keepdims=True)
    clean = weight @ z
    noise = 0.3 * rng.standard_normal((5, *clean.shape))
    movie = xr.DataArray(clean + noise, {"time": time}, ["subject", "time", "pair"])
    plain = xr.DataArray(z, dims=["layer", "pair"])
    assert nk.rsa.temporal_score(plain, movie) > 0.95
    assert nk.rsa.temporal_score(plain[::-1], movie) < -0.95


def test_layers_that_peak_at_once_have_no_order():
    row = np.random.default_rng(0).random(15)
    layers = xr.DataArray(np.stack([row, row]), dims=["layer", "pair"])
    movie = xr.DataArray(np.stack([row, row[::-1]]), dims=["time", "pair"])
    assert np.isnan(nk.rsa.temporal_score(layers, movie))
    with pytest.raises(SchemaError, match="no time"):
        nk.rsa.temporal_score(layers, layers)


def test_mistakes_are_named():
    x = _responses(3, 4)
    with pytest.raises(OptionError, match="at least four"):
        nk.rsa.cka(x, x, unbiased=True)
    with pytest.raises(OptionError, match="one-to-one"):
        nk.rsa.match_units(x, x, "greedy")
    with pytest.raises(SchemaError, match="finite"):
        nk.rsa.cka(np.full((5, 2), np.nan), _responses(5, 2))


@pytest.mark.parametrize("function", ["cka", "procrustes", "match_units"])
def test_inputs_are_left_as_they_are(function):
    x, y = _responses(), _responses(seed=1)
    before = x.tobytes(), y.tobytes()
    getattr(nk.rsa, function)(x, y)
    assert (x.tobytes(), y.tobytes()) == before
