"""Positions: in centimetres or what fits, one frame at a time, bad channels marked."""

import numpy as np
import pytest

from neurokit import plot
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.places import frames_of
from neurokit.simulate import recording


def dots(ax):
    """Return the places drawn, group by group, without the crosses of bad channels."""
    return [np.asarray(c.get_offsets()) for c in ax.collections if c.get_label() != "bad"]


@pytest.fixture
def cap(build):
    place = np.array([[0.0, 0.09, 0.03], [0.05, 0.0, 0.08], [-0.05, 0.0, 0.08], [0, -0.09, 0.03]])
    more = {"position_attrs": {"units": "m", "coordinate_frame": "head"}}
    return build(np.zeros((5, 4)), position=place, **more)


def test_positions_in_metres_are_drawn_in_centimetres(cap):
    ax = plot.positions(cap)
    (drawn,) = dots(ax)
    np.testing.assert_allclose(drawn, [[0, 9], [5, 0], [-5, 0], [0, -9]], atol=1e-12)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (cm)", "y (cm)")


def test_the_title_names_frame_and_plane(cap):
    assert plot.positions(cap).get_title() == "frame: head, xy plane"


def test_axes_are_equal_so_that_distances_compare(cap):
    assert plot.positions(cap).get_aspect() == 1.0


@pytest.mark.parametrize(
    ("units", "scale", "shown"),
    [("m", 1e-3, "mm"), ("mm", 1.0, "mm"), ("um", 100.0, "µm"), ("m", 0.1, "cm")],
)
def test_the_unit_fits_the_extent(build, units, scale, shown):
    place = scale * np.array([[0, 0, 0], [2.0, 0, 0], [0, 2, 0]])
    attrs = {"units": units, "coordinate_frame": "x"}
    ax = plot.positions(build(np.zeros((2, 3)), position=place, position_attrs=attrs))
    assert ax.get_xlabel() == f"x ({shown})"


def test_a_unit_that_is_no_length_is_left_alone(build):
    attrs = {"units": "voxel", "coordinate_frame": "image"}
    ax = plot.positions(build(np.zeros((2, 2)), position=np.eye(3)[:2], position_attrs=attrs))
    assert ax.get_xlabel() == "x (voxel)"


@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_a_plane_can_be_chosen(cap, plane):
    ax = plot.positions(cap, plane=plane)
    assert ax.get_xlabel()[0] + ax.get_ylabel()[0] == plane
    columns = ["xyz".index(axis) for axis in plane]
    np.testing.assert_allclose(dots(ax)[0], 100 * cap.activity.position.values[:, columns])


def test_grids_are_seen_from_the_side_they_lie_on():
    rec = recording("ecog", n_channels=16, duration=1.0, random_state=0)
    assert plot.positions(rec).get_title().endswith("yz plane")


def test_heads_are_seen_from_above():
    rec = recording("meg", n_channels=30, duration=1.0, random_state=0)
    assert plot.positions(rec).get_title() == "frame: device, xy plane"


def test_channel_types_get_a_legend():
    ax = plot.positions(recording("meg", n_channels=9, duration=1.0, random_state=0))
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["MEGMAG", "MEGGRADPLANAR"]


def test_sensors_at_one_place_are_drawn_within_each_other():
    ax = plot.positions(recording("meg", n_channels=9, duration=1.0, random_state=0))
    sizes = [float(c.get_sizes()[0]) for c in ax.collections]
    assert sizes[0] > 2 * sizes[1]


def test_one_kind_needs_no_legend(cap):
    assert plot.positions(cap).get_legend() is None


def test_bad_channels_carry_a_cross(build):
    place = np.array([[0, 0, 0.1], [0.05, 0, 0.1], [0, 0.05, 0.1]])
    ax = plot.positions(build(np.zeros((2, 3)), position=place, bad=[False, True, False]))
    (cross,) = (c for c in ax.collections if c.get_label() == "bad")
    np.testing.assert_allclose(np.asarray(cross.get_offsets()), [[5, 0]])


