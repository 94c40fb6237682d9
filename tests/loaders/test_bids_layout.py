"""Where the files of a dataset are: root, recordings, sidecars by the inheritance principle."""

from pathlib import Path

import pytest
from bids_maker import dump, tsv
from neurokit_loaders.bids_layout import (
    BidsFile,
    choose,
    entities_of,
    is_recording,
    looks_like_bids,
    recordings_in,
    root_of,
    suffix_of,
)

from neurokit.errors import FileContentError, LabelError


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def _dataset(root: Path, *names: str, described: bool = True) -> Path:
    if described:
        dump(root / "dataset_description.json", {"Name": "x"})
    for name in names:
        parts = [p for p in name.split("_") if p.startswith(("sub-", "ses-"))]
        _touch(root.joinpath(*parts, suffix_of(Path(name)), name))
    return root


def test_entities_have_their_long_names_and_unknown_ones_stay():
    found = entities_of("sub-01_ses-a_task-rest_acq-x_run-02_hemi-L_proc-y_eeg.vhdr")
    assert found == {
        **{"subject": "01", "session": "a", "task": "rest", "acquisition": "x"},
        **{"run": "02", "hemi": "L", "processing": "y"},
    }


def test_what_stands_before_the_first_entity_is_no_entity():
    found = entities_of("ieeglab_dataset_seeg_sub-02_ses-ieeg01_electrodes.tsv")
    assert found == {"subject": "02", "session": "ieeg01"}


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("sub-01_task-a_eeg.vhdr", True),
        ("sub-01_task-a_eeg.edf", True),
        ("sub-01_task-a_meg.fif", True),
        ("sub-01_task-a_meg.ds", True),
        ("sub-01_task-a_ieeg.nwb", True),
        ("sub-01_task-a_eeg.eeg", False),
        ("sub-01_task-a_eeg.json", False),
        ("sub-01_task-a_channels.tsv", False),
        ("sub-01_acq-crosstalk_meg.fif", False),
        ("sub-01_T1w.nii.gz", False),
        ("sub-01_task-a_bold.edf", False),
    ],
)
def test_a_recording_is_known_by_suffix_and_extension(name, yes):
    assert is_recording(Path(name)) is yes


def test_the_root_is_where_the_dataset_is_described(tmp_path):
    _dataset(tmp_path / "ds", "sub-01_ses-a_task-r_eeg.edf")
    file = tmp_path / "ds/sub-01/ses-a/eeg/sub-01_ses-a_task-r_eeg.edf"
    for path in (file, file.parent, file.parents[1], file.parents[2], file.parents[3]):
        assert root_of(path) == (tmp_path / "ds").resolve()


def test_without_a_description_the_root_is_above_the_subject(tmp_path):
    _dataset(tmp_path / "ds", "sub-01_ses-a_task-r_eeg.edf", described=False)
    assert root_of(tmp_path / "ds/sub-01/ses-a") == (tmp_path / "ds").resolve()


def test_without_a_subjects_folder_the_root_is_above_the_datatypes(tmp_path):
    _touch(tmp_path / "part/eeg/sub-01_task-r_eeg.edf")
    assert root_of(tmp_path / "part/eeg/sub-01_task-r_eeg.edf") == (tmp_path / "part").resolve()
    assert root_of(tmp_path / "part") == (tmp_path / "part").resolve()


# -- sniffing


def test_every_level_of_a_dataset_is_recognised(tmp_path):
    root = _dataset(tmp_path / "ds", "sub-01_ses-a_task-r_eeg.edf")
    levels = [root, root / "sub-01", root / "sub-01/ses-a", root / "sub-01/ses-a/eeg"]
    assert [looks_like_bids(level) >= 0.9 for level in levels] == [True] * 4


def test_a_root_without_a_description_is_recognised_by_its_subjects(tmp_path):
    assert looks_like_bids(_dataset(tmp_path, "sub-01_eeg.edf", described=False)) == 0.85


