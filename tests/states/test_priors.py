"""Ridge and Gaussian priors: penalties, bounds that never fall, variances that stay."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.states.priors import WeightPrior, make_prior
from neurokit.states.priors_connectome import edge_groups, edge_probabilities

SHAPE = (4, 6, 6, 1)


def scattered(seed, *, sigma=0.3, tau=0.6, error=0.1, shape=SHAPE):
    """Weights around a constant matrix, their estimates, and the information about them."""
    rng = np.random.default_rng(seed)
    constant = tau * rng.standard_normal(shape[1:])
    weights = constant + sigma * rng.standard_normal(shape)
    n = shape[2] * shape[3]
    information = np.zeros((*shape[:2], n, n))
    information[..., np.arange(n), np.arange(n)] = error**-2
    return constant, weights, weights + error * rng.standard_normal(shape), information


def alternate(prior, estimate, information, n_steps):
    """EM with a quadratic log-likelihood: exact M-steps, the prior updated after each."""
    h = np.einsum("snii->sni", information).reshape(estimate.shape)
    weights, heights = estimate, []
    for _ in range(n_steps):
        mean, precision = prior.quadratic()
        free = np.isfinite(precision)
        p = np.where(free, precision, 0.0)
        weights = np.where(free, (h * estimate + p * mean) / (h + p + 1e-300), mean)
        prior.update(weights)
        likelihood = -0.5 * float(np.sum(h * (weights - estimate) ** 2))
        heights.append(likelihood + prior.log_density(weights))
    return weights, np.array(heights)


@pytest.mark.parametrize("name", ["none", "ridge", "gaussian", "onehot"])
def test_every_prior_is_what_the_fit_expects(name):
    prior = make_prior(name, SHAPE)
    assert isinstance(prior, WeightPrior)
    mean, precision = prior.quadratic()
    assert mean.shape == precision.shape == SHAPE


@pytest.mark.parametrize("name", ["ridge", "gaussian", "onehot"])
def test_the_log_density_differs_as_the_penalty_says(name):
    prior = make_prior(name, SHAPE, ridge=3.0)
    _, _, estimate, information = scattered(0)
    rng = np.random.default_rng(1)
    for _ in range(2):
        mean, precision = prior.quadratic()
        a, b = (mean + 0.01 * rng.standard_normal(SHAPE) for _ in range(2))
        penalty = [-0.5 * np.sum(precision * (w - mean) ** 2) for w in (a, b)]
        expected = penalty[0] - penalty[1]
        assert prior.log_density(a) - prior.log_density(b) == pytest.approx(expected, rel=1e-6)
        prior.advance(estimate, information)


def test_a_ridge_has_one_stage_and_learns_nothing():
    prior = make_prior("ridge", SHAPE, ridge=2.0)
    _, _, estimate, information = scattered(0)
    assert prior.log_density(estimate) == pytest.approx(-np.square(estimate).sum())
    assert prior.advance(estimate, information) is None
    assert prior.results() == {}


def test_forbidden_couplings_are_pinned_at_zero():
    allowed = ~np.eye(6, dtype=bool)
    for name in ("ridge", "gaussian", "onehot"):
        prior = make_prior(name, SHAPE, allowed=allowed)
        _, _, estimate, information = scattered(0)
        for _ in range(2):
            mean, precision = prior.quadratic()
            assert np.isinf(precision[:, ~allowed]).all()
            assert np.isfinite(precision[:, allowed]).all()
            assert (mean[:, ~allowed] == 0).all()
            pinned = np.where(allowed[None, :, :, None], estimate, 0.0)
            prior.advance(pinned, information)
            assert np.isfinite(prior.log_density(pinned))


@pytest.mark.parametrize("basis", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_the_gaussian_objective_never_falls(seed, basis):
    _, _, estimate, information = scattered(seed, shape=(4, 6, 6, basis))
    prior = make_prior("gaussian", (4, 6, 6, basis))
    prior.advance(estimate, information)
    _, heights = alternate(prior, estimate, information, 60)
    assert np.diff(heights).min() > -1e-9


def test_the_gaussian_prior_learns_scatter_and_constant_matrix():
    found = []
    for seed in range(6):
        shape = (5, 12, 12, 1)
        constant, weights, estimate, information = scattered(seed, shape=shape, error=0.2)
        prior = make_prior("gaussian", shape, ridge=0.0)
        prior.advance(estimate, information)
        fitted, _ = alternate(prior, estimate, information, 40)
        learned = prior.results()
        r = np.corrcoef(learned["prior_connectivity"].ravel(), constant.ravel())[0, 1]
        gain = ((fitted - weights) ** 2).mean() / ((estimate - weights) ** 2).mean()
        found.append([learned["prior_scale"][0], r, gain])
    scale, r, gain = np.mean(found, axis=0)
    # Truth 0.3; the scatter of 720 estimates with errors of 0.2 is known to some 4 %.
    assert scale == pytest.approx(0.3, abs=0.02)
    assert r > 0.95
    assert gain < 0.8


def test_the_variance_does_not_collapse_where_states_are_equal():
    _, _, estimate, information = scattered(0, sigma=0.0, error=0.3)
    prior = make_prior("gaussian", SHAPE, ridge=0.0)
    prior.advance(estimate, information)
    weights, heights = alternate(prior, estimate, information, 300)
    assert np.isfinite(heights).all()
    assert 0.01 <= prior.results()["prior_scale"][0] < 0.1
    assert np.abs(weights - weights.mean(axis=0)).max() < 0.1


@pytest.mark.parametrize("constant", [True, False])
def test_the_marginal_density_is_that_of_correlated_normals(constant):
    from scipy.stats import multivariate_normal

    from neurokit.states.priors_gaussian import _log_marginal

    rng = np.random.default_rng(0)
    estimate, error2 = rng.standard_normal((4, 3)), rng.random((4, 3))
    tau2 = 0.7 if constant else 0.0
    expected = sum(
        multivariate_normal.logpdf(estimate[:, e], np.zeros(4), np.diag(0.2 + error2[:, e]) + tau2)
        for e in range(3)
    )
    found = _log_marginal(estimate, error2, 0.2, tau2) - 6 * np.log(2 * np.pi)
    assert found == pytest.approx(expected)


def test_a_collapse_would_have_come_without_the_weights_uncertainty():
    # The joint mode that the published code climbs has no top: what the bound prevents.
    _, weights, _, _ = scattered(0, sigma=0.3)
    for _ in range(200):
        centre = weights.mean(axis=0)
        sigma2 = ((weights - centre) ** 2).mean()
        # Likelihood of errors of 0.5 around the same estimates.
        weights = centre + (weights - centre) * sigma2 / (sigma2 + 0.25)
    assert sigma2 < 1e-6


def test_a_fixed_scale_and_a_given_matrix_stay():
    constant, _, estimate, information = scattered(2)
    prior = make_prior("gaussian", SHAPE, scale=1 / 3, connectivity=constant[..., 0])
    prior.advance(estimate, information)
    _, heights = alternate(prior, estimate, information, 20)
    found = prior.results()
    assert found["prior_scale"][0] == pytest.approx(1 / 3)
    np.testing.assert_allclose(found["prior_connectivity"], constant[..., 0])
    np.testing.assert_allclose(prior.quadratic()[1], 9.0)
    assert np.diff(heights).min() > -1e-9


def test_one_state_shrinks_towards_zero():
    _, _, estimate, information = scattered(3, shape=(1, 8, 8, 1), sigma=0.5, tau=0.0)
    prior = make_prior("gaussian", (1, 8, 8, 1), ridge=0.0)
    prior.advance(estimate, information)
    alternate(prior, estimate, information, 40)
    found = prior.results()
    assert (found["prior_connectivity"] == 0).all()
    assert found["prior_scale"][0] == pytest.approx(0.5, abs=0.15)


def test_a_gaussian_prior_has_two_stages_after_the_ridge():
    _, _, estimate, information = scattered(0)
    prior = make_prior("gaussian", SHAPE)
    assert prior.advance(estimate, information) is not None
    assert prior.advance(estimate, information) is not None
    assert prior.advance(estimate, information) is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"name": "gausian"}, "did you mean 'gaussian'"),
        ({"name": "ridge", "ridge": -1.0}, "ridge"),
        ({"name": "ridge", "ridge": np.nan}, "ridge"),
        ({"name": "ridge", "scale": 0.3}, "prior_scale"),
        ({"name": "onehot", "scale": 0.3}, "prior_scale"),
        ({"name": "gaussian", "scale": 0.0}, "prior_scale"),
        ({"name": "gaussian", "connectome": object()}, "prior_connectome"),
        ({"name": "gaussian", "connectivity": np.zeros((2, 2))}, "prior_connectivity"),
        ({"name": "onehot", "connectivity": np.zeros((6, 6))}, "prior_connectivity"),
        ({"name": "onehot", "connectivity": np.zeros((6, 6, 3))}, "prior_connectivity"),
        ({"name": "ridge", "allowed": np.ones((2, 2), dtype=bool)}, "allowed"),
    ],
)
def test_a_wrong_option_is_named(options, named):
    with pytest.raises(OptionError, match=named):
        make_prior(shape=SHAPE, **options)


NAMES = ["AVAL", "AVAR", "RIML"]


def wiring():
    weight = np.zeros((2, 3, 3), dtype=np.float32)
    # pre RIML -> post AVAL chemical; AVAL - AVAR electrical; both at AVAR -> RIML.
    weight[0, 2, 0] = 3
    weight[1, 0, 1] = weight[1, 1, 0] = 1
    weight[0, 1, 2] = weight[1, 1, 2] = 2
    coords = {"synapse_type": ["chemical", "electrical"], "pre": NAMES, "post": NAMES}
    return xr.DataArray(weight, coords, ("synapse_type", "pre", "post"), name="weight")


def test_groups_are_combinations_of_synapses_by_post_and_pre():
    group = edge_groups(wiring(), NAMES)
    assert group[0, 2] != group[2, 0]
    assert group[0, 1] == group[1, 0]
    none, chemical, electrical, both = group[2, 0], group[0, 2], group[0, 1], group[2, 1]
    assert len({none, chemical, electrical, both}) == 4
    assert group[0, 0] == none
    assert sorted(np.unique(group)) == [0, 1, 2, 3]


def test_neurons_are_matched_by_name_and_unknown_ones_are_a_group():
    names = ["RIML", "XYZ", "AVAL"]
    group = edge_groups(wiring().to_dataset(), names)
    assert group[2, 0] != group[0, 2]
    unknown = group[1, 1]
    assert (group[1] == unknown).all()
    assert (group[:, 1] == unknown).all()
    assert unknown not in (group[0, 0], group[2, 0])


def test_a_recording_with_a_connectome_will_do():
    import neurokit as nk

    rec = nk.simulate.recording("connectome", n_channels=20, random_state=0)
    names = rec.connectome.pre.values.tolist()
    assert edge_groups(rec, names).shape == (20, 20)


def test_a_connectome_of_other_neurons_is_refused():
    with pytest.raises(LabelError, match="holds 0 of the 2"):
        edge_groups(wiring(), ["A", "B"])
    with pytest.raises(SchemaError, match="no weight"):
        edge_groups(xr.Dataset(), NAMES)


def test_given_probabilities_are_aligned_by_label():
    rng = np.random.default_rng(0)
    values = rng.dirichlet(np.ones(3), (3, 3))
    coords = {"post": NAMES, "pre": NAMES, "sign": [-1, 0, 1]}
    given = xr.DataArray(values, coords, ("post", "pre", "sign"))
    turned = given.isel(post=[2, 0, 1], sign=[1, 2, 0]).transpose("sign", "pre", "post")
    np.testing.assert_allclose(edge_probabilities(turned, NAMES, 3), values)
    with pytest.raises(LabelError, match="lacks 1 neurons"):
        edge_probabilities(given, [*NAMES, "AIBL"], 4)
    with pytest.raises(LabelError, match="has dims"):
        edge_probabilities(given.rename(sign="kind"), NAMES, 3)


def test_known_wiring_is_given_once():
    with pytest.raises(OptionError, match="beside prior_connectome"):
        make_prior(
            "onehot",
            (2, 3, 3, 1),
            connectivity=np.full((3, 3, 3), 1 / 3),
            connectome=wiring(),
            neurons=NAMES,
        )