def test_colours_follow_a_coordinate_on_request():
    rec = recording("seeg", n_channels=16, duration=1.0, random_state=0)
    ax = plot.positions(rec, colour="hemisphere")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["L", "R"]


def test_a_coordinate_that_is_not_there_is_said(cap):
    with pytest.raises(OptionError, match="Use one of"):
        plot.positions(cap, colour="lobe")


def test_more_kinds_than_colours_differ_by_marker(build):
    n = 16
    place = np.random.default_rng(0).uniform(-0.1, 0.1, (n, 3))
    regions = {"region": [f"region {i}" for i in range(n)]}
    ax = plot.positions(build(np.zeros((2, n)), position=place, coords=regions))
    looks = {
        (tuple(c.get_facecolor()[0]), c.get_paths()[0].vertices.tobytes()) for c in ax.collections
    }
    assert len(looks) == n


@pytest.mark.parametrize(("n", "named"), [(70, 70), (71, 0)])
def test_names_are_written_where_there_is_room(build, n, named):
    place = np.random.default_rng(0).uniform(-0.1, 0.1, (n, 3))
    rec = build(np.zeros((2, n)), position=place)
    assert len(plot.positions(rec).texts) == named
    assert len(plot.positions(rec, names=False).texts) == 0
    assert len(plot.positions(rec, names=True).texts) == n


def test_unknown_positions_are_counted_and_left_out(build):
    place = np.array([[0, 0, 0.1], [np.nan] * 3, [0, 0.05, 0.1]])
    ax = plot.positions(build(np.zeros((2, 3)), position=place))
    assert len(dots(ax)[0]) == 2
    note = ax.texts[-1]
    assert note.get_text() == "1 of 3 have no position in this frame"
    ax.figure.canvas.draw()
    assert note.get_window_extent().y1 < ax.get_window_extent().y0, "it stands on places"


def test_no_known_position_is_said(build):
    ax = plot.positions(build(np.zeros((2, 2)), position=np.full((2, 3), np.nan)))
    assert ax.texts[0].get_text() == "no position is known"


def test_frames_are_never_mixed(build):
    place = np.array([[0, 0, 0.1], [0.01, 0, 0.1], [0.02, 0.05, 0.1]])
    frames = {"coordinate_frame": ["meg", "head", "meg"]}
    attrs = {"units": "m", "coordinate_frame": "per channel"}
    rec = build(np.zeros((2, 3)), position=place, coords=frames, position_attrs=attrs)
    assert plot.positions(rec).get_title().startswith("frame: meg")
    assert sum(map(len, dots(plot.positions(rec)))) == 2
    assert sum(map(len, dots(plot.positions(rec, frame="head")))) == 1
    with pytest.raises(OptionError, match="'head', 'meg'"):
        plot.positions(rec, frame="mri")


def test_the_frame_of_a_missing_position_is_empty(build):
    place = np.array([[0, 0, 0.1], [np.nan] * 3])
    group = build(np.zeros((2, 2)), position=place).activity.to_dataset()
    assert frames_of(group).tolist() == ["unknown", ""]


def test_without_positions_there_is_an_error(build):
    with pytest.raises(SchemaError, match="no positions"):
        plot.positions(build(np.zeros((2, 2))))
    with pytest.raises(SchemaError, match="no positions"):
        plot.positions(recording("connectome", n_channels=4, random_state=0))


def test_an_unknown_plane_is_an_error(cap):
    with pytest.raises(OptionError, match="plane"):
        plot.positions(cap, plane="yx")


def test_positions_read_no_signal(counted):
    rec, array = counted(1000, 3)
    group = (
        rec["activity"]
        .to_dataset()
        .assign(
            position=(
                ("channel", "space"),
                np.eye(3) * 0.1,
                {"units": "m", "coordinate_frame": "head"},
            )
        )
    )
    plot.positions(group)
    assert array.reads == []
