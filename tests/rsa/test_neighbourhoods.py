"""Neighbourhoods: by brute force over all pairs of places, and what must be refused."""

import numpy as np
import pytest
import scipy.sparse
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError


def _lists(near):
    """Labels of the members of each centre."""
    return [
        near.labels[near.members[a:b]].tolist()
        for a, b in zip(near.starts[:-1], near.starts[1:], strict=True)
    ]


def _mask(shape=(5, 4, 6), share=0.7, seed=0):
    return np.random.default_rng(seed).random(shape) < share


def _within(mask, to_mm, radius):
    """Members of every voxel by the distance of all pairs of voxels."""
    index = np.argwhere(mask)
    place = index @ to_mm.T
    flat = np.flatnonzero(mask)
    apart = np.linalg.norm(place[:, None] - place, axis=2)
    return [flat[row <= radius + 1e-9].tolist() for row in apart]


# ---------------------------------------------------------------------------------------------
# Volumes
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5, 2.0, 3.3, 20.0])
def test_a_sphere_holds_the_voxels_of_the_mask_within_the_radius(radius):
    mask = _mask()
    near = nk.rsa.volume_neighbourhoods(mask, radius)
    assert _lists(near) == _within(mask, np.eye(3), radius)
    assert near.coords["voxel"].tolist() == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("size", [3.0, (2.0, 3.0, 4.5)])
def test_radii_are_in_mm_whatever_the_size_of_a_voxel(size):
    mask = _mask()
    near = nk.rsa.volume_neighbourhoods(mask, 6.1, voxel_size=size)
    assert _lists(near) == _within(mask, np.diag(np.broadcast_to(size, 3)), 6.1)


def test_an_oblique_affine_keeps_distances():
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    axes = turn @ np.diag([2.0, 2.5, 3.0])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, (-70.0, -100.0, 11.0)
    mask = _mask()
    near = nk.rsa.volume_neighbourhoods(mask, 5.2, affine=affine)
    assert _lists(near) == _within(mask, axes, 5.2)
    first = np.argwhere(mask)[0]
    expected = axes @ first + affine[:3, 3]
    found = [near.coords[axis][0] for axis in "xyz"]
    np.testing.assert_allclose(found, expected)


