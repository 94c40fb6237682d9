"""Draw the pictures of the README and of docs/simulate.md, as small PNG files.

    python benchmarks/pictures.py [README|simulate]

Everything is simulated with a fixed seed, so that a picture changes only with the code.
"""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import neurokit as nk

DOCS = Path(__file__).resolve().parents[1] / "docs"
FIGURES = DOCS / "figures"


def save(figure, name, dpi=80):
    """Write one figure in 128 colours, without the version that would differ between machines."""
    path = FIGURES / f"{name}.png"
    figure.savefig(path, dpi=dpi, metadata={"Software": None})
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128)
    small.save(path, optimize=True)
    plt.close("all")


def simulate():
    """Run each section of docs/simulate.md and keep what it drew."""
    text = (DOCS / "simulate.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
            with TemporaryDirectory() as folder:
                script = Path(folder) / "simulate.py"
                script.write_text(block, encoding="utf-8")
                runpy.run_path(str(script), init_globals={"nk": nk, "plt": plt})
            save(plt.gcf(), f"simulate_{section.partition(':')[0].strip()}")


def readme():
    """One panel for each analysis, with what was planted beside what was found."""
    figure, axes = plt.subplots(2, 3, figsize=(12, 6.4), layout="constrained")
    (a, b, c), (d, e, f) = axes
    motif_panels(a, b)
    state_panel(c)
    mode_panel(d)
    site_panel(e)
    geometry_panel(f)
    save(figure, "readme", dpi=75)


def title(ax, text):
    """Write a title that leaves room for a legend between it and the axes."""
    ax.set_title(text, pad=16, fontsize=10, loc="left")


def motif_panels(traces, courses):
    worms = nk.simulate.worms(n_animals=4, n_motifs=3, random_state=0)
    motifs = nk.connectome.DynamicConnectome(
        rank=3, bin_s=8.0, communities=None, n_permutations=0, random_state=0
    ).fit(worms.recordings)
    strength = motifs.motifs_.mean("partner")
    order = strength.neuron[np.argsort(strength.argmax("component").values, kind="stable")].values
    worm = worms.recordings["worm1"].activity.signal
    nk.plot.heatmap(worm.sel(neuron=[n for n in order if n in worm.neuron]), ax=traces)
    title(traces, "one worm, neurons sorted by motif")
    nk.connectome.plot_course(motifs, ax=courses)
    title(courses, "motifs of four worms, in time")


def state_panel(ax):
    sim = nk.simulate.spiking_hmm(8, 3, 16, 500, random_state=0)
    counts = sim.recordings["session1"].activity.signal
    model = nk.states.GLMHMM(3, link="sigmoid", n_restarts=2, random_state=0).fit(counts[:12])
    nk.states.plot_posterior(model.predict_proba(counts[12:]), trial=0, ax=ax)
    title(ax, "hidden states of a new trial")


def mode_panel(ax):
    sim = nk.simulate.oscillators([4.0, 9.0], [0.08, 0.05], 20, 24, random_state=0)
    counts = sim.recordings["session1"].activity.signal
    model = nk.flows.LangevinLDS(2, n_restarts=1, random_state=0).fit(counts)
    nk.flows.plot_modes(model.modes(counts), ax=ax)
    ax.plot(sim.truth.frequency, sim.truth.damping_ratio, "k+", ms=12, label="planted")
    ax.legend()
    title(ax, "oscillations behind spikes")


def site_panel(ax):
    sites = {"none": 3, "vision": 5, "language": 5, "additive": 4}
    rec = nk.simulate.encoded(1500, 6, sites=sites, random_state=0).recordings["encoded"]
    features = nk.encoding.stimulus_features(rec)
    del features["multimodal"]
    nk.encoding.plot_variance_partition(nk.encoding.variance_partition(features, rec), ax=ax)
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    title(ax, "what vision and language explain")


def geometry_panel(ax):
    rdms = nk.simulate.layered_rdms(n_networks=3, n_layers=3, n_conditions=20, random_state=0)
    nk.rsa.plot_rdm(rdms.isel(layer=2).mean("subject"), ax=ax)
    title(ax, "geometry of a network's last layer")


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    asked = sys.argv[1:] or ["README", "simulate"]
    if "README" in asked:
        readme()
    if "simulate" in asked:
        simulate()
