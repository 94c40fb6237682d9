"""A seed is None, a whole number from 0 or a Generator; all else is named, wherever it is given."""

from __future__ import annotations

import random

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.randomness import as_generator


@given(st.integers(0, 2**200))
def test_a_number_gives_what_numpy_gives(seed):
    expected = np.random.default_rng(seed).random(3)
    np.testing.assert_array_equal(as_generator(seed).random(3), expected)


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64, np.uint64])
def test_numpys_numbers_are_numbers(kind):
    assert as_generator(kind(7)).random() == as_generator(7).random()


def test_a_generator_passes_through_and_moves_on():
    rng = np.random.default_rng(3)
    assert as_generator(rng) is rng
    assert as_generator(rng).random() != as_generator(rng).random()


def test_none_differs_each_time_and_leaves_the_global_state_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert as_generator(None).random() != as_generator(None).random()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


WRONG = {
    "negative": (-1, "is -1. Give None, a whole number of at least 0"),
    "numpy negative": (np.int64(-5), r"is np.int64\(-5\). Give None"),
    "half": (1.5, "is 1.5. Give None"),
    "whole float": (1.0, "is 1.0. Give None"),
    "NaN": (float("nan"), "is nan. Give None"),
    "numpy float": (np.float64(2.0), r"is np.float64\(2.0\). Give None"),
    "true": (True, "is True. Give None"),
    "numpy false": (np.False_, "is np.False_. Give None"),
    "string": ("x", "is 'x'. Give None"),
    "digits": ("3", "is '3'. Give None"),
    "long string": ("x" * 100, "is a str. Give None"),
    "list": ([1, 2], "is a list. Give None"),
    "array": (np.array([1, 2]), "is a numpy.ndarray. Give None"),
    "array of one": (np.array(3), "is a numpy.ndarray. Give None"),
    "complex": (1j, "is a complex. Give None"),
    "a class": (np.random.Generator, "is a type. Give None"),
    "old state": (np.random.RandomState(0), r"RandomState. Give numpy.random.default_rng\(seed\)"),
    "numpy.random": (np.random, r"module. Give numpy.random.default_rng\(seed\)"),
    "Python's": (random.Random(0), "is a random.Random. Give None"),
    "sequence": (np.random.SeedSequence(0), "SeedSequence. Give numpy.random.default_rng of it"),
    "bits": (np.random.PCG64(0), "PCG64. Give numpy.random.default_rng of it"),
}


@pytest.mark.parametrize(("seed", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_seed_is_named_with_a_mend(seed, said):
    with pytest.raises(OptionError, match=f"^random_state: .*{said}"):
        as_generator(seed)


def test_the_argument_has_the_name_its_caller_gives_it():
    with pytest.raises(OptionError, match=r"^seed: is -1\."):
        as_generator(-1, "seed")


RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 3)), RNG.normal(size=(60, 2))
COUNTS = RNG.poisson(2.0, size=(4, 30, 2))
TENSOR = RNG.random((5, 4, 3))
GRAPH = (lambda w: w + w.T)(RNG.random((8, 8)) * (1 - np.eye(8)))
PAIRS = xr.DataArray(RNG.random((6, 10)), dims=["subject", "pair"])
ROIS = xr.DataArray(RNG.random((4, 3, 10)), dims=["subject", "roi", "pair"])
REPEATS = RNG.normal(size=(4, 20, 2))
CHAIN = nk.states.GLMHMM.from_parameters(
    transition=[[0.9, 0.1], [0.1, 0.9]], bias=[[-1.0], [4.0]], history=None
)


GLM = nk.encoding.SpikeGLM().fit(X, RNG.poisson(2.0, size=(60, 1)))
WORMS = nk.simulate.worms(n_animals=1, n_neurons=12, n_motifs=2, random_state=0)
WIRING = nk.simulate.recording("connectome", random_state=0)


def _structure(seed):
    weight = WIRING.connectome.weight.sel(synapse_type="chemical", drop=True)
    both = (weight + weight.values.T).rename(pre="neuron", post="partner")
    motifs = both.expand_dims(component=[0])
    return nk.connectome.compare_structure(motifs, WIRING, n_permutations=9, random_state=seed)


