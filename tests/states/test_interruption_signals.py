"""Ctrl-C ends a fit wherever the signal lands and whatever becomes of its exception."""

import contextlib
import signal
import threading

import numpy as np
import pytest

import neurokit.states.interruption as interruption
import neurokit.states.model as model_module
from neurokit.states import GLMHMM
from neurokit.states.interruption import Interruption, ctrl_c_sets, run_until_stopped

# A wait that fails instead of hanging, s.
LIMIT = 60.0


def _press():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def counts():
    return np.random.default_rng(0).poisson([[0.5, 2.0]], (60, 2)).astype(float)


class _Asked:
    """Work that ends when it is asked to, and tells whether it was."""

    def __init__(self, stop):
        self.stop, self.begun, self.ended = stop, threading.Event(), False

    def __call__(self):
        self.begun.set()
        pause = threading.Event()
        for _ in range(int(LIMIT / 0.01)):
            if self.stop.is_set():
                self.ended = True
                return "so far"
            pause.wait(0.01)
        return "never asked"


def test_a_flag_is_set_once_and_stays():
    stop = Interruption()
    assert not stop.is_set()
    stop.set()
    stop.set()
    assert stop.is_set()


def test_setting_the_flag_takes_no_lock():
    # A handler runs between any two bytecodes of set(), so that no lock may be held there.
    assert not any(hasattr(value, "acquire") for value in vars(Interruption()).values())


def test_the_handler_sets_the_flag_raises_and_is_taken_back():
    before = signal.getsignal(signal.SIGINT)
    with ctrl_c_sets() as stop:
        assert signal.getsignal(signal.SIGINT) is not before
        with pytest.raises(KeyboardInterrupt):
            _press()
        assert stop.is_set()
    assert signal.getsignal(signal.SIGINT) is before


def test_the_handler_is_taken_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), ctrl_c_sets():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_another_handler_is_still_called():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with ctrl_c_sets() as stop:
            _press()
        assert heard == [signal.SIGINT]
        assert stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)


def test_blocks_may_be_nested():
    with ctrl_c_sets() as outer:
        with ctrl_c_sets() as inner, contextlib.suppress(KeyboardInterrupt):
            _press()
        assert inner.is_set()
        assert outer.is_set()


def test_who_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ctrl_c_sets() as stop:
            _press()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)


