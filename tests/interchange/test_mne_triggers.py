"""Decoding of trigger lines, against mne.find_events, with which it shares no code."""

import mne
import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.interchange.mne_triggers import default_lines, trigger_events, trigger_lines

RATE = 100.0


def _find_events(line, **options):
    info = mne.create_info(["STI"], RATE, "stim", verbose=False)
    raw = mne.io.RawArray(np.asarray(line, dtype=float)[None], info, verbose=False)
    return mne.find_events(raw, "STI", shortest_event=0, verbose=False, **options)


def _random_line(seed, n=400, codes=(0, 0, 0, 1, 2, 3, 7, 255), longest=6):
    rng = np.random.default_rng(seed)
    runs = [np.full(rng.integers(1, longest), rng.choice(codes)) for _ in range(n)]
    return np.concatenate(runs)[:n]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("consecutive", ["increasing", True, False])
@pytest.mark.parametrize("initial_event", [False, True])
def test_events_equal_those_of_mne(seed, consecutive, initial_event):
    line = _random_line(seed)
    ours = trigger_events(line, consecutive=consecutive, initial_event=initial_event)
    theirs = _find_events(line, consecutive=consecutive, initial_event=initial_event)
    np.testing.assert_array_equal(ours.sample, theirs[:, 0])
    np.testing.assert_array_equal(ours.value, theirs[:, 2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mask", [1, 2, 3, 254])
def test_masked_events_equal_those_of_mne(seed, mask):
    line = _random_line(seed)
    ours = trigger_events(line, mask=mask)
    theirs = _find_events(line, mask=mask, mask_type="and")
    np.testing.assert_array_equal(ours.sample, theirs[:, 0])
    np.testing.assert_array_equal(ours.value, theirs[:, 2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("consecutive", ["increasing", True, False])
def test_ends_of_events_equal_those_of_mne(seed, consecutive):
    # mne cannot pair ends where the line begins with a code: it raises or shifts them by one.
    line = np.concatenate([[0], _random_line(seed)])
    ours = trigger_events(line, consecutive=consecutive)
    theirs = _find_events(line, consecutive=consecutive, output="offset")
    np.testing.assert_array_equal(ours.last, theirs[:, 0])


def test_a_code_lasts_from_its_first_to_its_last_sample():
    events = trigger_events([0, 0, 5, 5, 5, 0, 3, 0])
    assert events.sample.tolist() == [2, 6]
    assert events.value.tolist() == [5, 3]
    assert events.last.tolist() == [4, 6]


def test_only_increasing_steps_begin_an_event_unless_told_otherwise():
    line = [0, 5, 3, 7, 0]
    assert trigger_events(line).value.tolist() == [5, 7]
    assert trigger_events(line, consecutive=True).value.tolist() == [5, 3, 7]
    assert trigger_events(line, consecutive=False).value.tolist() == [5]


def test_a_code_at_the_first_sample_is_an_event_only_if_asked_for():
    line = [4, 4, 0, 1, 0]
    assert trigger_events(line).value.tolist() == [1]
    first = trigger_events(line, initial_event=True)
    assert first.value.tolist() == [4, 1]
    assert first.sample.tolist() == [0, 3]


def test_negative_codes_count_by_their_size(recwarn):
    line = [0, -3, 0, 2, 0]
    assert trigger_events(line).value.tolist() == [3, 2]


def test_fractions_are_cut_off_as_mne_does():
    assert trigger_events([0.0, 2.9, 0.2, 0.0]).value.tolist() == [2]


def test_an_event_that_is_on_at_the_end_ends_with_the_line_as_in_mne():
    line = [0, 1, 0, 2, 2]
    events = trigger_events(line)
    assert events.value.tolist() == [1, 2] == _find_events(line)[:, 2].tolist()
    assert events.last.tolist() == [1, 4]


@pytest.mark.parametrize("line", [[], [0, 0, 0], [3, 3, 3]])
def test_a_line_without_steps_gives_no_events(line):
    assert trigger_events(line).sample.size == 0
    assert trigger_events(line, initial_event=True).sample.size == 0


def test_the_end_of_a_code_that_was_no_event_is_not_given_to_the_next_one():
    events = trigger_events([3, 3, 7, 7, 7, 0])
    assert (events.sample.item(), events.value.item(), events.last.item()) == (2, 7, 4)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("consecutive", ["increasing", True, False])
def test_no_event_ends_before_it_begins(seed, consecutive):
    events = trigger_events(_random_line(seed, n=60), consecutive=consecutive, initial_event=True)
    assert (events.last >= events.sample).all()


@pytest.mark.parametrize("wrong", ["decreasing", "", None, 2])
def test_an_unknown_rule_is_an_error_that_lists_the_rules(wrong):
    with pytest.raises(OptionError, match="increasing"):
        trigger_events([0, 1, 0], consecutive=wrong)


def test_joined_lines_are_preferred_as_mne_does():
    assert default_lines(["STI 001", "STI101", "STI 014"]) == ["STI101"]
    assert default_lines(["STI 001", "STI 014"]) == ["STI 014"]
    assert default_lines(["Status"]) == ["Status"]
    assert default_lines([]) == []


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.int32, np.uint8])
def test_the_dtype_of_the_line_does_not_matter(dtype):
    line = np.array([0, 200, 0, 7, 0], dtype=np.int64).astype(dtype)
    expected = np.abs(line[1].astype(np.int64))
    assert trigger_events(line).value.tolist() == [expected, 7]


def test_large_codes_do_not_overflow():
    assert trigger_events([0, 2**31, 0]).value.tolist() == [2**31]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("consecutive", ["increasing", True, False])
def test_a_line_read_in_blocks_has_the_events_of_the_whole(seed, consecutive):
    rng = np.random.default_rng(seed)
    lines = np.stack([_random_line(seed, n=90), _random_line(seed + 100, n=90)], axis=1)
    edges = np.sort(rng.integers(0, 90, 5))
    found = trigger_lines(np.split(lines, edges), 2)
    for column, line in enumerate(found):
        for initial in (True, False):
            rules = {"consecutive": consecutive, "initial_event": initial}
            blocks, whole = trigger_events(line, **rules), trigger_events(lines[:, column], **rules)
            for field in ("sample", "value", "last"):
                np.testing.assert_array_equal(getattr(blocks, field), getattr(whole, field))


def test_a_line_remembers_its_ends_and_its_length():
    (line,) = trigger_lines([[[3]], [], [[0], [5]]], 1)
    assert (line.size, line.first, line.last) == (3, 3, 5)
    assert line.at.tolist() == [1, 2]
    assert (line.before.tolist(), line.after.tolist()) == ([3, 0], [0, 5])


def test_a_line_without_samples_has_no_events():
    (line,) = trigger_lines([], 1)
    assert line.size == 0
    assert trigger_events(line).sample.size == 0
