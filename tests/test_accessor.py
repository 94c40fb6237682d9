"""`rec.nk` gives what users do most, and a repr that fits a screen."""

import neurokit as nk
from neurokit.schema import activity, events, recording


def _rec():
    import numpy as np

    values = np.random.default_rng(0).random((50, 2))
    group = activity(values, names=["AVAL", "RIML"], rate=2.0)
    return recording(
        {"activity": group, "events": events([5.0, 10.0], trial_type=["a", "b"])},
        modality="calcium",
        subject="worm-1",
        name="demo",
    )


def test_the_repr_names_groups_sizes_rates_and_steps():
    shown = repr(nk.pick(_rec(), names="AVAL").nk)
    assert shown.splitlines()[0] == "calcium recording demo"
    assert "worm-1" in shown
    assert "50 time, 1 neuron, 2 Hz" in shown
    assert "history: pick" in shown


def test_methods_are_those_of_the_package():
    rec = _rec()
    assert rec.nk.validate().ok
    assert rec.nk.pick(names="RIML").identical(nk.pick(rec, names="RIML"))
    assert rec.nk.history == []
    assert rec.nk.epoch("a", -1.0, 2.0).activity.sizes["trial"] == 1


def test_plot_gives_axes_back():
    import matplotlib.pyplot as plt

    axes = _rec().nk.plot()
    assert axes["events"].get_xlabel() == "time (s)"
    plt.close("all")
