"""Errors read as where, what was found, how to mend it, and survive crossing processes."""

import pickle
import re
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit import errors
from neurokit.errors import NeurokitError, OptionError, UnitsError, check_option, suggest

KINDS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, NeurokitError)]
DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDE = "docs/guides/mend_an_error.md"


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
    assert error.guide == kind("found").guide


def test_a_guide_of_its_own_crosses_processes_too():
    error = pickle.loads(pickle.dumps(OptionError("found", guide="tables.md")))
    assert error.guide == "docs/tables.md"
    assert pickle.loads(pickle.dumps(UnitsError("found", guide=""))).guide == ""


def test_options_are_suggested_and_listed():
    assert check_option("how", "robust", ["zscore", "robust"]) == "robust"
    with pytest.raises(OptionError, match=r"how: unknown option 'robst', did you mean 'robust'\?"):
        check_option("how", "robst", ["zscore", "robust"])
    with pytest.raises(ValueError, match="Use 'zscore', 'robust'"):
        check_option("how", 3, ["zscore", "robust"])


def test_nothing_near_suggests_nothing():
    assert suggest("xyz", ["alpha", "beta"]) == ""
    assert suggest("ALPHA", ["alpha"]) == ", did you mean 'alpha'?"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.page])
def test_the_section_that_an_error_names_is_written(kind):
    page, _, anchor = kind.page.partition("#")
    text = (DOCS / page).read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.M)
    anchors = {re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert not anchor or anchor in anchors
    assert not anchor or kind.__name__ in text or kind.__base__.__name__ in text


def test_the_guide_stands_below_the_message_and_not_in_it():
    error = UnitsError("2 units: V, T", where="signal")
    assert error.guide == f"{GUIDE}#units"
    assert error.guide not in str(error)
    assert error.guide in traceback.format_exception_only(error)[-1]
    assert len(traceback.format_exception_only(OptionError("is 3"))) == 1


def _array(unit):
    return xr.DataArray(np.zeros((4, 2)), {"unit": ("channel", unit)}, ["time", "channel"])


@pytest.mark.parametrize(
    ("call", "guide"),
    [
        (lambda folder: nk.open(folder / "notes.xyz"), f"{GUIDE}#unknown-format"),
        (lambda folder: nk.open(folder / "own.csv"), "docs/tables.md"),
        (
            lambda _: nk.connectome.communities(np.ones((3, 3)), "leiden"),
            f"{GUIDE}#missing-package",
        ),
        (
            lambda _: nk.schema.activity(np.zeros(3), names=["a"], rate=1.0),
            f"{GUIDE}#dims-groups-shapes",
        ),
        (lambda _: nk.schema.require_one_unit(_array(["V", "T"])), f"{GUIDE}#units"),
        (lambda folder: nk.open(folder / "absent.fif"), f"{GUIDE}#damaged-file"),
        (lambda _: nk.schema.activity(np.zeros((3, 1)), names=["a"]), f"{GUIDE}#time"),
        (lambda _: nk.schema.labels(["a", "a"], "neurons"), f"{GUIDE}#labels"),
        (lambda folder: nk.Catalog.read(folder / "own.csv"), "docs/catalog.md"),
    ],
)
def test_what_a_stranger_does_first_leads_to_a_guide(call, guide, tmp_path, monkeypatch):
    (tmp_path / "notes.xyz").write_text("neither this nor that")
    (tmp_path / "own.csv").write_text("AVAL,AVAR\n1.0,2.0\n1.5,2.5\n")
    monkeypatch.setitem(sys.modules, "leidenalg", None)  # as if it were not installed
    with pytest.raises(NeurokitError) as caught:
        call(tmp_path)
    assert caught.value.guide == guide
