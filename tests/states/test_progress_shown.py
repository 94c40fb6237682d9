"""What long work on states shows while it runs, and that showing it changes nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest

import neurokit.states.model as model_module
import neurokit.states.selection as selection_module
import neurokit.states.uncertainty as uncertainty_module
from neurokit.errors import OptionError
from neurokit.states import GLMHMM, select_states


@pytest.fixture
def counted(monkeypatch):
    """Bars that are made: label, total, whether to show, and how often they were moved."""
    from contextlib import contextmanager

    bars = []

    @contextmanager
    def counter(total=None, *, label="", show=None):
        bar = {"label": label, "total": total, "show": show, "n": 0}
        bars.append(bar)

        def count():
            bar["n"] += 1

        yield count

    for module in (model_module, selection_module, uncertainty_module):
        monkeypatch.setattr(module, "counter", counter)
    return bars


def test_every_iteration_of_every_start_is_counted(two_states, counted):
    counts, _ = two_states
    model = GLMHMM(2, history=None, n_restarts=3, random_state=0, progress=False).fit(counts)
    (bar,) = counted
    assert bar["label"] == "GLMHMM"
    assert bar["total"] is None
    assert bar["show"] is False
    # The run kept is one of three.
    assert bar["n"] > model.n_iter_
    one = GLMHMM(2, history=None, n_restarts=1, random_state=0).fit(counts)
    # The last iteration is evaluated again when the search ends.
    assert counted[1]["n"] == one.n_iter_ + 1
    assert counted[1]["show"] is None


def test_a_start_of_ones_own_is_counted(two_states, counted):
    counts, _ = two_states
    start = {"bias": [[-1.0, 1.0], [1.0, -1.0]]}
    model = GLMHMM(2, history=None, init=start).fit(counts)
    assert counted[0]["n"] == model.n_iter_


def test_workers_count_the_same(two_states, counted):
    counts, _ = two_states
    for n_jobs in (1, 2):
        GLMHMM(2, history=None, n_restarts=4, random_state=0, n_jobs=n_jobs).fit(counts)
    assert counted[0]["n"] == counted[1]["n"]


def test_a_bootstrap_counts_its_refits(two_states, counted):
    counts, _ = two_states
    model = GLMHMM(2, history=None, n_restarts=1, random_state=0, progress=True).fit(counts)
    model.bootstrap(counts, n_resamples=5, random_state=0)
    assert counted[1] == {"label": "bootstrap", "total": 5, "show": True, "n": 5}


def test_a_selection_counts_its_fits(two_states, counted):
    counts, _ = two_states
    options = {"history": None, "n_restarts": 1, "tol": 1e-4, "progress": True}
    select_states(counts, n_states=[1, 2], n_folds=3, random_state=0, **options)
    # Three folds and all trials, for two numbers of states.
    assert counted == [{"label": "select_states", "total": 8, "show": True, "n": 8}]


def test_epochs_of_the_published_fit_are_counted(counted):
    pytest.importorskip("torch")
    counts = np.random.default_rng(0).poisson(0.5, (2, 30, 2)).astype(float)
    GLMHMM(1, link="sigmoid", prior="gumbel", max_iter=2, random_state=0).fit(counts)
    assert counted[0]["n"] == 2


def test_a_bar_is_seen_only_when_it_is_asked_for(two_states, capsys):
    counts, _ = two_states
    options = {"history": None, "n_restarts": 1, "random_state": 0}
    hidden = GLMHMM(2, progress=False, **options).fit(counts)
    silent = capsys.readouterr()
    assert silent.err == ""
    shown = GLMHMM(2, progress=True, **options).fit(counts)
    seen = capsys.readouterr()
    assert re.search(r"GLMHMM: \d+it", seen.err)
    assert silent.out == seen.out == ""
    np.testing.assert_array_equal(hidden.bias_, shown.bias_)


def test_an_interrupted_fit_takes_its_bar_away(two_states, capsys, monkeypatch):
    counts, _ = two_states

    def pressed(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(model_module, "search", pressed)
    with pytest.raises(KeyboardInterrupt):
        GLMHMM(2, history=None, progress=True, random_state=0).fit(counts)
    assert "GLMHMM" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [({"prior": "gumbel"}, "prior: is 'gumbel'"), ({"init": {"bias": 0.0}}, "init: is a mapping")],
)
def test_fits_that_a_selection_cannot_compare_are_refused(two_states, options, said):
    counts, _ = two_states
    with pytest.raises(OptionError, match=said):
        select_states(counts, n_states=[2], **options)
