"""scikit-learn's own checks; what is not passed is listed with its reason."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import estimator_checks_generator

from neurokit.encoding import (
    BandedRidgeEncoder,
    RetrievalDecoder,
    RidgeEncoder,
    SpikeGLM,
    TemporalResponseFunction,
)
from neurokit.errors import SchemaError

ANY = "every estimator"
EXPECTED_FAILURES = {
    (ANY, "check_n_features_in_after_fitting"): (
        "it calls score(X, y=...); the second argument is called Y here, as the design of the "
        "public names has it, because targets are matrices. Widths are checked "
        "(test_ridge.py::test_other_features_than_those_of_the_fit_are_refused)"
    ),
    ("TemporalResponseFunction", "check_fit2d_1sample"): (
        "it wants the words '1 sample'; one sample has no past, and the message says so"
    ),
    ("SpikeGLM", "check_fit1d"): "X of one dim is one feature, as in time series it often is",
    (
        "SpikeGLM",
        "check_fit2d_predict1d",
    ): "the same; another width than the fit's is refused",
    ("SpikeGLM", "check_dtype_object"): "arrays of objects are refused, whatever they hold",
}
SKIPPED = {"check_array_api_input": "runs only where SCIPY_ARRAY_API is set"}
# RetrievalDecoder is not checked: its second argument is called Z, latents of which there must be
# two or more, and it scores retrieval among candidates.
# One lag of a clock of 1 Hz, because rows of plain arrays have no clock of their own.
ESTIMATORS = [
    RidgeEncoder(),
    BandedRidgeEncoder(n_iter=2, random_state=0),
    TemporalResponseFunction(0.0, 0.0, rate=1.0),
    SpikeGLM(),
]


def name_of_class(estimator):
    return type(estimator).__name__


def name_of(check):
    return getattr(check, "func", check).__name__


CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{name_of(check)}-{number}")
    for template in ESTIMATORS
    for number, (estimator, check) in enumerate(
        estimator_checks_generator(template, legacy=True, expected_failed_checks=None, mark=None)
    )
    if name_of(check) not in SKIPPED
]


@pytest.mark.filterwarnings("ignore")  # the checks feed nonsense, about which we warn
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learn_checks(estimator, check):
    if {(ANY, name_of(check)), (type(estimator).__name__, name_of(check))} & set(EXPECTED_FAILURES):
        with pytest.raises((AssertionError, SchemaError)):
            check(estimator)
        return
    check(estimator)


def test_every_exception_is_about_a_check_that_exists():
    names = {(type(param.values[0]).__name__, name_of(param.values[1])) for param in CHECKS}
    names |= {(ANY, check) for _, check in names}
    assert set(EXPECTED_FAILURES) <= names
    assert len({check for _, check in names}) > 40


@pytest.mark.parametrize("estimator", [*ESTIMATORS, RetrievalDecoder()], ids=name_of_class)
def test_scikit_learn_knows_what_is_not_fitted(estimator):
    with pytest.raises(NotFittedError, match=r"is not fitted yet\. Call fit"):
        estimator.predict(np.zeros((3, 2)))


def test_a_spike_glm_says_what_scikit_learn_would():
    x, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 3
    glm = SpikeGLM().fit(x, y)
    assert glm.n_features_in_ == 2
    with pytest.raises(SchemaError, match="X has 1 features, but SpikeGLM is expecting 2"):
        glm.predict(x[:, :1])
    with pytest.raises(SchemaError, match=r"X: is sparse\. Give a dense array"):
        glm.fit(csr_array(x), y)
    with pytest.raises(SchemaError, match="Complex data not supported"):
        glm.fit(x * 1j, y)
    with pytest.raises(SchemaError, match=r"X: has 0 feature\(s\)"):
        glm.fit(x[:, :0], y)
