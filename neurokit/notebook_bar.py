"""A line of text below a notebook's cell that can be rewritten, and leaves nothing behind.

Bars drawn into a notebook's error stream, or as widgets, stay in the saved notebook as an empty
red box or as a bar that stands at 0 %; and widgets need a package that few have.
"""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import Any


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook.

    Returns
    -------
    bool
        False where a kernel's packages are merely imported, and in IPython in a terminal.

    Examples
    --------
    >>> in_notebook()
    False
    """
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return getattr(shell, "kernel", None) is not None


class NotebookLine(io.TextIOBase):
    """Text stream for `tqdm`: shows the last line that was written, in place.

    Examples
    --------
    >>> NotebookLine().writable()
    True
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._text = ""

    def writable(self) -> bool:
        """Return True: it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Show what stands after the last carriage return, in place of what stood there.

        Parameters
        ----------
        text : str
            As `tqdm` writes it: a carriage return, then the bar or blanks.

        Returns
        -------
        int
            Characters taken.
        """
        line = text.replace("\n", "\r").rpartition("\r")[2].strip()
        if line != self._text:
            self._text = line
            self._show()
        return len(text)

    def _show(self) -> None:
        data = {"text/plain": self._text} if self._text else {}
        if self._handle is None:
            # By name, because IPython types only half of itself.
            display = import_module("IPython.display").display
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)
