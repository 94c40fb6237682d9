"""What the README and the documents show runs as it stands there."""

import re
import subprocess
import sys

import pytest

DOCUMENTS = ["README.md", "docs/motifs.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_examples_run_in_order_without_a_warning(request, tmp_path, name):
    text = (request.config.rootpath / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_names_its_two_commands(request):
    text = (request.config.rootpath / "README.md").read_text(encoding="utf-8")
    assert "pip install . && .venv/bin/neurokit run data_catalog.yaml" in text
    assert "pip install -e '.[test]' && .venv/bin/pytest" in text


def test_every_link_of_the_documents_leads_somewhere(request):
    root = request.config.rootpath
    for document in [root / "README.md", root / "CONTRIBUTING.md", *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
