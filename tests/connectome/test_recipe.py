"""The recipe is registered, light, and its parameters are checked."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from neurokit.connectome.recipe import MOTIFS, MotifParameters
from neurokit.recipe import load_function, registered_recipes


def test_it_is_registered_under_its_name():
    assert registered_recipes()["connectome.motifs"] == MOTIFS
    assert MOTIFS.over == "dataset"


def test_its_function_exists():
    from neurokit.connectome.motifs import run

    assert load_function(MOTIFS.run) is run


def test_reading_it_imports_nothing_heavy():
    code = (
        "import sys, neurokit.connectome.recipe\n"
        "heavy = {'numpy', 'xarray', 'pandas', 'numba', 'scipy', 'matplotlib', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_catalog_example_is_accepted():
    chosen = MOTIFS.parameters(**{"rank": 6, "random_state": 0})
    assert chosen.rank == 6
    assert chosen.kind == "differential"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ranks": 6},
        {"rank": 0},
        {"kind": "diferential"},
        {"bin_s": 0},
        {"smooth_s": -1.0},
        {"scale": "zscore"},
        {"tol": -1e-3},
        {"rate": 0.0},
        {"n_restarts": 0},
        {"communities": "louvain"},
        {"null": "time"},
        {"n_permutations": -1},
        {"max_rank": 0},
    ],
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError):
        MotifParameters(**wrong)


def test_the_rank_may_be_left_open_and_communities_out():
    chosen = MotifParameters(rank=None, communities=None, n_permutations=0, shared_time=False)
    assert chosen.rank is None
    assert chosen.communities is None


def test_every_parameter_is_one_of_the_estimator():
    from neurokit.connectome import DynamicConnectome

    known = set(DynamicConnectome().get_params()) - {"progress", "ranks"}
    assert set(MotifParameters.model_fields) - {"max_rank"} == known


def test_parameters_do_not_change():
    with pytest.raises(ValidationError):
        MotifParameters().rank = 3