def test_threads_cannot_set_handlers_and_go_without():
    found = []

    def work():
        with ctrl_c_sets() as stop:
            found.append((stop.is_set(), signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(False, before)]


def test_the_result_of_the_work_comes_back_from_another_thread():
    stop = Interruption()
    found = run_until_stopped(threading.get_ident, stop)
    assert found != threading.get_ident()
    assert not stop.is_set()


@pytest.mark.parametrize("error", [ValueError("no"), TimeoutError("late"), SystemExit(3)])
def test_errors_of_the_work_are_raised(error):
    def work():
        raise error

    with pytest.raises(type(error)) as caught:
        run_until_stopped(work, Interruption())
    assert caught.value is error


def test_a_signal_that_another_thread_took_still_ends_the_work():
    # raise_signal runs the C handler in the calling thread, and nothing wakes the waiting one.
    with ctrl_c_sets() as stop:
        work = _Asked(stop)

        def press_then_work():
            _press()
            return work()

        assert run_until_stopped(press_then_work, stop) == "so far"
    assert work.ended


def test_an_exception_lost_in_a_destructor_still_ends_the_work(monkeypatch):
    lost = []
    monkeypatch.setattr("sys.unraisablehook", lambda found: lost.append(found.exc_type))

    class _Destroyed:
        def __del__(self):
            _press()

    with ctrl_c_sets() as stop:
        thing = _Destroyed()
        del thing
        assert lost == [KeyboardInterrupt]
        assert run_until_stopped(_Asked(stop), stop) == "so far"


class _PressedAfter(interruption.ThreadPoolExecutor):
    def submit(self, *args, **options):
        super().submit(*args, **options)
        raise KeyboardInterrupt


class _PressedBefore(interruption.ThreadPoolExecutor):
    def submit(self, *args, **options):
        raise KeyboardInterrupt


def test_an_interruption_while_the_work_is_handed_over_ends_it(monkeypatch):
    monkeypatch.setattr(interruption, "ThreadPoolExecutor", _PressedAfter)
    work = _Asked(Interruption())
    with pytest.raises(KeyboardInterrupt):
        run_until_stopped(work, work.stop)
    assert work.ended


@pytest.mark.parametrize("n_presses", [1, 2])
def test_what_is_there_by_then_is_kept_when_the_waiting_is_interrupted(monkeypatch, n_presses):
    wait, left = interruption._wait, [KeyboardInterrupt] * n_presses

    def pressed(future):
        if left:
            raise left.pop()
        wait(future)

    monkeypatch.setattr(interruption, "_wait", pressed)
    work = _Asked(Interruption())
    if n_presses == 1:
        assert run_until_stopped(work, work.stop) == "so far"
    else:
        with pytest.raises(KeyboardInterrupt):
            run_until_stopped(work, work.stop)
    assert work.ended


def test_while_work_runs_the_first_press_raises_nothing_and_the_second_does():
    with ctrl_c_sets() as stop:
        stop.is_quiet = True
        _press()
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            _press()


def test_after_the_work_a_press_raises_again():
    with ctrl_c_sets() as stop:
        run_until_stopped(lambda: None, stop)
        assert not stop.is_quiet
        with pytest.raises(KeyboardInterrupt):
            _press()


def test_an_interruption_before_the_work_is_handed_over_is_raised(monkeypatch):
    monkeypatch.setattr(interruption, "ThreadPoolExecutor", _PressedBefore)
    stop = Interruption()
    with pytest.raises(KeyboardInterrupt):
        run_until_stopped(_Asked(stop), stop)
    assert stop.is_set()


def test_another_error_while_waiting_stops_the_work_and_is_raised(monkeypatch):
    def fails(future):
        raise RuntimeError("woken by something else")

    monkeypatch.setattr(interruption, "_wait", fails)
    stop = Interruption()
    work = _Asked(stop)
    with pytest.raises(RuntimeError, match="something else"):
        run_until_stopped(work, stop)
    assert work.ended


def _fit_pressed(monkeypatch, counts, press, **options):
    """A fit in whose search `press` is called once, and which waits to be asked to stop."""
    search, asked = model_module.search, []

    def pressed(*args, stop, **rest):
        press()
        asked.append(_Asked(stop)())
        return search(*args, stop=stop, **rest)

    monkeypatch.setattr(model_module, "search", pressed)
    model = GLMHMM(2, history=None, random_state=0, **options)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    return model, asked


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fit_interrupted_through_its_own_thread_keeps_what_it_has(monkeypatch, counts, n_jobs):
    model, asked = _fit_pressed(monkeypatch, counts, _press, n_restarts=3, n_jobs=n_jobs)
    assert asked == ["so far"]
    assert model.converged_ is False
    assert model.n_iter_ == 1
    assert model.restart_objectives_.sizes == {"restart": 3}
    assert np.isfinite(model.score(counts))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interruption_lost_while_data_are_prepared_ends_the_search(monkeypatch, counts):
    mean_response = model_module.mean_response

    def swallows(values):
        with contextlib.suppress(KeyboardInterrupt):
            _press()
        return mean_response(values)

    monkeypatch.setattr(model_module, "mean_response", swallows)
    model = GLMHMM(2, history=None, random_state=0, tol=0.0, max_iter=100_000)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    assert model.n_iter_ == 1
    assert model.converged_ is False


def test_an_interruption_while_data_are_prepared_fits_nothing(monkeypatch, counts):
    monkeypatch.setattr(model_module, "mean_response", lambda values: _press())
    model = GLMHMM(2, history=None)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    assert not hasattr(model, "transition_")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interruption_lost_after_the_search_is_raised_in_the_end(monkeypatch, counts):
    keep_fit = model_module.keep_fit

    def swallows(*args):
        with contextlib.suppress(KeyboardInterrupt):
            _press()
        keep_fit(*args)

    monkeypatch.setattr(model_module, "keep_fit", swallows)
    model = GLMHMM(1, history=None)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    assert model.converged_ is False
    assert np.isfinite(model.score(counts))


def test_a_run_from_given_parameters_is_interrupted_too(monkeypatch, counts):
    run_em, asked = model_module.run_em, []

    def pressed(*args, stop, **rest):
        _press()
        for _ in range(int(LIMIT / 0.01)):
            if stop():
                asked.append(True)
                break
            threading.Event().wait(0.01)
        return run_em(*args, stop=stop, **rest)

    monkeypatch.setattr(model_module, "run_em", pressed)
    start = {"bias": [[-1.0, 1.0], [1.0, -1.0]]}
    model = GLMHMM(2, history=None, init=start, max_iter=100_000, tol=0.0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    assert asked == [True]
    assert model.n_iter_ == 1
    np.testing.assert_array_equal(model.bias_, start["bias"])


def test_a_fit_without_interruption_leaves_the_handler_as_it_was(counts):
    before = signal.getsignal(signal.SIGINT)
    model = GLMHMM(1, history=None).fit(counts)
    assert signal.getsignal(signal.SIGINT) is before
    assert model.converged_ is True


def test_a_fit_in_a_thread_works_without_handlers(counts):
    expected = GLMHMM(2, history=None, random_state=0, n_restarts=1).fit(counts)
    found = []
    model = GLMHMM(2, history=None, random_state=0, n_restarts=1)
    thread = threading.Thread(target=lambda: found.append(model.fit(counts)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0].bias_, expected.bias_)
