"""Axes say what they show: units with a prefix that reads well, names that stay names."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from neurokit.errors import OptionError
from neurokit.plot import style


@pytest.mark.parametrize(
    ("magnitude", "units", "factor", "text"),
    [
        (3e-5, "V", 1e6, "µV"),
        (2e-3, "V", 1e3, "mV"),
        (4e-13, "T", 1e15, "fT"),
        (5e-12, "T/m", 1e12, "pT/m"),
        (1.0, "V", 1.0, "V"),
        (999.0, "V", 1.0, "V"),
        (1000.0, "Hz", 1e-3, "kHz"),
        (1e-6, "V", 1e6, "µV"),
    ],
)
def test_the_prefix_puts_values_between_one_and_a_thousand(magnitude, units, factor, text):
    assert style.prefixed(magnitude, units) == (factor, text)
    assert 1 - 1e-9 <= magnitude * factor < 1000


@pytest.mark.parametrize("units", ["1", "mm/s", "degC", "dB", "count"])
def test_a_unit_that_nobody_prefixes_stays_as_it_is(units):
    assert style.prefixed(1e-7, units)[0] == 1.0


@pytest.mark.parametrize("magnitude", [0.0, np.nan, np.inf, -1.0])
def test_no_magnitude_means_no_prefix(magnitude):
    assert style.prefixed(magnitude, "V") == (1.0, "V")


@pytest.mark.parametrize("magnitude", [1e-30, 1e30])
def test_prefixes_end_somewhere(magnitude):
    factor, text = style.prefixed(magnitude, "V")
    assert text in ("fV", "GV")
    assert np.isfinite(factor)


def test_a_factor_is_exact_and_not_a_rounded_power():
    # 10.0 ** 15 is exact and 10.0 ** -(-15) need not be; values would gain odd digits.
    assert style.prefixed(1e-15, "T")[0] == 1e15


@pytest.mark.parametrize(
    ("value", "nice"),
    [(37.0, 20.0), (0.8, 0.5), (1.0, 1.0), (5.0, 5.0), (9.99, 5.0), (2e-6, 2e-6), (1e-12, 1e-12)],
)
def test_a_nice_number_is_one_two_or_five_and_not_above(value, nice):
    assert style.nice_number(value) == pytest.approx(nice, rel=1e-12)
    assert style.nice_number(value) <= value * (1 + 1e-9)


def test_units_stand_in_brackets_and_the_unit_one_in_words():
    assert style.labelled("speed", "mm/s") == "speed (mm/s)"
    assert style.labelled("activity", "1") == "activity (no unit)"
    assert style.units_text("") == "no unit"


def test_a_dollar_in_a_name_never_starts_a_formula():
    _, ax = plt.subplots()
    ax.set_title(style.plain("$x"))
    ax.set_xlabel(style.plain("a$b$c"))
    ax.figure.canvas.draw()
    assert style.plain("$x") == r"\$x"


@pytest.mark.parametrize(("n", "shown"), [(3, 3), (40, 40), (41, 21), (300, 38)])
def test_ticks_name_everything_or_evenly_chosen_ones(n, shown):
    _, ax = plt.subplots()
    style.name_ticks(ax.xaxis, [f"n{i}" for i in range(n)], at_most=40)
    assert len(ax.get_xticks()) == shown
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == [f"n{int(place)}" for place in ax.get_xticks()]


def test_axes_given_are_used_and_none_are_made():
    figure, ax = plt.subplots()
    assert style.axes_or_new(ax, (1, 1)) is ax
    assert plt.get_fignums() == [figure.number]
    assert style.axes_or_new(None, (3, 2)).figure.get_size_inches().tolist() == [3, 2]


def test_what_is_no_axes_is_refused_by_name():
    figure, several = plt.subplots(1, 2)
    for wrong, kind in ((several, "ndarray"), (figure, "Figure"), ("a", "str"), (3, "int")):
        with pytest.raises(OptionError, match=f"ax: is a {kind}. Give one matplotlib Axes"):
            style.axes_or_new(wrong, (1, 1))


def test_colours_are_those_of_the_palette_and_differ():
    assert len(set(style.COLOURS)) == len(style.COLOURS) == 7
    assert style.BLUE == "#0072B2"


def test_an_empty_figure_says_why_it_is_empty():
    _, ax = plt.subplots()
    style.no_data(ax, "nothing was observed")
    assert [text.get_text() for text in ax.texts] == ["nothing was observed"]


def test_tidy_axes_keep_the_lines_that_carry_ticks():
    _, ax = plt.subplots()
    style.tidy(ax)
    assert not ax.spines["top"].get_visible()
    assert ax.spines["left"].get_visible()
