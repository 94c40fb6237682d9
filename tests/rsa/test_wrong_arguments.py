"""Every argument of searches, transforms, neighbourhoods and figures refuses what it cannot be."""

import numpy as np
import pytest
import scipy.sparse
import xarray as xr
from matplotlib import pyplot as plt

import neurokit as nk
from neurokit.errors import NeurokitError, OptionError, SchemaError

_rng = np.random.default_rng(0)
RDM = _rng.random(10)
PATTERNS = xr.DataArray(
    _rng.standard_normal((2, 5, 6)),
    {"run": [0, 1], "condition": list("vwxyz"), "channel": [f"c{k}" for k in range(6)]},
    ["run", "condition", "channel"],
)
TIME = xr.Variable("time", np.arange(20) / 10.0, {"sampling_rate": 10.0})
MOVIE = xr.DataArray(
    _rng.standard_normal((5, 6, 20)), {"time": TIME}, ["condition", "channel", "time"]
)
SCORES = xr.DataArray(_rng.standard_normal((6, 4)), dims=["subject", "time"])
DATA = xr.DataArray(_rng.random((4, 10)), dims=["subject", "pair"])
RESPONSES = _rng.standard_normal((12, 4))
SQUARE = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
FACES = [[0, 1, 2], [0, 2, 3]]

# Of each kind of argument what a stranger might write, none of which is one.
NO_NUMBER = ["a", None, [1, 2], {}, 1j, np.nan, True, np.array([1.0, 2.0])]
NO_LENGTH = [*NO_NUMBER, 0.0, -1.0, np.inf]
NO_COUNT = [*NO_NUMBER, -1, 1.5]
NO_CHOICE = ["no", "False", None, 0, 1, [True]]
NO_TABLE = ["a", {}, object(), 1j]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def _near():
    return nk.rsa.sensor_neighbourhoods(PATTERNS.channel.values, positions=np.eye(6), radius=1.0)


def _search(**options):
    return nk.rsa.searchlight(MOVIE, **({"method": "euclidean", "window": 0.3} | options))


def _volume(**options):
    return nk.rsa.volume_neighbourhoods(
        **({"mask": np.ones((3, 3, 3), bool), "radius": 1.0} | options)
    )


def _sensors(**options):
    return nk.rsa.sensor_neighbourhoods(
        **({"names": list("abc"), "positions": np.eye(3)} | options)
    )


def _surface(**options):
    return nk.rsa.surface_neighbourhoods(**({"vertices": SQUARE, "faces": FACES} | options))


def _bars_apart(**options):
    bars = nk.rsa.persistence(RDM, 0)
    return nk.rsa.bottleneck_distance(bars, bars, **options)


def _clusters(**options):
    return nk.rsa.cluster_scores(**({"scores": SCORES, "n_flips": 20, "random_state": 0} | options))


def _arranged(**options):
    return nk.rsa.plot_arrangement(DATA, **options)


CALLS = [
    (lambda **o: nk.rsa.geotopological(RDM, **o), ["lower", "upper"], NO_NUMBER),
    (lambda **o: nk.rsa.geodesic(RDM, **o), ["lower", "upper"], NO_NUMBER),
    (lambda **o: nk.rsa.geodesic(RDM, **o), ["n_neighbours"], [*NO_COUNT[:1], *NO_COUNT[2:], 0, 5]),
    (lambda **o: nk.rsa.sigmoid(RDM, **o), ["midpoint"], NO_NUMBER),
    (lambda **o: nk.rsa.sigmoid(RDM, **o), ["steepness"], NO_LENGTH),
    (lambda **o: nk.rsa.geotopological_map(RDM, RDM, **o), ["step"], NO_LENGTH),
    (lambda **o: nk.rsa.geotopological_map(RDM, RDM, **o), ["method"], ["cosin", None, ["cosine"]]),
    (_search, ["window", "step"], [w for w in NO_LENGTH if w is not None]),
    (_search, ["min_features", "n_jobs"], [*NO_COUNT, 0]),
    (_search, ["chunks"], [w for w in [*NO_COUNT, 0] if w is not None]),
    (_search, ["models"], ["a", 3, [1, 2], True, np.ones((2, 10))]),
    (_search, ["comparison"], ["cosin", None, ["cosine"], {}]),
    (_volume, ["radius"], NO_LENGTH),
    (_volume, ["min_share"], [*NO_NUMBER, -0.1, 1.1]),
    (_volume, ["voxel_size"], [*NO_TABLE, 0.0, np.nan, np.inf, [1, 2], [1, 2, -3]]),
    (_volume, ["affine"], [*NO_TABLE, np.eye(3), np.zeros((4, 4)), np.full((4, 4), np.nan)]),
    (_sensors, ["radius"], [w for w in NO_LENGTH if w is not None]),
    (_sensors, ["n_nearest"], [w for w in [*NO_COUNT, 0, 4] if w is not None]),
    (lambda **o: _sensors(radius=1.0, **o), ["positions"], [*NO_TABLE, np.eye(2)]),
    (lambda **o: _sensors(radius=1.0, **o), ["names"], ["a", None, 3, {}, np.eye(3)]),
    (lambda **o: _sensors(radius=1.0, **o), ["dim"], [None, 3, ["channel"], {}]),
    (_surface, ["radius"], [w for w in NO_LENGTH if w is not None]),
    (_surface, ["steps"], [w for w in [*NO_COUNT, 0] if w is not None]),
    (lambda **o: _surface(radius=1.0, **o), ["vertices"], [*NO_TABLE, None, np.eye(2)]),
    (_bars_apart, ["degree"], [*NO_COUNT, 1]),
    (_clusters, ["adjacency"], [*NO_TABLE, 3.0, [1, 2]]),
    (_arranged, ["groups"], ["a", 3, list("ab"), np.ones((5, 2))]),
    (_arranged, ["n_draws"], [*NO_COUNT, 0]),
]


