"""What notebooks show: well-formed, escaped, with what differs from defaults and what was found."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.estimator import Estimator
from neurokit.estimator_html import _described
from neurokit.schema.findings import Finding, Findings


class Reader(HTMLParser):
    """Cells of all tables, and tags that were left open."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open, self.text, self.bold = [], [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "b" in self.open:
            self.bold.append(data)


class Scaler(Estimator):
    """y = a x + b <unescaped & all>.

    Parameters
    ----------
    gain : float
        a.
    shift : array
        b.

    Attributes
    ----------
    mean_, spread_ : DataArray
        (neuron) of the data. A second sentence.
    n_iter_ : int
        Iterations,
        all of them.

    References
    ----------
    .. [1] Nobody.
    """

    def __init__(self, gain=1.0, shift=None, name="<b>"):
        self.gain = gain
        self.shift = shift
        self.name = name

    def fit(self):
        self.mean_ = xr.DataArray(np.zeros(3), dims="neuron", attrs={"units": "V"})
        self.spread_ = xr.DataArray(2.5)
        self.table_ = xr.Dataset({"a": 1, "b": 2})
        self.raw_ = np.zeros((2, 3), dtype=np.float32)
        self.score_ = 0.123456789
        self.n_iter_ = 7
        self.history_ = "[]"
        return self


def test_before_a_fit_there_are_parameters_and_the_problem():
    page = Reader(Scaler(gain=2.0)._repr_mimebundle_()["text/html"])
    assert page.open == []
    assert "y = a x + b <unescaped & all>." in page.text
    assert "not fitted" in page.text
    assert page.rows == [["gain", "2.0"], ["name", "'<b>'"], ["shift", "None"]]
    assert "2.0" in page.bold
    assert "None" not in page.bold


def test_after_a_fit_every_attribute_has_its_form_and_meaning():
    page = Reader(Scaler().fit()._html_repr())
    rows = {row[0]: row[1:] for row in page.rows if row[0].endswith("_")}
    assert rows == {
        "mean_": ["(neuron: 3) float64, V", "(neuron) of the data."],
        "spread_": ["2.5", "(neuron) of the data."],
        "table_": ["Dataset of a, b", ""],
        "raw_": ["(2, 3) float32", ""],
        "score_": ["0.123457", ""],
        "n_iter_": ["7", "Iterations, all of them."],
    }
    assert "history_" not in page.text


def test_a_fit_that_did_not_converge_says_so():
    model = Scaler().fit()
    model.converged_ = False
    assert "did not converge" in Reader(model._html_repr()).text


def test_arrays_and_long_values_as_parameters_are_cut_not_compared():
    page = Reader(Scaler(shift=np.arange(1000), gain="x" * 200)._html_repr())
    cells = {row[0]: row[1] for row in page.rows}
    assert len(cells["shift"]) <= 60
    assert cells["gain"].endswith("…")
    assert cells["gain"] in page.bold


@pytest.mark.parametrize(
    "model",
    [
        nk.connectome.NonNegativeCP(3),
        nk.states.GLMHMM(2),
        nk.flows.LangevinLDS(2, likelihood="poisson"),
        nk.encoding.RidgeEncoder(),
        nk.encoding.TemporalResponseFunction(0.0, 0.3),
        nk.bicluster.BiCluster(),
    ],
    ids=lambda m: getattr(type(m), "__name__", ""),
)
def test_every_analysis_has_a_well_formed_page(model):
    page = Reader(model._html_repr())
    assert page.open == []
    assert {row[0] for row in page.rows} == set(model.get_params(deep=False))


def test_a_real_fit_is_described_by_its_docstring():
    simulation = nk.simulate.oscillators([5.0], [0.1], 5, 5, 20, random_state=0)
    counts = simulation.recordings["session1"].activity.signal
    model = nk.flows.LangevinLDS(1, n_restarts=1, max_iter=1).fit(counts)
    rows = {row[0]: row[1:] for row in Reader(model._html_repr()).rows if row[0].endswith("_")}
    assert rows["frequencies_"][0] == "(mode: 1) float64, Hz"
    assert rows["frequencies_"][1].startswith("(mode) undamped")
    lacking = {name for name, row in rows.items() if not row[1]}
    assert lacking <= {"bin_width_", "input_labels_", "of_roots_", "readout_loading_",
                       "readout_offset_", "poles_"}  # fmt: skip


def test_a_docstring_without_attributes_describes_nothing():
    assert _described("Title.\n\nParameters\n----------\nx : int\n    One.") == {}


def test_findings_are_a_table_with_the_gravest_first_and_bold():
    found = Findings(
        [
            Finding("NK302", "SUGGESTION", "/activity", "values of <1 V>", "Give unit=."),
            Finding("NK101", "CRITICAL", "/events", "no onset", "Name it."),
        ]
    )
    page = Reader(found._repr_html_())
    assert page.rows[0] == ["code", "severity", "where", "found", "how to mend it"]
    assert [row[0] for row in page.rows[1:]] == ["NK101", "NK302"]
    assert page.rows[2][3] == "values of <1 V>"
    assert "CRITICAL" in page.bold
    assert "SUGGESTION" not in page.bold
    assert page.open == []


def test_no_findings_say_that_all_is_well():
    page = Reader(Findings()._repr_html_())
    assert "keeps the contract" in page.text
    assert page.rows == []
