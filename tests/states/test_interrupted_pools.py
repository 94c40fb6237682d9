"""Ctrl-C in bootstrap and selection: the pool ends, nothing half is kept, the press is raised."""

from __future__ import annotations

import contextlib
import signal
import threading

import numpy as np
import pytest

import neurokit.states.resampling as resampling
import neurokit.states.selection as selection
from neurokit.errors import OptionError
from neurokit.states import GLMHMM, select_states
from neurokit.states.interruption import Interruption
from neurokit.states.restarts import in_parallel


def press():
    signal.raise_signal(signal.SIGINT)


def counts_of(n_trials=6):
    rng = np.random.default_rng(0)
    rates = np.array([0.3, 3.0])[rng.integers(2, size=(n_trials, 8)).repeat(5, axis=1)]
    return rng.poisson(rates).astype(float)[..., None]


@pytest.fixture(scope="module")
def fitted():
    return GLMHMM(2, history=None, n_restarts=1, random_state=0).fit(counts_of())


def counted(function, at):
    """A function that presses Ctrl-C at its call number `at`, and how often it was called."""
    calls, lock = [], threading.Lock()

    def wrapped(*args, **options):
        with lock:
            calls.append(options)
            number = len(calls)
        if number == at:
            press()
            # The handler runs in the main thread, when that wakes.
            heard, pause = options["stop"], threading.Event()
            while not (heard() if callable(heard) else heard.is_set()):
                pause.wait(0.01)
            wrapped.begun = len(calls)
        return function(*args, **options)

    return wrapped, calls


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_bootstrap_ends_at_once_and_raises(monkeypatch, fitted, n_jobs):
    run, calls = counted(resampling.run_em, 3)
    monkeypatch.setattr(resampling, "run_em", run)
    before = {name: getattr(fitted, name) for name in vars(fitted)}
    with pytest.raises(KeyboardInterrupt):
        fitted.bootstrap(counts_of(), n_resamples=2000, random_state=0, n_jobs=n_jobs)
    # Those that had begun when the flag was set, one more per other thread, none of the many
    # that waited.
    assert len(calls) < run.begun + n_jobs
    assert len(calls) < 2000
    assert all(getattr(fitted, name) is value for name, value in before.items())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_bootstrap_pressed_in_its_last_refit_gives_nothing(monkeypatch, fitted):
    run, calls = counted(resampling.run_em, 4)
    monkeypatch.setattr(resampling, "run_em", run)
    # A refit that was stopped is no refit, so that the draws would not be of one kind.
    with pytest.raises(KeyboardInterrupt):
        fitted.bootstrap(counts_of(), n_resamples=4, random_state=0)
    assert len(calls) == 4


def test_a_bootstrap_after_an_interrupted_one_is_that_of_its_seed(monkeypatch, fitted):
    expected = fitted.bootstrap(counts_of(), n_resamples=3, random_state=5)
    with monkeypatch.context() as patch:
        patch.setattr(resampling, "run_em", counted(resampling.run_em, 2)[0])
        with pytest.raises(KeyboardInterrupt):
            fitted.bootstrap(counts_of(), n_resamples=3, random_state=5)
    again = fitted.bootstrap(counts_of(), n_resamples=3, random_state=5)
    assert again.identical(expected)


@pytest.mark.parametrize("value", [0, -3, 2.5, "many"])
def test_the_number_of_resamples_is_a_whole_number_from_one(fitted, value):
    with pytest.raises(OptionError, match="n_resamples"):
        fitted.bootstrap(counts_of(), n_resamples=value)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_selection_ends_at_once_and_raises(monkeypatch, n_jobs):
    run, calls = counted(selection.search, 2)
    monkeypatch.setattr(selection, "search", run)
    with pytest.raises(KeyboardInterrupt):
        select_states(
            counts_of(), n_states=range(1, 30), n_folds=3, history=None, n_restarts=1,
            random_state=0, n_jobs=n_jobs,
        )  # fmt: skip
    assert len(calls) < run.begun + n_jobs
    assert len(calls) < 4 * 29
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_fits_of_a_selection_look_at_the_flag(monkeypatch):
    run, calls = counted(selection.search, 99)
    monkeypatch.setattr(selection, "search", run)
    select_states(counts_of(), n_states=[1], n_folds=2, history=None, n_restarts=1, random_state=0)
    stops = [options["stop"] for options in calls]
    # One flag for all, which Ctrl-C sets, and not one that nobody could.
    assert len(stops) == 3
    assert all(stop is stops[0] and isinstance(stop, Interruption) for stop in stops)


def test_a_press_while_data_are_prepared_ends_the_selection(monkeypatch):
    def swallows(data, n_folds):
        with contextlib.suppress(KeyboardInterrupt):
            press()
        return data

    monkeypatch.setattr(selection, "_with_trials", swallows)
    run, calls = counted(selection.search, 99)
    monkeypatch.setattr(selection, "search", run)
    with pytest.raises(KeyboardInterrupt):
        select_states(counts_of(), n_states=[1, 2], n_folds=2, history=None, random_state=0)
    assert not calls


@pytest.mark.parametrize("n_workers", [1, 3])
def test_no_item_is_begun_once_the_flag_is_set(n_workers):
    stop, begun = Interruption(), []
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        in_parallel(begun.append, range(50), n_workers, stop)
    assert begun == []


@pytest.mark.parametrize("n_workers", [1, 2])
def test_results_that_are_all_there_but_were_stopped_are_none(n_workers):
    stop = Interruption()

    def last_sets(item):
        if item == 3:
            stop.set()
        return item

    with pytest.raises(KeyboardInterrupt):
        in_parallel(last_sets, range(4), n_workers, stop)


def test_an_error_ends_the_pool_without_the_items_that_wait():
    gate, begun = threading.Event(), []

    def work(item):
        begun.append(item)
        if item == 0:
            gate.wait(60.0)
            raise ZeroDivisionError
        if item == 1:
            gate.set()
        return item

    with pytest.raises(ZeroDivisionError):
        in_parallel(work, range(10_000), 2)
    assert len(begun) < 10_000


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_flag_that_is_never_set_changes_nothing(n_workers):
    assert in_parallel(str, range(5), n_workers, Interruption()) == list("01234")