def test_a_sheared_grid_is_searched_far_enough():
    # The nearest voxels in mm lie far away in voxel indices along the sheared axis.
    axes = np.array([[1.0, 0.9, 0.0], [0.0, 0.2, 0.0], [0.0, 0.0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3] = axes
    mask = np.ones((7, 7, 2), bool)
    near = nk.rsa.volume_neighbourhoods(mask, 1.0, affine=affine)
    assert _lists(near) == _within(mask, axes, 1.0)


def test_coordinates_of_a_labelled_mask_are_mm():
    mask = xr.DataArray(
        np.ones((4, 3, 2), bool),
        {"i": [-3.0, 0.0, 3.0, 6.0], "j": [5.0, 1.0, -3.0], "k": [0.0, 2.0]},
        ["i", "j", "k"],
    )
    near = nk.rsa.volume_neighbourhoods(mask, 3.0)
    assert _lists(near) == _within(mask.values, np.diag([3.0, -4.0, 2.0]), 3.0)
    assert near.coords["y"][:3].tolist() == [5.0, 5.0, 1.0]
    assert dict(near.grid) == {"i": 4, "j": 3, "k": 2}


def test_uneven_coordinates_are_refused():
    mask = xr.DataArray(np.ones((3, 1, 1), bool), {"x": [0.0, 1.0, 3.0]}, ["x", "y", "z"])
    with pytest.raises(SchemaError, match="'x' is not even"):
        nk.rsa.volume_neighbourhoods(mask, 1.0)


def test_a_single_slice_is_a_volume():
    mask = xr.DataArray(np.ones((3, 3, 1), bool), {"z": [12.0]}, ["x", "y", "z"])
    near = nk.rsa.volume_neighbourhoods(mask, 1.0)
    assert near.sizes.tolist() == [3, 4, 3, 4, 5, 4, 3, 4, 3]
    assert set(near.coords["z"].tolist()) == {12.0}


def test_the_border_of_the_sphere_belongs_to_it_also_after_rounding():
    # 3 * 0.1 is not 0.3 in floating point.
    near = nk.rsa.volume_neighbourhoods(np.ones((7, 1, 1), bool), 0.3, voxel_size=0.1)
    assert near.sizes.tolist() == [4, 5, 6, 7, 6, 5, 4]


def test_centres_are_few_but_their_members_are_all():
    mask = np.ones((5, 5, 5), bool)
    centres = np.zeros_like(mask)
    centres[2, 2, 2] = centres[0, 0, 0] = True
    near = nk.rsa.volume_neighbourhoods(mask, 1.0, centres=centres)
    assert near.n_centres == 2
    assert near.sizes.tolist() == [4, 7]
    assert len(near.labels) == 125


def test_centres_outside_of_the_mask_are_none():
    mask = np.ones((3, 3, 3), bool)
    mask[0] = False
    near = nk.rsa.volume_neighbourhoods(mask, 1.0, centres=np.ones_like(mask))
    assert near.n_centres == 18


@pytest.mark.parametrize(("share", "kept"), [(0.0, 27), (5 / 7, 19), (6 / 7, 7), (1.0, 1)])
def test_spheres_that_stick_out_of_the_mask_can_be_left_out(share, kept):
    # Radius 1: 8 corners hold 4 of 7 voxels, 12 edges 5, 6 faces 6, the middle 7.
    near = nk.rsa.volume_neighbourhoods(np.ones((3, 3, 3), bool), 1.0, min_share=share)
    assert near.n_centres == kept


def test_no_sphere_left_is_an_error():
    with pytest.raises(OptionError, match="min_share: no sphere"):
        nk.rsa.volume_neighbourhoods(np.ones((2, 2, 2), bool), 3.0, min_share=1.0)


def test_voxels_touch_by_their_faces():
    mask = _mask(seed=3)
    near = nk.rsa.volume_neighbourhoods(mask, 2.0)
    index = np.argwhere(mask)
    apart = np.abs(index[:, None] - index).sum(axis=2)
    np.testing.assert_array_equal(near.adjacency.toarray(), apart == 1)


def test_touching_is_among_centres_only():
    mask = np.ones((4, 1, 1), bool)
    centres = np.array([True, True, False, True]).reshape(4, 1, 1)
    near = nk.rsa.volume_neighbourhoods(mask, 1.0, centres=centres)
    assert near.adjacency.toarray().tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    radius=st.floats(0.3, 4.0),
    seed=st.integers(0, 1000),
)
def test_neighbours_are_mutual_and_every_centre_is_its_own(shape, radius, seed):
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask.flat[0] = True
    near = nk.rsa.volume_neighbourhoods(mask, radius)
    lists = dict(zip(near.coords["voxel"].tolist(), map(set, _lists(near)), strict=True))
    for centre, members in lists.items():
        assert centre in members
        assert all(centre in lists[other] for other in members)


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        (np.ones((3, 3), bool), "shape"),
        (np.zeros((3, 3, 3), bool), "no voxel"),
        (np.full((2, 2, 2), np.nan), "shape"),
        (np.full((2, 2, 2), "a"), "type"),
    ],
)
def test_what_is_no_mask_is_refused(mask, found):
    with pytest.raises(SchemaError, match=found):
        nk.rsa.volume_neighbourhoods(mask, 1.0)


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, np.inf])
def test_a_radius_is_a_positive_number(radius):
    with pytest.raises(OptionError, match="radius"):
        nk.rsa.volume_neighbourhoods(np.ones((2, 2, 2), bool), radius)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"voxel_size": 2.0, "affine": np.eye(4)}, "voxel_size"),
        ({"voxel_size": -2.0}, "voxel_size"),
        ({"affine": np.eye(3)}, "affine"),
        ({"affine": np.zeros((4, 4))}, "affine"),
    ],
)
def test_sizes_that_contradict_or_vanish_are_refused(options, where):
    with pytest.raises(OptionError, match=where):
        nk.rsa.volume_neighbourhoods(np.ones((2, 2, 2), bool), 1.0, **options)


def test_centres_of_another_shape_are_refused():
    with pytest.raises(SchemaError, match="centres"):
        nk.rsa.volume_neighbourhoods(np.ones((2, 2, 2), bool), 1.0, centres=np.ones((2, 2)))


def test_the_mask_stays_as_it_was():
    mask = _mask()
    before = mask.copy()
    nk.rsa.volume_neighbourhoods(mask, 2.0)
    np.testing.assert_array_equal(mask, before)


def test_whole_numbers_are_a_mask_too():
    mask = _mask()
    one, two = (nk.rsa.volume_neighbourhoods(m, 1.5) for m in (mask, mask * 7))
    assert _lists(one) == _lists(two)


def test_what_is_printed_says_how_large_they_are():
    near = nk.rsa.volume_neighbourhoods(np.ones((3, 1, 1), bool), 1.0)
    assert repr(near) == "<3 neighbourhoods of 2 to 3 of 3 (voxel)>"


# ---------------------------------------------------------------------------------------------
# Surfaces
# ---------------------------------------------------------------------------------------------


