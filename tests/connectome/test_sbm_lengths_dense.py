"""Description lengths of whole partitions against dense formulas written out pair by pair."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sbm_cases import partitions
from scipy import stats
from scipy.special import betaln, expit, gammaln

from neurokit.connectome.sbm_assortative import AssortativeModel, Fitted, sweep
from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_node_effects import edge_effects, mean_effects
from neurokit.connectome.sbm_search import (
    description_length,
    find_partition,
    first_appearance,
    ordered_partition,
    random_partition,
    sample_partitions,
)
from neurokit.connectome.sbm_weight_effects import weight_effects
from neurokit.connectome.sbm_weights import (
    ALPHA,
    BETA,
    KAPPA,
    log_beta_bernoulli,
    pair_model,
    scaled,
    tables,
)

POWERS = {"normal": 1.0, "log-normal": 0.0, "zero-inflated": 0.0, "0.25": 0.25, "0.5": 0.5}
KINDS = ["none", "exponential", *POWERS]


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def a_graph(seed=0, n=12, density=0.6, missing=0.15):
    rng = np.random.default_rng(seed)
    values = symmetric(rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < density))
    observed = ~(symmetric(rng.random((n, n)) < missing).astype(bool) | np.eye(n, dtype=bool))
    return np.where(observed, values, 0.0), observed


def log_prior(labels):
    sizes = np.unique(labels, return_counts=True)[1]
    n, b = int(sizes.sum()), sizes.size
    ways = gammaln(n + 1) - gammaln(sizes + 1).sum()
    return -(math.log(n) + math.log(math.comb(n - 1, b - 1)) + ways)


def pairs_of(labels, observed):
    """Members of each pair of blocks, as lists of pairs of nodes."""
    groups = {}
    for i in range(len(labels)):
        for j in range(i):
            if observed[i, j]:
                key = tuple(sorted((int(labels[i]), int(labels[j]))))
                groups.setdefault(key, []).append((i, j))
    return groups


def log_density(x, kind, everything):
    """Log density of the weights of one block pair in their own unit."""
    if kind == "exponential":
        mean = everything.mean()
        # rate ~ Gamma(1, 1) in units of the mean: n! / (1 + sum)^(n + 1).
        n, total = x.size, (x / mean).sum()
        return gammaln(n + 1) - (n + 1) * math.log1p(total) - n * math.log(mean)
    power = POWERS[kind]

    def transform(w):
        return w**power if power else np.log(w)

    z, whole = transform(x), transform(everything)
    y = (z - whole.mean()) / whole.std()
    slope = (power * x ** (power - 1) if power else 1 / x) / whole.std()
    shape = BETA / ALPHA * (np.eye(x.size) + np.ones((x.size, x.size)) / KAPPA)
    t = stats.multivariate_t(np.zeros(x.size), shape, df=2 * ALPHA).logpdf(y)
    return float(t) + float(np.log(slope).sum())


def dense_length(values, observed, kind, labels):
    upper = np.triu(observed, 1)
    everything = values[upper & (values > 0)]
    total = log_prior(labels)
    if kind == "zero-inflated":
        total += betaln(everything.size + 1, upper.sum() - everything.size + 1)
    for members in pairs_of(labels, observed).values():
        weights = np.array([values[pair] for pair in members])
        x = weights[weights > 0]
        if kind != "zero-inflated":
            total += betaln(x.size + 1, weights.size - x.size + 1)
        if x.size and kind != "none":
            total += log_density(x, kind, everything)
    return -total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_blocks", [1, 2, 4, 12])
def test_a_plain_partition_costs_what_its_pairs_say_one_by_one(kind, n_blocks):
    values, observed = a_graph(n_blocks)
    labels = first_appearance(np.random.default_rng(5).integers(n_blocks, size=12))
    if n_blocks == 12:
        labels = np.arange(12)
    length = description_length(pair_model(values, observed, kind), labels)
    assert length == pytest.approx(dense_length(values, observed, kind, labels), rel=1e-9)


def test_likelihoods_of_edges_sum_to_one_over_all_graphs():
    # Of 4 nodes: 2^6 graphs.
    n, total = 4, 0.0
    labels = np.array([0, 0, 1, 1])
    observed = ~np.eye(n, dtype=bool)
    upper = np.triu_indices(n, 1)
    for code in range(64):
        values = np.zeros((n, n))
        values[upper] = [(code >> k) & 1 for k in range(6)]
        values += values.T
        total += math.exp(-description_length(pair_model(values, observed, "none"), labels))
    assert total == pytest.approx(math.exp(log_prior(labels)), rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_the_search_reports_the_length_of_what_it_returns(kind):
    values, observed = a_graph(3)
    model = pair_model(values, observed, kind)
    labels, length = find_partition(model, np.arange(12) % 4, np.random.default_rng(0))
    assert length == pytest.approx(dense_length(values, observed, kind, labels), rel=1e-9)
    np.testing.assert_array_equal(labels, first_appearance(labels))


@pytest.mark.parametrize("kind", ["none", "log-normal", "exponential"])
def test_no_single_node_shortens_a_found_partition_by_moving(kind):
    values, observed = a_graph(4)
    model = pair_model(values, observed, kind)
    labels, length = find_partition(model, np.arange(12) % 3, np.random.default_rng(1))
    for node in range(12):
        for block in range(int(labels.max()) + 2):
            moved = labels.copy()
            moved[node] = block
            assert dense_length(values, observed, kind, moved) >= length - 1e-7


@pytest.mark.parametrize("n_anneal", [0, 5])
def test_the_search_never_returns_more_than_its_start_or_one_block(n_anneal):
    for seed in range(4):
        values, observed = a_graph(seed)
        model = pair_model(values, observed, "normal")
        start = np.arange(12) % 3
        rng = np.random.default_rng(seed)
        length = find_partition(model, start, rng, n_anneal=n_anneal)[1]
        assert length <= description_length(model, np.zeros(12, dtype=np.int64)) + 1e-9
        if n_anneal == 0:
            assert length <= description_length(model, start) + 1e-9


def test_samples_are_partitions_without_gaps_and_repeatable():
    values, observed = a_graph(5)
    model = pair_model(values, observed, "none")
    start = np.arange(12) % 3
    one, other = (
        sample_partitions(model, start, np.random.default_rng(2), n_samples=20, n_between=1)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
    for labels in one:
        assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))
    np.testing.assert_array_equal(start, np.arange(12) % 3)


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 5, 8])
def test_classes_of_a_score_differ_by_at_most_one_in_size(n_blocks):
    score = np.random.default_rng(n_blocks).permutation(13.0 * np.arange(13))
    labels = ordered_partition(score, n_blocks)
    sizes = np.bincount(labels)
    assert sizes.size == n_blocks
    assert np.ptp(sizes) <= 1
    # A class is a stretch of the sorted score.
    changes = np.count_nonzero(np.diff(labels[np.argsort(score)]))
    assert changes == n_blocks - 1


@pytest.mark.parametrize(("n", "b"), [(1, 1), (5, 2), (50, 7), (4, 100)])
def test_random_partitions_have_no_gaps(n, b):
    labels = random_partition(n, b, np.random.default_rng(0))
    assert labels.size == n
    assert labels[0] == 0
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))
    assert labels.max() < min(n, b)


@pytest.mark.parametrize("name", [np.int8, np.uint16, np.float64, np.str_, np.bool_])
def test_first_appearance_takes_labels_of_any_type(name):
    labels = np.array([1, 0, 0, 1, 1]).astype(name)
    found = first_appearance(labels)
    assert found.dtype == np.int64
    assert found.tolist() == [0, 1, 1, 0, 0]
    np.testing.assert_array_equal(first_appearance(found), found)


def test_look_up_tables_hold_log_factorials_and_gamma_ratios():
    for weights in (0, 1, 2):
        found = tables(6, weights)
        assert found.shape == (2, 7)
        np.testing.assert_allclose(found[0], [math.log(math.factorial(k)) for k in range(7)])
    np.testing.assert_allclose(tables(6, 1)[1], [math.lgamma(1 + k) for k in range(7)])
    # k weights of zero have the density of a multivariate t distribution at its centre.
    for k in range(1, 7):
        shape = np.eye(k) * BETA / ALPHA + np.ones((k, k)) * BETA / ALPHA / KAPPA
        centre = stats.multivariate_t(np.zeros(k), shape, df=2 * ALPHA).logpdf(np.zeros(k))
        expected = centre + (ALPHA + k / 2) * math.log(BETA)
        assert tables(6, 2)[1, k] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("e", "m"), [(0, 0), (0, 5), (2, 5), (5, 5)])
def test_shared_edges_are_a_beta_function(e, m):
    whole = math.factorial(e) * math.factorial(m - e) / math.factorial(m + 1)
    assert log_beta_bernoulli(e, m) == pytest.approx(math.log(whole))


@pytest.mark.parametrize("kind", ["exponential", "normal", "log-normal", "0.5"])
def test_scaled_weights_have_the_mean_and_spread_of_their_prior(kind):
    values, observed = a_graph(6)
    edge = observed & (values > 0)
    before = values.copy()
    y = scaled(values, edge, kind)[0]
    np.testing.assert_array_equal(values, before)
    assert (y[~edge] == 0).all()
    assert y[edge].mean() == pytest.approx(1.0 if kind == "exponential" else 0.0, abs=1e-12)
    if kind != "exponential":
        assert y[edge].std() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["normal", "log-normal", "exponential", "0.25"])
def test_weights_all_alike_stay_finite(kind):
    values = 3.0 * (1 - np.eye(6))
    for make in (pair_model, corrected_model):
        model = make(values, values > 0, kind)
        assert np.isfinite(model.pairs).all()
        assert np.isfinite(description_length(model, np.arange(6) % 2))


def test_corrected_models_leave_shared_edges_alone_and_expect_all_edges():
    values, observed = a_graph(7)
    zero = corrected_model(values, observed, "zero-inflated")
    assert zero.edges == pair_model(values, observed, "zero-inflated").edges
    found = corrected_model(values, observed, "none")
    expected = found.pairs[..., 4]
    np.testing.assert_allclose(expected, expected.T)
    assert (expected[~observed] == 0).all()
    assert ((expected > 0) & (expected < 1))[observed].all()
    # With an intercept whose prior is wide the expected number is nearly that of the edges.
    assert expected.sum() == pytest.approx(found.pairs[..., 1].sum(), rel=0.05)


@pytest.mark.parametrize("kind", ["log-normal", "normal", "exponential"])
def test_residuals_of_weights_have_lost_the_strengths_of_nodes(kind):
    rng = np.random.default_rng(8)
    effect = rng.normal(0, 1.0, 30)
    values = symmetric(np.exp(effect[:, None] + effect + rng.normal(0, 0.3, (30, 30))))
    observed = ~np.eye(30, dtype=bool)
    plain = pair_model(values, observed, kind).pairs[..., 2]
    left = corrected_model(values, observed, kind).pairs[..., 2]
    np.testing.assert_allclose(left, left.T)
    spread = [np.std(x.sum(axis=1)) / np.std(x[observed]) for x in (plain, left)]
    assert spread[1] < 0.6 * spread[0]


def test_an_empty_graph_has_lengths_in_every_family():
    values, observed = np.zeros((5, 5)), ~np.eye(5, dtype=bool)
    labels = np.zeros(5, dtype=np.int64)
    plain = description_length(pair_model(values, observed, "normal"), labels)
    # One probability of no edge in 10 pairs: 1 / 11; one block of 5: 1 / 5.
    assert plain == pytest.approx(math.log(11) + math.log(5))
    assert np.isfinite(description_length(corrected_model(values, observed, "normal"), labels))
    assert np.isfinite(AssortativeModel(values, observed, "normal").description_length(labels))


# ---------------------------------------------------------------- communities with node effects


@pytest.mark.parametrize("kind", ["none", "exponential", "log-normal", "zero-inflated"])
def test_one_community_costs_what_node_effects_say(kind):
    values, observed = a_graph(9, n=14)
    edge = (values > 0).astype(float)
    model = AssortativeModel(values, observed, kind)
    x = values[values > 0]
    n_edges = x.size / 2
    total = -math.log(14)
    if kind == "zero-inflated":
        total += betaln(n_edges + 1, observed.sum() / 2 - n_edges + 1)
    else:
        total += edge_effects(edge, observed.astype(float)).log_evidence
    if kind == "exponential":
        s = (x / x.mean()).sum() / 2
        total += gammaln(n_edges + 1) - (n_edges + 1) * math.log1p(s) - n_edges * math.log(x.mean())
    if kind in POWERS:
        y, _, jacobian = scaled(values, values > 0, kind)
        total += weight_effects(y, [edge]).log_evidence + jacobian
    assert model.description_length(np.zeros(14, dtype=int)) == pytest.approx(-total, rel=1e-9)


def corrected_ratio(edge, expected, part):
    """Beta-binomial evidence relative to pairs of one probability of the same mean, variance."""
    e = edge[part].sum() / 2
    mean, squares = expected[part].sum() / 2, (expected[part] ** 2).sum() / 2
    p = squares / mean
    m = max(mean / p, e)
    return betaln(e + 1, m - e + 1) - e * math.log(p) - (m - e) * math.log1p(-p)


def test_edges_of_two_communities_are_credited_with_their_ratio():
    values, observed = a_graph(10, n=14)
    edge = (values > 0).astype(float)
    labels = np.repeat([0, 1], 7)
    null = edge_effects(edge, observed.astype(float))
    expected = observed * expit(null.predictor)
    same = labels[:, None] == labels
    total = log_prior(labels) + null.log_evidence
    total -= corrected_ratio(edge, expected, observed)
    total += corrected_ratio(edge, expected, observed & same)
    total += corrected_ratio(edge, expected, observed & ~same)
    model = AssortativeModel(values, observed, "none")
    assert model.description_length(labels) == pytest.approx(-total, rel=1e-9)


def test_weights_of_two_communities_average_shared_and_separate_effects():
    values, observed = a_graph(11, n=14, density=0.9)
    labels = np.arange(14) % 2
    model = AssortativeModel(values, observed, "zero-inflated")
    edge = (values > 0).astype(float)
    same = (labels[:, None] == labels).astype(float)
    y, _, jacobian = scaled(values, values > 0, "zero-inflated")
    inside, outside = edge * same, edge * (1 - same)
    apart = sum(weight_effects(y, [part]).log_evidence for part in (inside, outside))
    shared = weight_effects(y, [inside, outside]).log_evidence
    n_edges, n_pairs = edge.sum() / 2, observed.sum() / 2
    total = log_prior(labels) + jacobian + betaln(n_edges + 1, n_pairs - n_edges + 1)
    total += math.log(0.5 * (math.exp(apart - shared) + 1.0)) + shared
    assert model.description_length(labels) == pytest.approx(-total, rel=1e-9)


@pytest.mark.parametrize("kind", ["none", "exponential", "log-normal"])
def test_the_search_of_communities_reports_the_length_of_what_it_returns(kind):
    values, observed = a_graph(12, n=14)
    model = AssortativeModel(values, observed, kind)
    labels, length = model.search(np.arange(14) % 3, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, first_appearance(labels))
    # Ratios of variances are found from another start, on a grid of factor 2.
    assert length == pytest.approx(model.description_length(labels), abs=0.5)
    assert length <= model.description_length(np.zeros(14, dtype=int)) + 1e-9


def test_communities_of_five_nodes_are_the_best_of_all_52():
    values, observed = a_graph(13, n=5, missing=0.0)
    model = AssortativeModel(values, observed, "none")
    rng = np.random.default_rng(0)
    found = min(model.search(start, rng)[1] for start in partitions(5))
    every = [model.description_length(labels) for labels in partitions(5)]
    assert len(every) == 52
    assert found == pytest.approx(min(every), abs=1e-9)


def test_gains_of_pairs_prefer_blocks_where_edges_are_denser_within():
    labels = np.repeat([0, 1], 10)
    rng = np.random.default_rng(14)
    same = labels[:, None] == labels
    values = symmetric((rng.random((20, 20)) < np.where(same, 0.8, 0.2)).astype(float))
    model = AssortativeModel(values, ~np.eye(20, dtype=bool), "none")
    fitted = model.fit(labels)
    assert isinstance(fitted, Fitted)
    assert fitted.edges[0] > 0 > fitted.edges[1]
    gain, expected, parameters = model.evidence(fitted, labels)
    edge = values > 0
    assert gain[edge].min() > 0 > gain[~edge & ~np.eye(20, dtype=bool)].max()
    np.testing.assert_allclose(gain, gain.T)
    assert not expected.any()
    np.testing.assert_array_equal(parameters, np.ones(5))


def test_a_push_is_at_least_what_it_says():
    values, observed = a_graph(15, n=14)
    model = AssortativeModel(values, observed, "log-normal")
    fitted = model.fit(np.arange(14) % 2)
    weak, strong = (
        model.evidence(fitted, np.arange(14) % 2, push)[0] for push in ((0.0, 0.0), (3.0, 0.0))
    )
    edge = values > 0
    assert (strong[edge] > weak[edge]).all()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_sweeps_of_communities_leave_no_gaps(temperature):
    values, observed = a_graph(16, n=14)
    model = AssortativeModel(values, observed, "log-normal")
    labels = np.arange(14) % 4
    fitted = model.fit(labels)
    source = np.array([1], dtype=np.uint64)
    evidence = model.evidence(fitted, labels)
    for _ in range(5):
        sweep(model.y, model.edge, *evidence, labels, temperature, source)
        assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))


# ---------------------------------------------------------------- node effects


def test_modes_of_edges_have_no_slope():
    values, observed = a_graph(17, n=14)
    edge = (values > 0).astype(float)
    found = edge_effects(edge, observed.astype(float))
    p = observed * expit(found.predictor)
    intercept = found.predictor[0, 1] - found.theta[0] - found.theta[1]
    np.testing.assert_allclose((edge - p).sum(axis=1) - found.theta / found.sd**2, 0.0, atol=1e-3)
    assert 0.5 * (edge - p).sum() - intercept / 9.0 == pytest.approx(0.0, abs=1e-3)


def test_modes_of_mean_weights_have_no_slope():
    values, _ = a_graph(18, n=14)
    edge = (values > 0).astype(float)
    found = mean_effects(values, edge)
    relative = values * np.exp(-found.predictor)
    np.testing.assert_allclose(
        (relative - edge).sum(axis=1) - found.theta / found.sd**2, 0.0, atol=1e-3
    )


@pytest.mark.parametrize("factor", [1e-3, 50.0])
def test_a_unit_of_weights_moves_the_intercept_alone(factor):
    values, _ = a_graph(19, n=14)
    edge = (values > 0).astype(float)
    one, other = mean_effects(values, edge), mean_effects(factor * values, edge)
    shift = (other.predictor - one.predictor)[np.triu_indices(14, 1)]
    # The prior of the intercept (sd 3) pulls it a little.
    np.testing.assert_allclose(shift, math.log(factor), atol=0.15)


def test_a_ratio_that_is_given_is_kept_without_a_search():
    values, _ = a_graph(20, n=14)
    y, _, _ = scaled(values, values > 0, "log-normal")
    edge = (values > 0).astype(float)
    kept = weight_effects(y, [edge], 32.0, search=False)
    assert kept.ratio == 32.0
    free = weight_effects(y, [edge], 32.0)
    assert free.log_evidence >= kept.log_evidence
    grid = [weight_effects(y, [edge], 2.0**k, search=False).log_evidence for k in range(-8, 15)]
    assert free.log_evidence == pytest.approx(max(grid), abs=1e-9)


def test_uncertainty_is_the_posterior_variance_and_grows_without_edges():
    values, _ = a_graph(21, n=14, density=0.9)
    values[0, 2:] = values[2:, 0] = 0.0
    y, _, _ = scaled(values, values > 0, "log-normal")
    edge = (values > 0).astype(float)
    found = weight_effects(y, [edge], 4.0, search=False)
    first, second = np.nonzero(np.triu(edge))
    design = np.zeros((first.size, 15))
    design[np.arange(first.size), first] = design[np.arange(first.size), second] = 1.0
    design[:, 14] = 1.0
    precision = design.T @ design + np.diag(np.r_[np.full(14, 4.0), KAPPA])
    np.testing.assert_allclose(found.uncertainty, np.diag(np.linalg.inv(precision))[:14])
    assert found.uncertainty.argmax() == 0
