"""Errors read as where, what was found, how to mend it, and survive crossing processes."""

import pickle

import pytest

from neurokit import errors
from neurokit.errors import NeurokitError, OptionError, UnitsError, check_option, suggest

KINDS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, NeurokitError)]


def test_the_message_has_three_parts():
    error = UnitsError("2 units: V, T", where="signal", mend="Pick types or scale first.")
    assert str(error) == "signal: 2 units: V, T. Pick types or scale first."
    assert str(NeurokitError("alone")) == "alone"
    assert str(NeurokitError("really?", mend="Yes.")) == "really? Yes."


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_crosses_processes_whole(kind):
    error = pickle.loads(pickle.dumps(kind("found", where="here", mend="Mend.")))
    assert type(error) is kind
    assert (error.found, error.where, error.mend) == ("found", "here", "Mend.")


def test_options_are_suggested_and_listed():
    assert check_option("how", "robust", ["zscore", "robust"]) == "robust"
    with pytest.raises(OptionError, match=r"how: unknown option 'robst', did you mean 'robust'\?"):
        check_option("how", "robst", ["zscore", "robust"])
    with pytest.raises(ValueError, match="Use 'zscore', 'robust'"):
        check_option("how", 3, ["zscore", "robust"])


def test_nothing_near_suggests_nothing():
    assert suggest("xyz", ["alpha", "beta"]) == ""
    assert suggest("ALPHA", ["alpha"]) == ", did you mean 'alpha'?"
