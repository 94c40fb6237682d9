"""The recipe ``summary``: what is in a recording. Imports nothing heavy."""

from __future__ import annotations

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class SummaryParameters(Parameters):
    """Parameters of the recipe ``summary``.

    Parameters
    ----------
    trace_seconds : float
        Length of the stretch of channels that is drawn, s; neurons are drawn whole.
    n_traces : int
        Most traces in the picture.
    spectrum_seconds : float
        About how much of a recording goes into its spectra, s, spread evenly over it.
    """

    trace_seconds: float = Field(default=10.0, gt=0)
    n_traces: int = Field(default=20, ge=1)
    spectrum_seconds: float = Field(default=300.0, gt=0)


SUMMARY = Recipe(
    name="summary",
    title="What is in the recording",
    run="neurokit.report.summary:run",
    parameters=SummaryParameters,
    over="recording",
)
