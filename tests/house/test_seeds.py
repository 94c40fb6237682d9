"""Seeds that users give become generators in one place, which names what is wrong with them.

To mend a failure: ``from neurokit.randomness import as_generator`` and write
``as_generator(random_state)`` where ``np.random.default_rng(random_state)`` stands.
"""

import ast

import pytest
from walk import modules, tree

# Whatever numpy makes of a seed without saying which argument it was.
MAKERS = {"default_rng", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}
ONLY_HERE = "neurokit.randomness"


def _name(node):
    """The last part of a dotted name."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _given(call):
    """Last names of everything inside the arguments of a call."""
    parts = [*call.args, *(k.value for k in call.keywords)]
    return {_name(node) for part in parts for node in ast.walk(part)}


def seeds_without_a_check(module):
    """Yield the lines where numpy reads a user's random_state itself."""
    for node in ast.walk(module):
        made = isinstance(node, ast.Call) and _name(node.func) in MAKERS
        if made and "random_state" in _given(node):
            yield node.lineno


CHECKED = [name for name in modules() if name != ONLY_HERE]


@pytest.mark.parametrize("name", CHECKED)
def test_a_users_seed_is_checked_before_numpy_reads_it(name):
    lines = list(seeds_without_a_check(tree(name)))
    mend = "write as_generator(random_state), from neurokit.randomness"
    assert not lines, f"{modules()[name]}, lines {lines}: {mend}"


@pytest.mark.parametrize(
    "source",
    [
        "np.random.default_rng(random_state)",
        "default_rng(self.random_state)",
        "numpy.random.default_rng(seed=job.random_state).spawn(2)",
        "np.random.default_rng([random_state, 3])",
        "np.random.default_rng(np.random.SeedSequence(random_state))",
        "np.random.Generator(np.random.PCG64(random_state))",
    ],
)
def test_each_seed_without_a_check_would_be_found(source):
    assert list(seeds_without_a_check(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "as_generator(random_state)",
        "np.random.default_rng(0)",
        "np.random.default_rng([drawn.fold_seed, 3])",
        "Model(random_state=random_state)",
    ],
)
def test_seeds_of_our_own_pass(source):
    assert not list(seeds_without_a_check(ast.parse(source)))


def test_the_one_place_is_there():
    assert list(seeds_without_a_check(tree(ONLY_HERE)))
