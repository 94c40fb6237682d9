"""Read the docstrings as they are written: for people at a prompt first, for Sphinx second."""

import re

_LITERAL = re.compile(r"(``[^`]+``|`[^`]+`)")
# A bar, a star, and a line beneath that ends a word: to Sphinx each is the begin of something.
_MARKUP = re.compile(r"(?<!\\)[|*]|(?<=\w)_(?!\w)")
_ARGUMENTS = re.compile(r"^\*{0,2}\w[\w*, ]*( : .*)?$")
_REFERENCE = re.compile(r"^(\s*)\.\. \[(\d+)\] ")
_CITED = re.compile(r"\[(\d+)\]_")
# Made by scikit-learn for its metadata routing; their docstrings speak of its own pages.
_NOT_OURS = re.compile(r"^(set_\w+_request|get_metadata_routing)$")


def readable(lines):
    """The lines of a docstring as reStructuredText that means what they say.

    A literal may touch what follows (````weight``(state, post)``), a bar is a norm, a star a
    product, and references are numbered within each docstring, not within a page.
    """
    literal = None  # the indentation of the line whose :: opened a block
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal is not None and (not line.strip() or indent > literal):
            continue
        literal = indent if line.rstrip().endswith("::") else None
        if line.lstrip().startswith((">>>", "...")) or _ARGUMENTS.match(line):
            continue
        line = _CITED.sub(r"[\1]", _REFERENCE.sub(r"\1\2. ", line))
        lines[i] = "".join(_apart(_LITERAL.split(line)))
    return lines


def _apart(parts):
    """Texts and literals in turn, with a separator that is not shown where a text goes on."""
    for i, part in enumerate(parts):
        if i % 2:
            yield part
        else:
            joined = (i and part[:1].isalnum()) or part[:1] in ("(", "[")
            yield ("\\ " if i and joined else "") + _MARKUP.sub(r"\\\g<0>", part)


def process(app, what, name, item, options, lines):
    """Change a docstring in place, before napoleon reads its sections."""
    lines[:] = readable(list(lines))


def skip(app, what, name, item, skipped, options):
    """Leave out what other libraries put into our classes."""
    return True if _NOT_OURS.match(name) else None


def setup(app):
    """Register with Sphinx; first in line, because napoleon comes at 500."""
    app.connect("autodoc-process-docstring", process, priority=400)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