# By the room's public name. Most of them do long work, before which the seed is looked at.
PLACES = {
    "stats.circular_shift_test": lambda s: nk.stats.circular_shift_test(X, X, random_state=s),
    "stats.block_sign_flip": lambda s: nk.stats.block_sign_flip(Y, blocks=1, random_state=s),
    "simulate.worms": lambda s: nk.simulate.worms(random_state=s),
    "simulate.layered_rdms": lambda s: nk.simulate.layered_rdms(2, 2, 5, random_state=s),
    "simulate.recording": lambda s: nk.simulate.recording("eeg", duration=1.0, random_state=s),
    "simulate.encoded": lambda s: nk.simulate.encoded(random_state=s),
    "simulate.spiking_hmm": lambda s: nk.simulate.spiking_hmm(random_state=s),
    "celegans.homogenise": lambda s: nk.celegans.homogenise({}, random_state=s),
    "rsa.evaluate": lambda s: nk.rsa.evaluate({"a": PAIRS[0]}, PAIRS, random_state=s),
    "rsa.identify": lambda s: nk.rsa.identify(ROIS, random_state=s),
    "encoding.significance": lambda s: nk.encoding.significance(X, Y, random_state=s),
    "encoding.integration_sites": lambda s: nk.encoding.integration_sites(
        {"vision": X, "language": X + 1, "multimodal": X + 2}, Y, random_state=s
    ),
    "encoding.compare": lambda s: nk.encoding.compare(
        nk.encoding.RidgeEncoder(), nk.encoding.RidgeEncoder(), X, Y, random_state=s
    ),
    "encoding.noise_ceiling, no draws": lambda s: nk.encoding.noise_ceiling(
        REPEATS, method="cc_norm", random_state=s
    ),
    "encoding.BandedRidgeEncoder, no draws": lambda s: nk.encoding.BandedRidgeEncoder(
        gammas=[[1.0]], random_state=s
    ).fit({"a": X}, Y),
    "encoding.SpikeGLM.evaluate": lambda s: GLM.evaluate(
        X, RNG.poisson(2.0, size=(60, 1)), random_state=s
    ),
    "connectome.NonNegativeCP": lambda s: nk.connectome.NonNegativeCP(2, random_state=s).fit(
        TENSOR
    ),
    "connectome.select_rank": lambda s: nk.connectome.select_rank(TENSOR, [1, 2], random_state=s),
    "connectome.rank_sweep": lambda s: nk.connectome.rank_sweep(TENSOR, [1, 2], random_state=s),
    "connectome.WeightedSBM": lambda s: nk.connectome.WeightedSBM(random_state=s).fit(GRAPH),
    "connectome.communities": lambda s: nk.connectome.communities(GRAPH, random_state=s),
    "connectome.communities, leiden": lambda s: nk.connectome.communities(
        GRAPH, "leiden", random_state=s
    ),
    "connectome.compare_structure": _structure,
    "connectome.DynamicConnectome": lambda s: nk.connectome.DynamicConnectome(
        rank=2, bin_s=8.0, n_permutations=9, random_state=s
    ).fit(WORMS.recordings),
    "states.MarkovJump.sample": lambda s: nk.states.MarkovJump.from_rates(
        [[-1.0, 1.0], [4.0, -4.0]]
    ).sample(np.arange(9.0), random_state=s),
    "states.GLMHMM": lambda s: nk.states.GLMHMM(2, history=None, random_state=s).fit(COUNTS),
    "states.GLMHMM.sample": lambda s: CHAIN.sample(2, 5, random_state=s),
    "states.select_states": lambda s: nk.states.select_states(
        COUNTS, n_states=[1, 2], history=None, random_state=s
    ),
}


@pytest.mark.parametrize("call", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("seed", ["x", -1, 1.5, True], ids=repr)
def test_every_room_names_a_wrong_seed(call, seed):
    with pytest.raises(OptionError, match=r"^random_state: .* Give None, a whole number"):
        call(seed)