def _surface(n=6, seed=0):
    """A bumpy sheet of n x n vertices."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=-1).reshape(-1, 2)
    vertices = np.column_stack([grid + 0.1 * rng.standard_normal(grid.shape), rng.random(n * n)])
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).reshape(-1)
    lower = np.column_stack([corner, corner + 1, corner + n])
    upper = np.column_stack([corner + 1, corner + n, corner + n + 1])
    return vertices, np.concatenate([lower, upper])


def _lengths(vertices, faces):
    """All lengths along edges, by Floyd and Warshall."""
    n = len(vertices)
    graph = np.full((n, n), np.inf)
    for face in faces:
        for a, b in ((0, 1), (1, 2), (0, 2)):
            i, j = face[a], face[b]
            graph[i, j] = graph[j, i] = np.linalg.norm(vertices[i] - vertices[j])
    return floyd_warshall(graph)


@pytest.mark.parametrize("radius", [0.5, 1.3, 2.7])
def test_a_patch_holds_the_vertices_within_the_length_along_edges(radius):
    vertices, faces = _surface()
    near = nk.rsa.surface_neighbourhoods(vertices, faces, radius)
    expected = [np.flatnonzero(row <= radius).tolist() for row in _lengths(vertices, faces)]
    assert _lists(near) == expected


def test_the_way_along_the_surface_counts_and_not_the_way_through_the_air():
    # Two banks of a deep, narrow sulcus: 0.2 mm apart, 10.2 mm along the surface.
    vertices = np.array(
        [[0, 0, 0], [0, 1, 0], [0.1, 0, -5], [0.1, 1, -5], [0.2, 0, 0], [0.2, 1, 0]]
    )
    faces = [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
    near = nk.rsa.surface_neighbourhoods(vertices, faces, 2.0)
    assert 4 not in _lists(near)[0]
    wide = nk.rsa.surface_neighbourhoods(vertices, faces, 10.1)
    assert 4 in _lists(wide)[0]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_steps_count_edges(steps):
    vertices, faces = _surface(5)
    near = nk.rsa.surface_neighbourhoods(vertices * 17.0, faces, steps=steps)
    n = len(vertices)
    touch = np.zeros((n, n), dtype=int)
    for face in faces:
        touch[np.ix_(face, face)] = 1
    reach = np.linalg.matrix_power(touch, steps) > 0
    assert _lists(near) == [np.flatnonzero(row).tolist() for row in reach]
    np.testing.assert_array_equal(near.adjacency.toarray(), (touch > 0) & ~np.eye(n, dtype=bool))


def test_vertices_at_one_place_are_neighbours():
    # An edge of length 0 is an edge.
    vertices = [[0, 0, 0], [0, 0, 0], [5, 0, 0]]
    near = nk.rsa.surface_neighbourhoods(vertices, [[0, 1, 2]], 1.0)
    assert _lists(near) == [[0, 1], [0, 1], [2]]


def test_a_vertex_of_no_face_is_alone():
    vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    near = nk.rsa.surface_neighbourhoods(vertices, [[0, 1, 2]], 3.0)
    assert _lists(near)[3] == [3]


def test_chosen_centres_keep_their_order_and_their_patches():
    vertices, faces = _surface()
    whole = _lists(nk.rsa.surface_neighbourhoods(vertices, faces, 1.6))
    near = nk.rsa.surface_neighbourhoods(vertices, faces, 1.6, centres=[30, 2, 8])
    assert _lists(near) == [whole[30], whole[2], whole[8]]
    assert near.coords["vertex"].tolist() == [30, 2, 8]
    # Row 0, column 2 and row 1, column 2 of the sheet share an edge; 30 is far from both.
    assert np.argwhere(near.adjacency.toarray()).tolist() == [[1, 2], [2, 1]]


@pytest.mark.parametrize(
    ("vertices", "faces", "where"),
    [
        (np.zeros((4, 2)), [[0, 1, 2]], "vertices"),
        (np.full((4, 3), np.nan), [[0, 1, 2]], "vertices"),
        (np.zeros((4, 3)), [[0, 1, 4]], "faces"),
        (np.zeros((4, 3)), [[0, -1, 2]], "faces"),
        (np.zeros((4, 3)), [[0.0, 1.0, 2.0]], "faces"),
        (np.zeros((4, 3)), [[0, 1]], "faces"),
    ],
)
def test_what_is_no_surface_is_refused(vertices, faces, where):
    with pytest.raises(SchemaError, match=where):
        nk.rsa.surface_neighbourhoods(vertices, faces, 1.0)


@pytest.mark.parametrize("options", [{}, {"radius": 1.0, "steps": 2}, {"steps": 0}])
def test_a_patch_has_one_size(options):
    vertices, faces = _surface(3)
    with pytest.raises(OptionError, match=r"radius|steps"):
        nk.rsa.surface_neighbourhoods(vertices, faces, **options)


@pytest.mark.parametrize("centres", [[], [0, 0], [-1], [99], [0.5], [[0]]])
def test_centres_are_vertices_each_once(centres):
    vertices, faces = _surface(3)
    with pytest.raises(OptionError, match="centres"):
        nk.rsa.surface_neighbourhoods(vertices, faces, 1.0, centres=centres)


# ---------------------------------------------------------------------------------------------
# Sensors
# ---------------------------------------------------------------------------------------------


def _sensors(n=9, seed=0):
    rng = np.random.default_rng(seed)
    return [f"MEG{k}" for k in range(n)], rng.standard_normal((n, 3))


def test_sensors_within_a_radius():
    names, place = _sensors()
    near = nk.rsa.sensor_neighbourhoods(names, positions=place, radius=1.4)
    apart = np.linalg.norm(place[:, None] - place, axis=2)
    assert _lists(near) == [[names[k] for k in np.flatnonzero(row <= 1.4)] for row in apart]


@pytest.mark.parametrize("n_nearest", [1, 4, 9])
def test_so_many_nearest_sensors(n_nearest):
    names, place = _sensors()
    near = nk.rsa.sensor_neighbourhoods(names, positions=place, n_nearest=n_nearest)
    for k, members in enumerate(_lists(near)):
        apart = np.linalg.norm(place - place[k], axis=1)
        assert len(members) == n_nearest
        assert set(members) == {names[i] for i in np.argsort(apart)[:n_nearest]}


def test_two_sensors_at_one_place_are_each_their_own_first():
    near = nk.rsa.sensor_neighbourhoods(["a", "b"], positions=np.zeros((2, 3)), n_nearest=1)
    assert _lists(near) == [["a"], ["b"]]


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_an_adjacency_of_any_kind_is_made_mutual(kind):
    matrix = np.zeros((4, 4))
    matrix[0, 1] = matrix[2, 3] = -2.0
    near = nk.rsa.sensor_neighbourhoods(list("abcd"), adjacency=kind(matrix))
    assert _lists(near) == [["a", "b"], ["a", "b"], ["c", "d"], ["c", "d"]]
    assert near.adjacency.toarray().sum() == 4


def test_one_sided_neighbours_touch():
    # c's nearest is b, but b's nearest is a.
    near = nk.rsa.sensor_neighbourhoods(list("abc"), positions=[[0.0], [1.0], [3.0]], n_nearest=2)
    assert _lists(near) == [["a", "b"], ["a", "b"], ["b", "c"]]
    assert near.adjacency.toarray().tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]


def test_neurons_can_be_searched_by_their_own_dim():
    near = nk.rsa.sensor_neighbourhoods(["AVAL", "AVAR"], adjacency=np.ones((2, 2)), dim="neuron")
    assert near.dim == "neuron"
    assert near.coords["neuron"].tolist() == ["AVAL", "AVAR"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"positions": np.zeros((2, 3))},
        {"radius": 1.0},
        {"positions": np.zeros((2, 3)), "radius": 1.0, "n_nearest": 1},
        {"positions": np.zeros((2, 3)), "adjacency": np.eye(2)},
        {"adjacency": np.eye(2), "n_nearest": 1},
    ],
)
def test_who_is_near_is_said_once(options):
    with pytest.raises(OptionError, match="positions"):
        nk.rsa.sensor_neighbourhoods(["a", "b"], **options)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"adjacency": np.eye(3)}, "adjacency"),
        ({"positions": np.zeros((3, 2)), "radius": 1.0}, "positions"),
        ({"positions": [[0.0], [np.nan]], "radius": 1.0}, "positions"),
        ({"positions": np.zeros((2, 2)), "n_nearest": 3}, "n_nearest"),
        ({"positions": np.zeros((2, 2)), "n_nearest": 0}, "n_nearest"),
        ({"positions": np.zeros((2, 2)), "radius": -1.0}, "radius"),
    ],
)
def test_what_does_not_fit_the_sensors_is_refused(options, where):
    with pytest.raises((SchemaError, OptionError), match=where):
        nk.rsa.sensor_neighbourhoods(["a", "b"], **options)


def test_sensors_have_names_of_their_own():
    with pytest.raises(LabelError, match="names"):
        nk.rsa.sensor_neighbourhoods(["a", "a"], adjacency=np.eye(2))
