"""How the site is built: ``sphinx-build -W -b html docs docs/_build``.

Pages are Markdown (MyST); the reference is made from the lists of public names; notebooks are taken
from ``../notebooks`` as they are, with whatever output is stored in them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from neurokit import __version__

project = "neurokit"
author = "The neurokit developers"
copyright = f"2026, {author}"  # noqa: A001
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "docstrings",
    "formulas",
    "gallery",
    "rooms",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

# What is not there to be linked to is a warning, and warnings are errors (-W).
nitpicky = True

autosummary_generate = False
autodoc_member_order = "bysource"
# Docstrings say types, shapes and units; annotations in signatures would say the first again.
autodoc_typehints = "none"
autodoc_default_options = {"inherited-members": False, "undoc-members": False}
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
napoleon_custom_sections = [("Attributes", "params_style")]
default_role = "literal"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_merge_streams = True

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "neurokit"
html_static_path = ["_static"]
html_css_files = ["neurokit.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"*": []}
