"""Formulas as MathML, which browsers draw by themselves: pages need no network and no script."""

from docutils import nodes
from docutils.utils.math import latex2mathml


def mathml(text, block=False):
    """The MathML of a formula in LaTeX; what is not understood raises."""
    return latex2mathml.tex2mathml(text, as_block=block)


def inline(self, node):
    """Write a formula within a sentence."""
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def displayed(self, node):
    """Write a formula on a line of its own."""
    self.body.append(f'<div class="formula">{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """Register with Sphinx; `html_math_renderer` chooses it."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
