"""Ctrl-C: the first asks, the second ends, and whoever handled it before does so again."""

from __future__ import annotations

import multiprocessing
import signal
import threading

import pytest

from neurokit.bicluster.interruption import (
    Interruption,
    ctrl_c_asks,
    process_is_stopped,
    ready_process,
)


@pytest.fixture(autouse=True)
def _usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_press_asks_and_the_second_ends():
    with ctrl_c_asks() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_after_the_block_a_press_interrupts_as_ever():
    with ctrl_c_asks() as stop:
        signal.raise_signal(signal.SIGINT)
    assert stop.is_set()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_handler_comes_back_when_the_block_fails():
    with pytest.raises(ValueError, match="inside"), ctrl_c_asks():
        raise ValueError("inside")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_blocks_within_each_other_leave_the_outer_in_charge():
    with ctrl_c_asks() as outer, ctrl_c_asks() as inner:
        signal.raise_signal(signal.SIGINT)
    assert outer.is_set()
    assert not inner.is_set()


def test_somebody_elses_handler_is_left_alone():
    pressed = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    with ctrl_c_asks() as stop:
        signal.raise_signal(signal.SIGINT)
    assert pressed == [1]
    assert not stop.is_set()


def test_a_thread_that_is_not_the_main_one_changes_no_handler():
    seen = []

    def work():
        with ctrl_c_asks() as stop:
            seen.append((signal.getsignal(signal.SIGINT), stop.is_set()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(signal.default_int_handler, False)]


def test_a_flag_stays_set():
    flag = Interruption()
    assert not flag.is_set()
    flag.set()
    flag.set()
    assert flag.is_set()


def _in_a_process(stop, answers):
    before = process_is_stopped()
    ready_process(stop)
    signal.raise_signal(signal.SIGINT)  # deaf to it now
    answers.put((before, process_is_stopped()))
    stop.set()
    answers.put((before, process_is_stopped()))


def test_a_process_of_a_pool_is_deaf_and_stops_when_it_is_told_to():
    context = multiprocessing.get_context("spawn")
    stop, answers = context.Event(), context.Queue()
    process = context.Process(target=_in_a_process, args=(stop, answers))
    process.start()
    found = [answers.get(timeout=120), answers.get(timeout=120)]
    process.join(60)
    assert found == [(False, False), (False, True)]
    assert process.exitcode == 0
    assert not process_is_stopped()