def test_a_data_file_is_left_to_its_own_loader(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-r_eeg.edf")
    file = root / "sub-01/eeg/sub-01_task-r_eeg.edf"
    assert looks_like_bids(file) == 0.0
    assert looks_like_bids(root / "dataset_description.json") == 0.0


def test_a_folder_of_ctf_or_any_other_is_not_taken_for_a_dataset(tmp_path):
    (tmp_path / "a_meg.ds").mkdir()
    (tmp_path / "plain").mkdir()
    (tmp_path / "eeg").mkdir()
    for name in ("a_meg.ds", "plain", "eeg", "not there"):
        assert looks_like_bids(tmp_path / name) == 0.0


# -- recordings


def test_recordings_are_listed_by_name_without_derivatives_and_sources(tmp_path):
    root = _dataset(tmp_path, "sub-02_task-r_eeg.edf", "sub-01_task-r_eeg.edf")
    _touch(root / "derivatives/clean/sub-01/eeg/sub-01_task-r_eeg.edf")
    _touch(root / "sourcedata/sub-01_task-r_eeg.edf")
    _touch(root / ".git/sub-01_task-r_eeg.edf")
    assert [f.path.name for f in recordings_in(root)] == [
        "sub-01_task-r_eeg.edf",
        "sub-02_task-r_eeg.edf",
    ]


def test_parts_of_a_split_file_are_one_recording(tmp_path):
    names = [f"sub-01_task-r_split-{i:02d}_meg.fif" for i in (1, 2, 10)]
    assert [f.path.name for f in recordings_in(_dataset(tmp_path, *names))] == names[:1]


def test_a_folder_that_is_a_recording_is_not_searched(tmp_path):
    root = _dataset(tmp_path)
    _touch(root / "sub-01/meg/sub-01_task-r_meg.ds/sub-01_task-r_meg.fif")
    assert [f.path.name for f in recordings_in(root)] == ["sub-01_task-r_meg.ds"]


def test_a_link_that_leads_back_up_is_not_followed_for_ever(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-r_eeg.edf")
    (root / "sub-01" / "loop").symlink_to(root)
    assert recordings_in(root)


# -- choosing


def test_one_recording_needs_no_choice(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-r_eeg.edf")
    assert choose(root, {"subject": None}).path.name == "sub-01_task-r_eeg.edf"


@pytest.mark.parametrize("subject", ["02", "sub-02"])
def test_entities_choose_with_and_without_their_prefix(tmp_path, subject):
    root = _dataset(tmp_path, "sub-01_task-r_eeg.edf", "sub-02_task-r_eeg.edf")
    assert choose(root, {"subject": subject}).entities["subject"] == "02"


def test_numbers_match_whatever_their_zeros(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-r_run-01_eeg.edf", "sub-01_task-r_run-02_eeg.edf")
    assert choose(root, {"run": "2"}).path.name == "sub-01_task-r_run-02_eeg.edf"


def test_the_datatype_chooses_too(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-r_eeg.edf", "sub-01_task-r_ieeg.edf")
    assert choose(root, {"datatype": "ieeg"}).datatype == "ieeg"


def test_several_are_an_error_with_what_tells_them_apart_ready_to_paste(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-a_run-1_eeg.edf", "sub-02_task-a_eeg.edf")
    with pytest.raises(LabelError) as error:
        choose(root, {})
    said = str(error.value)
    assert "2 recordings fit" in said
    assert "subject='01', run='1'; subject='02'" in said
    assert "task=" not in said


def test_two_formats_of_one_recording_are_told_apart_by_their_files(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-a_eeg.edf", "sub-01_task-a_eeg.vhdr")
    with pytest.raises(LabelError, match=r"Name the data file itself: sub-01_task-a_eeg\.edf"):
        choose(root, {})


def test_an_entity_that_no_recording_has_is_named_with_those_there_are(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-rest_eeg.edf", "sub-01_task-talk_eeg.edf")
    with pytest.raises(LabelError, match="no recording has task 'res', did you mean 'rest'"):
        choose(root, {"task": "res"})


def test_entities_that_do_not_meet_are_named_together(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-a_eeg.edf", "sub-02_task-b_eeg.edf")
    with pytest.raises(LabelError, match="no recording has all of"):
        choose(root, {"subject": "01", "task": "b"})


def test_a_dataset_without_a_recording_says_what_it_looked_for(tmp_path):
    root = _dataset(tmp_path)
    with pytest.raises(FileContentError, match="holds no recording named as BIDS says"):
        choose(root, {})


def test_a_data_file_chooses_itself(tmp_path):
    root = _dataset(tmp_path, "sub-01_task-a_eeg.edf", "sub-02_task-a_eeg.edf")
    file = choose(root / "sub-02/eeg/sub-02_task-a_eeg.edf", {})
    assert (file.entities["subject"], file.root) == ("02", root.resolve())


# -- sidecars


def _file(root: Path) -> BidsFile:
    return choose(_dataset(root, "sub-01_ses-a_task-r_run-1_eeg.edf"), {})


def test_sidecars_come_from_the_root_down_the_most_specific_last(tmp_path):
    file = _file(tmp_path)
    here = file.path.parent
    expected = [
        dump(file.root / "task-r_eeg.json", {}),
        dump(file.root / "sub-01/sub-01_eeg.json", {}),
        dump(here / "sub-01_ses-a_eeg.json", {}),
        dump(here / "sub-01_ses-a_task-r_run-1_eeg.json", {}),
    ]
    assert file.sidecars("eeg", ".json") == expected


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_ses-a_task-r_run-2_eeg.json",
        "sub-02_eeg.json",
        "task-other_eeg.json",
        "sub-01_ses-a_task-r_acq-x_eeg.json",
        "sub-01_ses-a_task-r_run-1_events.json",
        "sub-01_ses-a_task-r_run-1_ieeg.json",
    ],
)
def test_sidecars_of_other_recordings_do_not_apply(tmp_path, name):
    file = _file(tmp_path)
    dump(file.path.parent / name, {})
    assert file.sidecars("eeg", ".json") == []


def test_sidecars_above_the_root_do_not_apply(tmp_path):
    file = _file(tmp_path / "ds")
    dump(tmp_path / "task-r_eeg.json", {})
    assert file.sidecars("eeg", ".json") == []


def test_tables_of_electrodes_are_listed_by_space(tmp_path):
    file = _file(tmp_path)
    plain = tsv(file.path.parent / "sub-01_ses-a_electrodes.tsv", "name x y z")
    mni = tsv(file.path.parent / "sub-01_ses-a_space-MNI_electrodes.tsv", "name x y z")
    assert file.spaces("electrodes", ".tsv") == {"": plain, "MNI": mni}
