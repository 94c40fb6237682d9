"""What the README and the documents show runs as it stands there."""

import hashlib
import re
import subprocess
import sys

import pytest

import neurokit as nk

DOCUMENTS = ["README.md", "docs/motifs.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_examples_run_in_order_without_a_warning(request, tmp_path, name):
    text = (request.config.rootpath / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for catalog in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        (tmp_path / "catalog.yaml").write_text(catalog, encoding="utf-8")
        for command in re.findall(r"```sh\nneurokit (.*?)\n```", text):
            call = [sys.executable, "-c", "from neurokit.cli import main; main()", *command.split()]
            ran = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stdout + ran.stderr
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_file_of_ones_own_joins_the_catalog_as_the_readme_shows(request, tmp_path):
    text = (request.config.rootpath / "README.md").read_text(encoding="utf-8")
    (catalog,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (entry,) = re.findall(r"```yaml own\n(.*?)```", text, re.DOTALL)
    content = b"time,AVAL,AVAR\n0.0,1.0,2.0\n0.5,1.5,2.5\n1.0,1.0,2.5\n"
    (tmp_path / "own.csv").write_bytes(content)
    entry = entry.replace("SHA256", hashlib.sha256(content).hexdigest())
    entry = entry.replace("BYTES", str(len(content)))
    path = tmp_path / "catalog.yaml"
    path.write_text(
        catalog.replace("recipes:\n  motifs", f"{entry}recipes:\n  motifs"), encoding="utf-8"
    )
    rec = nk.Catalog.read(path).open("mine")
    assert rec.activity.signal.sel(neuron="AVAR").values.tolist() == [2.0, 2.5, 2.5]


def test_the_readme_names_its_two_commands(request):
    text = (request.config.rootpath / "README.md").read_text(encoding="utf-8")
    assert "pip install . && .venv/bin/neurokit run data_catalog.yaml" in text
    assert "pip install -e '.[test]' && .venv/bin/pytest" in text


def test_an_example_fits_into_ten_lines(request):
    text = (request.config.rootpath / "README.md").read_text(encoding="utf-8")
    assert text.index("## In Jupyter") < text.index("## An encoding model")
    for block in re.findall(r"```(?:python|yaml|sh)\n(.*?)```", text, re.DOTALL):
        lines = [line for line in block.splitlines() if line.strip()]
        assert 1 <= len(lines) <= 10, block


def test_the_picture_is_small_and_is_described(request):
    root = request.config.rootpath
    text = (root / "README.md").read_text(encoding="utf-8")
    ((words, target),) = re.findall(r"!\[(.+?)\]\((.+?)\)", text, re.DOTALL)
    assert len(words) > 40
    assert (root / target).stat().st_size < 200_000


def test_every_link_of_the_documents_leads_somewhere(request):
    root = request.config.rootpath
    notebooks = root.glob("notebooks/*.md")
    own = [root / "README.md", root / "CONTRIBUTING.md"]
    for document in [*own, *root.glob("docs/**/*.md"), *notebooks]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
