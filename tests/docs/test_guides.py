"""What the how-to guides show runs as it stands there, without a warning."""

import re

import matplotlib.pyplot as plt
import pytest
from documentation_folder import DOCS

GUIDES = sorted((DOCS / "guides").glob("*.md"))


def _blocks(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", [p for p in GUIDES if _blocks(p)], ids=lambda p: p.stem)
def test_the_lines_of_a_guide_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = compile("\n".join(_blocks(page)), page.name, "exec")
    try:
        exec(code, {"__name__": "guide"})
    finally:
        plt.close("all")


def test_every_guide_that_the_site_promises_is_written():
    promised = re.findall(
        r"^(?!\.\.|\?)([a-z_]+)$", (GUIDES[0].parent / "index.md").read_text(), re.M
    )
    assert {"load_my_format", "add_a_loader", "choose_a_rank", "cite"} <= set(promised)
    assert all((DOCS / "guides" / f"{name}.md").exists() for name in promised)
