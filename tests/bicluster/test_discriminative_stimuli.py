"""Most discriminative stimuli: the toy of on and off cells, invariances, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.bicluster import discriminative_stimuli as steps
from neurokit.bicluster import most_discriminative_stimuli
from neurokit.errors import OptionError, SchemaError
from neurokit.stats import adjusted_rand

torch = pytest.importorskip("torch")

SIDE = 18


def field():
    """A Gaussian receptive field."""
    y, x = np.mgrid[:SIDE, :SIDE] - 0.5 * (SIDE - 1)
    values = np.exp(-(y**2 + x**2) / (2 * 3.0**2)).ravel()
    return values / np.linalg.norm(values)


def on_off(seed, n=42, gains=None):
    """Cells that like light or dark, each with its gain and threshold, and their model."""
    rng = np.random.default_rng(seed)
    signs = np.where(rng.permutation(n) % 2, 1.0, -1.0)
    scale = rng.uniform(0.7, 1.4, n) if gains is None else gains(rng, n)
    weights, scale, threshold = (
        torch.as_tensor(a, dtype=torch.float32)
        for a in (field()[:, None] * signs, scale, rng.uniform(-0.5, 0.5, n))
    )

    def predict(stimuli):
        drive = stimuli.reshape(len(stimuli), -1) @ weights
        return scale * torch.nn.functional.softplus(2.0 * drive - threshold)

    return predict, (signs > 0).astype(int)


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_five_clusters_of_on_and_off_cells_become_two(seed):
    predict, truth = on_off(seed)
    found = most_discriminative_stimuli(predict, (SIDE, SIDE), n_clusters=5, random_state=seed)
    assert found.sizes["cluster"] == 2
    assert adjusted_rand(truth, found.label.values) == 1.0
    assert found.label.values[0] == 0
    confusion = found.response.values
    assert (np.diag(confusion) > confusion.sum(axis=1) - np.diag(confusion)).all()
    # log 2 is all that two stimuli can say of two clusters; float32 sums round.
    assert (found.objective.values <= np.log(2.0) + 1e-5).all()
    assert (found.objective.values > 0.5 * np.log(2.0)).all()
    # Cells that like light have a stimulus that is light in the middle.
    middle = found.stimulus.values[:, 8:10, 8:10].mean(axis=(1, 2))
    kinds = [truth[found.label.values == k][0] for k in range(2)]
    assert [m > 0 for m in middle] == [kind == 1 for kind in kinds]


@pytest.mark.slow
def test_one_cluster_to_start_with_is_split():
    predict, truth = on_off(3)
    found = most_discriminative_stimuli(
        predict, (SIDE, SIDE), n_clusters=1, n_steps=20, random_state=0
    )
    assert adjusted_rand(truth, found.label.values) == 1.0


def test_three_kinds_are_three():
    weights = torch.eye(3).repeat_interleave(5, dim=0)
    found = most_discriminative_stimuli(
        lambda s: 4.0 * torch.relu(s @ weights.T), (3,), n_clusters=6, random_state=0, norm=1.0
    )
    assert adjusted_rand(np.repeat(range(3), 5), found.label.values) == 1.0
    assert np.abs(found.stimulus.values).argmax(axis=1).tolist() == [0, 1, 2]


def test_cells_of_one_kind_stay_one():
    weights = torch.as_tensor(np.tile(field()[:, None], 12), dtype=torch.float32)
    found = most_discriminative_stimuli(
        lambda s: s.reshape(len(s), -1) @ weights, (SIDE, SIDE), n_clusters=3, random_state=0
    )
    assert found.sizes["cluster"] == 1
    assert found.objective.values == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_with_normalised_responses_gains_do_not_matter():
    predict, truth = on_off(4, gains=lambda rng, n: 10.0 ** rng.uniform(-1, 1, n))
    found = most_discriminative_stimuli(
        predict, (SIDE, SIDE), n_clusters=2, n_steps=20, normalise=True, random_state=0
    )
    assert adjusted_rand(truth, found.label.values) == 1.0


def test_stimuli_stay_in_the_ball_and_the_box():
    predict, _ = on_off(5)
    options = {"n_clusters": 2, "n_steps": 10, "random_state": 0, "bounds": (-0.1, 0.3)}
    found = most_discriminative_stimuli(predict, (SIDE, SIDE), norm=2.0, **options)
    values = found.stimulus.values
    assert values.min() >= np.float32(-0.1)
    assert values.max() <= np.float32(0.3)
    assert (np.linalg.norm(values.reshape(len(values), -1), axis=1) <= 2.0 + 1e-5).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_and_torch_keeps_its_own():
    predict, _ = on_off(6)
    state = torch.get_rng_state()
    one, two = (
        most_discriminative_stimuli(predict, (SIDE, SIDE), n_steps=10, random_state=5)
        for _ in range(2)
    )
    assert one.identical(two)
    assert torch.equal(state, torch.get_rng_state())


def test_clusters_that_are_given_are_where_it_starts():
    predict, truth = on_off(7)
    labels = truth.copy()
    found = most_discriminative_stimuli(
        predict, (SIDE, SIDE), labels=labels + 7, n_steps=20, random_state=0
    )
    assert adjusted_rand(truth, found.label.values) == 1.0
    assert np.array_equal(labels, truth)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("n_clusters", 0), ("n_clusters", 2.0), ("n_steps", True), ("temperature", 0.0),
        ("temperature", np.nan), ("step", -1.0), ("norm", 0.0), ("norm", "big"),
        ("bounds", (1.0, -1.0)), ("bounds", (0.0, np.inf)), ("least_gain", -0.1),
        ("least_gain", None),
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused_by_name(name, wrong):
    predict, _ = on_off(0)
    with pytest.raises(OptionError, match=name):
        most_discriminative_stimuli(predict, (SIDE, SIDE), **{name: wrong})


@pytest.mark.parametrize("shape", [(), (0, 3), (3.0,), (True,)])
def test_shapes_that_are_none_are_refused(shape):
    with pytest.raises(OptionError, match="shape"):
        most_discriminative_stimuli(lambda s: s, shape)


@pytest.mark.parametrize(
    ("predict", "match"),
    [
        (lambda s: s.numpy(), "ndarray|gives"),
        (lambda s: s.sum(), "for 32 stimuli"),
        (lambda s: s[:3], "for 32 stimuli"),
        (lambda s: s * np.nan, "NaN"),
        (lambda s: s[:, :0], "no neuron"),
        (lambda s: s.detach(), "no gradient"),
    ],
)
def test_models_that_are_none_are_refused(predict, match):
    with pytest.raises(SchemaError, match=match):
        most_discriminative_stimuli(predict, (4,), random_state=0)


@pytest.mark.parametrize("labels", [[0, 1], np.zeros(4), ["a"] * 4])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(SchemaError, match="labels"):
        most_discriminative_stimuli(lambda s: s, (4,), labels=labels, random_state=0)


# The steps, against numpy.


def task(**options):
    given = {
        "predict": lambda s: s.reshape(len(s), -1), "shape": (2, 2), "shift": np.zeros(4),
        "scale": np.ones(4), "temperature": 1.6, "n_steps": 30, "step": 0.1, "norm": 1.0,
        "bounds": (-1.0, 1.0), "least_gain": 0.05, **options,
    }  # fmt: skip
    return steps._Task(**given)


def test_the_objective_is_the_log_share_of_the_own_cluster():
    rng = np.random.default_rng(0)
    responses, labels = rng.standard_normal((3, 7)), np.array([0, 1, 2, 0, 1, 2, 2])
    found = steps._objective(task(), torch.as_tensor(responses), labels).numpy()
    means = np.stack([responses[:, labels == k].mean(axis=1) for k in range(3)], axis=1) / 1.6
    shares = np.exp(means) / np.exp(means).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, np.log(np.diag(shares)) + np.log(3), atol=1e-12)
    # A stimulus that tells nothing has an objective of 0, whatever the number of clusters.
    flat = steps._objective(task(), torch.ones(3, 7, dtype=torch.float64), labels).numpy()
    np.testing.assert_allclose(flat, 0.0, atol=1e-12)


def test_projections_shrink_what_is_too_long_and_cut_what_is_out_of_range():
    stimuli = torch.tensor([[[3.0, 4.0], [0.0, 0.0]], [[0.1, 0.2], [0.0, 0.1]]])
    inside = steps._projected(task(), stimuli)
    np.testing.assert_allclose(inside[0].numpy(), [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
    assert torch.equal(inside[1], stimuli[1])
    boxed = steps._projected(task(bounds=(-1.0, 0.5)), stimuli)
    np.testing.assert_allclose(boxed[0].numpy(), [[0.5, 0.5], [0.0, 0.0]], rtol=1e-6)


def test_stimuli_climb_to_what_their_cluster_likes_best():
    labels = np.array([0, 1, 1, 1])
    start = steps._random_stimuli(task(), 2, np.random.default_rng(1))
    found = steps._climb(task(), labels, start, 200)
    first = found.stimuli[0].numpy().ravel()
    # r_0 - mean(r_1..3) is largest along (1, -1/3, -1/3, -1/3).
    best = np.array([1.0, -1 / 3, -1 / 3, -1 / 3])
    np.testing.assert_allclose(first, best / np.linalg.norm(best), atol=0.02)
    assert (found.objective > steps._climb(task(), labels, start, 1).objective).all()


def test_neurons_join_the_stimulus_that_drives_them_and_empty_clusters_go():
    stimuli = torch.zeros(3, 2, 2)
    stimuli[0, 0, 0] = stimuli[0, 0, 1] = 1.0
    stimuli[2, 1, 0] = stimuli[2, 1, 1] = 1.0
    stimuli[1] -= 1.0
    labels, kept = steps._assign(task(), steps._Clustering(np.arange(3), stimuli, np.zeros(3)))
    assert labels.tolist() == [0, 0, 1, 1]
    assert torch.equal(kept, stimuli[[0, 2]])


def test_responses_are_standardised_by_shift_and_scale():
    given = task(shift=np.array([1.0, 0, 0, 0]), scale=np.array([2.0, 1, 1, 4]))
    found = steps._normalised(given, torch.full((1, 2, 2), 0.5)).numpy()
    np.testing.assert_allclose(found, [[-0.25, 0.5, 0.5, 0.125]])


@pytest.mark.parametrize(("n_neurons", "n_clusters"), [(6, 3), (2, 5), (1, 1)])
def test_first_clusters_are_even_and_none_is_empty(n_neurons, n_clusters):
    labels = steps._first_labels(None, n_clusters, n_neurons, np.random.default_rng(0))
    sizes = np.bincount(labels)
    assert len(sizes) == min(n_neurons, n_clusters)
    assert sizes.max() - sizes.min() <= 1


def test_a_mean_that_falls_little_is_a_merge_and_one_that_falls_much_is_none():
    one_kind = task(predict=lambda s: s.reshape(len(s), -1)[:, :1].expand(-1, 4))
    labels = np.array([0, 0, 1, 1])
    start = steps._random_stimuli(one_kind, 2, np.random.default_rng(2))
    merged = steps._merged(one_kind, steps._climb(one_kind, labels, start, 20))
    assert merged is not None
    assert merged.labels.tolist() == [0, 0, 0, 0]
    apart = task(temperature=0.2)
    found = steps._climb(
        apart, labels, steps._random_stimuli(apart, 2, np.random.default_rng(2)), 60
    )
    assert steps._merged(apart, found) is None
