"""Recipes that succeed, raise, hang, die and eat memory: a distribution as others would write it.

The folder of this file goes on ``sys.path`` (and PYTHONPATH), where its entry points are found
like those of an installed package. As in good recipes what they run is in another module, so
that a catalog is read without importing it.
"""

from __future__ import annotations

from typing import Literal

from neurokit.recipe import Parameters, Recipe


class MeanParameters(Parameters):
    """Of the mean."""

    power: int = 1
    note: str = ""


class NoiseParameters(Parameters):
    """Of the noise."""

    random_state: int = 0


class RaiseParameters(Parameters):
    """What to raise."""

    what: Literal["ValueError", "NeurokitError", "SystemExit", "nothing", "warning"] = "ValueError"


class TroubleParameters(Parameters):
    """What to do."""

    what: Literal[
        "sleep",
        "spin",
        "block",
        "exit",
        "kill",
        "crash",
        "hoard",
        "huge",
        "thread",
        "child",
        "worker",
    ] = "sleep"


class HoardParameters(TroubleParameters):
    """What to do, eating memory where nothing is said."""

    what: Literal["hoard", "huge"] = "hoard"


class SlowParameters(Parameters):
    """How long it takes."""

    seconds: float = 0.1


MEAN = Recipe("fake.mean", "Mean", "fake_functions:mean", MeanParameters)
COMPARE = Recipe("fake.compare", "Compare", "fake_functions:compare", over="dataset")
AFTER = Recipe("fake.after", "After", "fake_functions:after", needs=("fake.mean",))
NOISE = Recipe("fake.noise", "Noise", "fake_functions:noise", NoiseParameters)
RAISE = Recipe("fake.raise", "Raise", "fake_functions:fail", RaiseParameters)
TROUBLE = Recipe("fake.trouble", "Trouble", "fake_functions:trouble", TroubleParameters)
SLOW = Recipe("fake.slow", "Slow", "fake_functions:slow", SlowParameters)
WORK = Recipe("fake.work", "Work", "fake_functions:compute", over="dataset")
HANG = Recipe("fake.hang", "Hang", "fake_functions:trouble", TroubleParameters, time_limit_s=3.0)
HOARD = Recipe(
    "fake.hoard", "Hoard", "fake_functions:trouble", HoardParameters, memory_limit_mb=300
)
BULK = Recipe("fake.bulk", "Bulk", "fake_functions:bulk", NoiseParameters)
