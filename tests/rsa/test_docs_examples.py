"""The examples of docs/rsa.md give what the page says."""

import doctest
from pathlib import Path

from matplotlib import pyplot as plt

PAGE = Path(__file__).resolve().parents[2] / "docs/rsa.md"


def test_the_examples_of_the_page_run():
    found = doctest.testfile(str(PAGE), module_relative=False)
    plt.close("all")
    assert found.attempted >= 15
    assert found.failed == 0
