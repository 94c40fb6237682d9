"""Groups of starts on threads: order, interruption, errors, counts of workers."""

from __future__ import annotations

import os

import numpy as np
import pytest

from neurokit.connectome import parallel as module
from neurokit.connectome.extrapolated import Fit
from neurokit.connectome.parallel import Workers, n_workers, run_starts
from neurokit.connectome.solve import Settings
from neurokit.connectome.starts import random_factors
from neurokit.connectome.tensor import observe
from neurokit.errors import OptionError


def a_fit(k):
    return Fit([np.full((1, 1), float(k))], [1.0 / k], True)


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_groups(workers):
    pool = Workers(workers)
    for k in range(1, 6):
        pool.submit(lambda stop, k=k: [a_fit(k), a_fit(10 * k)])
    assert list(pool.sweeps()) == []
    assert [fit.factors[0].item() for fit in pool.results()] == [
        value for k in range(1, 6) for value in (k, 10 * k)
    ]


def test_every_question_is_one_sweep_and_an_interrupt_is_the_answer():
    pool = Workers(1)

    def work(stop):
        answers = [stop() for _ in range(4)]
        return [a_fit(1 + sum(answers))]

    pool.submit(work)
    assert list(pool.sweeps()) == [0, 1, 2, 3]
    assert pool.results()[0].factors[0].item() == 1

    pool = Workers(1)
    pool.interrupt()
    pool.submit(work)
    assert pool.results()[0].factors[0].item() == 5


def test_an_error_in_a_group_is_raised():
    pool = Workers(2)

    def broken(stop):
        raise MemoryError("no room")

    pool.submit(broken)
    pool.submit(lambda stop: [a_fit(1)])
    list(pool.sweeps())
    with pytest.raises(MemoryError, match="no room"):
        pool.results()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_many_groups_of_different_ranks_end_as_one_by_one(n_jobs, monkeypatch):
    monkeypatch.setattr("neurokit.connectome.solve._GROUP_COLUMNS", 5)
    x = np.random.default_rng(0).random((9, 8, 7))
    data = observe(x)
    ranks = [1, 3, 2, 4, 2]
    rngs = np.random.default_rng(0).spawn(len(ranks))
    starts = [(rng, random_factors(data, rank, rng)) for rank, rng in zip(ranks, rngs, strict=True)]
    settings = Settings(30, 1e-5)
    fits, interrupted = run_starts(data, starts, settings, n_jobs=n_jobs, show=False)
    assert not interrupted
    assert [fit.factors[0].shape[1] for fit in fits] == ranks
    for start, fit in zip(starts, fits, strict=True):
        alone, _ = run_starts(data, [start], settings, show=False)
        np.testing.assert_allclose(alone[0].errors, fit.errors, rtol=1e-9)


def test_groups_that_never_began_are_missing_after_an_interrupt(monkeypatch):
    monkeypatch.setattr("neurokit.connectome.solve._GROUP_COLUMNS", 2)

    def at_once(items, **options):
        next(iter(items))
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(module, "progress", at_once)
    data = observe(np.random.default_rng(0).random((30, 20, 10)))
    rngs = np.random.default_rng(0).spawn(40)
    starts = [(rng, random_factors(data, 2, rng)) for rng in rngs]
    # Without the interrupt this takes 40 groups of up to a million sweeps.
    fits, interrupted = run_starts(data, starts, Settings(10**6, 0.0), show=False)
    assert interrupted
    assert 1 <= len(fits) < 40


def test_minus_one_is_one_worker_per_processor():
    assert n_workers(3) == 3
    assert n_workers(-1) == (os.cpu_count() or 1)
    for wrong in (0, -2, 1.5, "all"):
        with pytest.raises(OptionError, match="n_jobs"):
            n_workers(wrong)
