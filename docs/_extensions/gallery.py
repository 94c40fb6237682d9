"""Take up what may be there or not: notebooks of ``../notebooks``, entries that begin with "?"."""

import re
from pathlib import Path

_PAGE = """# Notebooks

{about}

```{{toctree}}
:maxdepth: 1

{rows}
```
"""
_ABOUT = "Whole analyses from the first line to the figure. They run in the tests."
_NONE = "This copy of the sources has no notebooks."


def collect(app):
    """Copy the notebooks and write the page that lists them."""
    source = Path(app.confdir).parent / "notebooks"
    folder = Path(app.srcdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    found = sorted(source.glob("*.ipynb"))
    for old in folder.glob("*.ipynb"):
        if old.name not in {path.name for path in found}:
            old.unlink()
    for path in found:
        # A notebook links to pages from its own folder, the site from among the pages.
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")
        _replace(folder / path.name, text)
    rows = "\n".join(path.stem for path in found)
    text = _PAGE.format(about=_ABOUT if found else _NONE, rows=rows)
    _replace(folder / "index.md", text)


def _replace(path, text):
    # An unchanged page keeps its time, so that a second build takes only what changed.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def optional(app, name, source):
    """Keep the lines ``?page`` of a table of contents where the page is there."""
    here = Path(app.srcdir, name).parent

    def kept(line):
        return line["page"] + "\n" if (here / f"{line['page']}.md").exists() else ""

    source[0] = re.sub(r"^\?(?P<page>\S+)\n", kept, source[0], flags=re.MULTILINE)


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", optional)
    app.connect("builder-inited", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
