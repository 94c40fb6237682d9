"""What the project never does, read off the syntax tree.

To mend a failure: use the safe form named in the message.
"""

import ast

import pytest
from walk import modules, tree

RANDOM_STATE_FUNCTIONS = {
    "seed", "rand", "randn", "randint", "random", "choice", "shuffle", "permutation", "normal",
    "uniform", "RandomState", "poisson", "standard_normal", "get_state", "set_state",
}  # fmt: skip


def _dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _keywords(call):
    return {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}


def _call_fault(call):
    name, keywords = _dotted(call.func), _keywords(call)
    given = {k.arg for k in call.keywords}
    if name in ("eval", "exec"):
        return f"{name}: parse what is needed instead"
    if keywords.get("allow_pickle"):
        return "allow_pickle=True executes code of the file"
    if name.endswith("yaml.load") or name == "yaml.unsafe_load":
        return "yaml.load builds objects; read through neurokit.catalog"
    if keywords.get("shell"):
        return "shell=True: pass a list of arguments"
    if name.rpartition(".")[2] == "extractall" and "filter" not in given:
        return "extractall without filter= can write outside its folder"
    if name == "torch.load" and not keywords.get("weights_only"):
        return "torch.load without weights_only=True executes code of the file"
    head, _, last = name.rpartition(".")
    if head in ("np.random", "numpy.random") and last in RANDOM_STATE_FUNCTIONS:
        return f"{name} uses the global random state; use default_rng(random_state)"
    return ""


def faults(module):
    """Yield (line, reason) for everything forbidden in a syntax tree."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _call_fault(node):
            yield node.lineno, _call_fault(node)
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except hides Ctrl-C and mistakes"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ("pickle", "cPickle", "dill", "joblib", "shelve"):
                    yield node.lineno, f"{alias.name} executes code of the file it loads"
        elif isinstance(node, ast.ImportFrom) and node.module in ("pickle", "dill", "joblib"):
            yield node.lineno, f"{node.module} executes code of the file it loads"


@pytest.mark.parametrize("name", modules())
def test_nothing_forbidden_is_called(name):
    found = [f"line {line}: {reason}" for line, reason in faults(tree(name))]
    assert not found, f"{modules()[name]}: " + "; ".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "eval('1')",
        "exec('1')",
        "np.load(f, allow_pickle=True)",
        "yaml.load(f)",
        "ruamel.yaml.load(f)",
        "try:\n    x\nexcept:\n    pass",
        "subprocess.run('ls', shell=True)",
        "archive.extractall('.')",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.random.seed(0)",
        "numpy.random.rand(3)",
    ],
)
def test_each_forbidden_call_would_be_found(source):
    assert list(faults(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "np.load(f, allow_pickle=False)",
        "archive.extractall('.', filter='data')",
        "torch.load(f, weights_only=True)",
        "np.random.default_rng(0)",
        "module.eval()",
    ],
)
def test_the_safe_forms_pass(source):
    assert not list(faults(ast.parse(source)))