@pytest.mark.parametrize(
    ("call", "name", "wrong"),
    [(call, name, value) for call, names, wrong in CALLS for name in names for value in wrong],
)
def test_what_an_argument_cannot_be_is_refused_by_its_name(call, name, wrong):
    with pytest.raises(NeurokitError) as error:
        call(**{name: wrong})
    assert name in error.value.where
    assert error.value.found
    assert error.value.mend


@pytest.mark.parametrize("wrong", NO_CHOICE)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda **o: nk.rsa.rdm(PATTERNS, folds="run", **o), "unbalanced"),
        (lambda **o: nk.rsa.rdm(PATTERNS, folds="run", **o), "remove_mean"),
        (lambda **o: nk.rsa.searchlight(PATTERNS, _near(), folds="run", **o), "unbalanced"),
        (lambda **o: nk.rsa.geodesic(RDM, **o), "rank"),
        (lambda **o: nk.rsa.cka(RESPONSES, RESPONSES, **o), "unbiased"),
        (lambda **o: nk.rsa.matching_curves(RESPONSES, RESPONSES, **o), "held_out"),
    ],
)
def test_text_and_numbers_are_neither_true_nor_false(call, name, wrong):
    with pytest.raises(OptionError, match=rf"{name}: is .*Give True or False"):
        call(**{name: wrong})


def test_numpys_true_is_true():
    plain = nk.rsa.rdm(PATTERNS, "euclidean", conditions="condition", remove_mean=True)
    found = nk.rsa.rdm(PATTERNS, "euclidean", conditions="condition", remove_mean=np.bool_(True))
    np.testing.assert_array_equal(found.values, plain.values)


@pytest.mark.parametrize("wrong", ["near", 3.0, [1, 2], PATTERNS.channel, {}])
def test_neighbourhoods_are_made_by_their_functions(wrong):
    with pytest.raises(OptionError, match="neighbourhoods: is a .*sensor_neighbourhoods"):
        nk.rsa.searchlight(PATTERNS, wrong, "euclidean")


@pytest.mark.parametrize("wrong", [3.0, [1.0, 2.0], "ab", None])
def test_patterns_of_a_search_are_tables(wrong):
    with pytest.raises(NeurokitError, match="patterns: "):
        nk.rsa.searchlight(wrong, _near(), "euclidean")


def test_a_step_without_a_window_is_no_search_in_time():
    with pytest.raises(OptionError, match="step: there is no window"):
        nk.rsa.searchlight(PATTERNS, _near(), "euclidean", step=0.1)


def test_a_window_longer_than_the_record_is_refused_whatever_its_length():
    for length in (2.1, 1e6, 1e25):
        with pytest.raises(OptionError, match="window: .* give no window in 20 samples"):
            _search(window=length)


def test_no_systems_have_no_rdms():
    with pytest.raises(SchemaError, match="patterns: there are none"):
        nk.rsa.rdm({}, "euclidean")
    with pytest.raises(SchemaError, match="patterns: there are none"):
        nk.rsa.rdm([], "euclidean")


@pytest.mark.parametrize("draw", ["plot_models", "plot_time_course"])
@pytest.mark.parametrize("wrong", ["a", None, 3, {}, DATA, xr.Dataset({"score": ("model", [1.0])})])
def test_figures_of_models_want_what_evaluate_gives(draw, wrong):
    with pytest.raises(SchemaError, match="result: .*Give what nk.rsa.evaluate returns"):
        getattr(nk.rsa, draw)(wrong)


@pytest.mark.parametrize("wrong", ["a", None, 3, SCORES.values, {}])
def test_clusters_are_of_labelled_scores(wrong):
    with pytest.raises(SchemaError, match="scores: is a .*searchlight returns"):
        _clusters(scores=wrong)


@pytest.mark.parametrize("name", ["space", "along"])
@pytest.mark.parametrize("wrong", ["place", 3, ["time"], np.array([1, 2])])
def test_dims_of_clusters_must_be_there(name, wrong):
    with pytest.raises(SchemaError, match="scores: dims are"):
        _clusters(**{name: wrong})


def test_a_list_of_lists_is_an_adjacency_like_a_sparse_one():
    x = SCORES.rename(time="place")
    dense = np.eye(4, k=1)
    options = {"scores": x, "space": "place", "along": None}
    one = _clusters(adjacency=dense.tolist(), **options)
    two = _clusters(adjacency=scipy.sparse.csr_array(dense), **options)
    xr.testing.assert_equal(one, two)
