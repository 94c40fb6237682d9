"""What the tests of this room are for: resampling single samples finds what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from neurokit.encoding import significance
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.stats import BlockedCV, block_sign_flip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning"),
]


def _ar(rng, n, k, phi):
    steps = np.sqrt(1 - phi**2) * rng.normal(size=(n, k))
    steps[0] /= np.sqrt(1 - phi**2)
    return lfilter([1.0], [1.0, -phi], steps, axis=0)


@pytest.fixture(scope="module")
def unrelated():
    rng = np.random.default_rng(0)
    return _ar(rng, 1000, 40, 0.95), _ar(rng, 1000, 100, 0.95)


def test_shuffled_samples_call_a_third_of_unrelated_targets_encoded(unrelated):
    x, y = unrelated
    folded = FoldedRidge(x, list(BlockedCV(5).split(x)), standardize=True)
    alphas = np.logspace(-1, 5, 7)

    def score(values):
        return folded.scores(values, alphas).r.max(axis=0)

    rng = np.random.default_rng(1)
    observed = score(y)
    null = np.stack([score(y[rng.permutation(len(y))]) for _ in range(99)])
    shuffled = (1 + (null >= observed).sum(axis=0)) / 100 <= 0.05
    # The study of methods found .33 to .44; a seed scatters by .06.
    assert shuffled.mean() > 0.2
    shifted = significance(x, y, n_draws=99, random_state=1).p <= 0.05
    assert float(shifted.mean()) < 0.1


def test_flips_of_single_samples_find_differences_of_nothing():
    rng = np.random.default_rng(2)
    difference = _ar(rng, 3000, 400, 0.9)
    single = block_sign_flip(difference, 1, n_flips=499, random_state=0, keep_null=False)
    blocks = block_sign_flip(difference, n_flips=499, random_state=0, keep_null=False)
    assert float((single.p <= 0.05).mean()) > 0.5
    assert float((blocks.p <= 0.05).mean()) < 0.08  # binomial standard deviation .011
