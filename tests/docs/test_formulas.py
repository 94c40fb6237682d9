"""Formulas of the site are drawn by the browser, and all of them are understood."""

import re

import pytest
from documentation_folder import DOCS

pytest.importorskip("docutils")  # comes with the extra `docs`

import formulas


def test_formulas_are_drawn_by_the_browser():
    text = formulas.mathml(r"\sum_i x_i^2", block=True)
    assert text.startswith("<math")
    assert 'display="block"' in text
    assert "∑" in text


def _formulas():
    for path in sorted((DOCS / "background").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        displayed = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
        rest = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
        yield from (
            (path.stem, formula) for formula in displayed + re.findall(r"\$([^$]+)\$", rest)
        )


def test_every_formula_of_the_background_is_understood():
    found = list(_formulas())
    assert {name for name, _ in found} >= {"connectome", "states", "rsa", "flows", "encoding"}
    for _, formula in found:
        assert formulas.mathml(formula).startswith("<math")


def test_a_formula_that_is_not_understood_stops_the_build():
    with pytest.raises(ValueError, match="nosuchcommand"):
        formulas.mathml(r"\nosuchcommand x")
