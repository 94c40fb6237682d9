"""The key of a job: a sha256 over everything its result depends on, and over nothing else.

Two jobs of one key have one result, so a key that is in the store is never computed again.
Modification times, folders and the number of processes are not part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from neurokit._version import __version__

OWN_PACKAGES = ("neurokit", "neurokit_loaders")
SHOWN = 12  # digits of a key that name its folder; 48 bits, the manifest holds all of it


def digest(content: object) -> str:
    """sha256 of `content` as canonical JSON (sorted names, no spaces).

    Parameters
    ----------
    content : object
        Mappings, lists, strings, numbers, booleans and None, nested.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def source_digest(package: str) -> str:
    """sha256 over the Python sources of an installed package or module, without importing it.

    Parameters
    ----------
    package : str
        A name without dots.

    Returns
    -------
    str
        64 hexadecimal digits; empty where no source can be found.
    """
    spec = find_spec(package)
    if spec is None:
        return ""
    total = hashlib.sha256()
    for name, file in _sources(spec):
        # Lengths keep two files apart from one that holds both.
        content = file.read_bytes()
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _sources(spec: ModuleSpec) -> Iterable[tuple[str, Path]]:
    if spec.submodule_search_locations is None:
        return [(spec.name, Path(spec.origin))] if spec.has_location and spec.origin else []
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    found = {
        file.relative_to(folder).as_posix(): file
        for folder in folders
        for file in folder.rglob("*.py")
    }
    return sorted(found.items())


@cache
def code_version() -> str:
    """Version of the code that computes results: number and source digests.

    Loaders of other distributions count, since any of them may open a file.

    Returns
    -------
    str
        The version, a plus sign and 64 hexadecimal digits.
    """
    points = entry_points(group="neurokit.loaders")
    packages = {*OWN_PACKAGES, *(point.module.partition(".")[0] for point in points)}
    return f"{__version__}+{digest({name: source_digest(name) for name in sorted(packages)})}"


@cache
def recipe_source(run: str) -> str:
    """Digest of the sources behind a recipe of another distribution; empty for neurokit's own.

    Parameters
    ----------
    run : str
        ``"package.module:function"``.

    Returns
    -------
    str
        64 hexadecimal digits or the empty string.
    """
    package = run.partition(":")[0].partition(".")[0]
    return "" if package in OWN_PACKAGES else source_digest(package)


def job_key(
    *,
    inputs: object,
    recipe: str,
    run: str,
    parameters: Mapping[str, object],
    needs: Mapping[str, str],
) -> tuple[str, dict[str, object]]:
    """sha256(inputs, recipe, parameters, code version, recipe source, keys of needs).

    Parameters
    ----------
    inputs : object
        What is opened: hashes of files, loader and options per recording, or a simulation.
    recipe : str
        The registered name of the recipe.
    run : str
        ``"package.module:function"`` of the recipe.
    parameters : mapping of str to object
        Every parameter with its value, defaults filled in.
    needs : mapping of str to str
        Keys of the jobs whose results are used.

    Returns
    -------
    key : str
        64 hexadecimal digits.
    parts : dict of str to object
        What was hashed, for the manifest.

    Examples
    --------
    >>> options = {"recipe": "rsa", "run": "neurokit.rsa.recipe:run", "needs": {}}
    >>> key, _ = job_key(inputs=["a" * 64], parameters={"n": 1}, **options)
    >>> other, _ = job_key(inputs=["a" * 64], parameters={"n": 2}, **options)
    >>> len(key), key == other
    (64, False)
    """
    parts: dict[str, object] = {
        "inputs": inputs,
        "recipe": recipe,
        "parameters": dict(parameters),
        "code_version": code_version(),
        "recipe_source": recipe_source(run),
        "needs": dict(needs),
    }
    # As JSON gives them back, so that they compare equal to those of a manifest.
    return digest(parts), json.loads(json.dumps(parts))
