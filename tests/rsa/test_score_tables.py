"""Tables of `evaluate`: every number is where it belongs, each pair of models is there once."""

import itertools

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError, SchemaError

NAMES = ["zebra", "ape", "cat"]


def _result(**lead):
    """Of random models and subjects; `lead` are further dims with their labels."""
    rng = np.random.default_rng(0)
    sizes = [len(labels) for labels in lead.values()]
    data = xr.DataArray(rng.random((*sizes, 5, 28)), lead, [*lead, "subject", "pair"])
    models = {name: rng.random(28) for name in NAMES}
    return nk.rsa.evaluate(models, data, n_draws=30, random_state=0)


def test_a_row_for_each_model_in_the_order_of_the_models():
    result = _result()
    table = nk.rsa.model_table(result)
    assert table["model"].tolist() == NAMES
    for row in table.to_dict("records"):
        own = result.sel(model=row["model"])
        for name in ("score", "standard_error", "p_zero", "q_zero", "p_ceiling", "q_ceiling"):
            assert row[name] == float(own[name])
        for bound in ("lower", "upper"):
            assert row[f"ceiling_{bound}"] == float(result.ceiling.sel(bound=bound))


def test_columns_begin_with_what_a_reader_looks_for():
    table = nk.rsa.model_table(_result())
    assert list(table)[:5] == ["model", "score", "standard_error", "ceiling_lower", "ceiling_upper"]
    assert table.isna().sum().sum() == 0


def test_each_pair_of_models_is_there_once():
    result = _result()
    table = nk.rsa.model_table(result, pairs=True)
    found = list(zip(table["model"], table["model_2"], strict=True))
    assert found == list(itertools.combinations(NAMES, 2))
    for row in table.to_dict("records"):
        cell = {"model": row["model"], "model_2": row["model_2"]}
        apart = result.score.sel(model=row["model"]) - result.score.sel(model=row["model_2"])
        assert row["difference"] == float(apart)
        for name in ("p_pairwise", "q_pairwise"):
            assert row[name] == float(result[name].sel(cell))


def test_regions_and_times_are_columns():
    result = _result(roi=["V1", "IT"], time=[0.0, 0.1, 0.2])
    table = nk.rsa.model_table(result)
    assert list(table)[:3] == ["roi", "time", "model"]
    assert len(table) == 2 * 3 * 3
    one = table[(table.roi == "IT") & (table.time == 0.1) & (table.model == "cat")]
    own = result.sel(roi="IT", time=0.1)
    assert one["score"].item() == float(own.score.sel(model="cat"))
    assert one["ceiling_upper"].item() == float(own.ceiling.sel(bound="upper"))
    pairs = nk.rsa.model_table(result, pairs=True)
    assert len(pairs) == 2 * 3 * 3
    one = pairs[(pairs.roi == "V1") & (pairs.time == 0.2) & (pairs.model_2 == "cat")]
    expected = result.p_pairwise.sel(roi="V1", time=0.2, model_2="cat", model=["zebra", "ape"])
    assert one["p_pairwise"].tolist() == expected.values.tolist()


def test_a_single_model_has_no_pairs():
    result = _result()
    one = result.isel(model=[0], model_2=[0])
    assert len(nk.rsa.model_table(one)) == 1
    assert len(nk.rsa.model_table(one, pairs=True)) == 0


def test_a_dim_without_labels_is_counted():
    result = _result(roi=["V1", "IT"]).drop_vars("roi")
    assert nk.rsa.model_table(result)["roi"].tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("wrong", [None, np.ones(3), xr.Dataset({"score": ("model", [1.0])})])
def test_what_evaluate_did_not_make_is_refused(wrong):
    with pytest.raises(SchemaError, match="result: lacks .* Give what evaluate returns"):
        nk.rsa.model_table(wrong)


def test_pairs_are_yes_or_no():
    with pytest.raises(OptionError, match="pairs: is 'no'. Give True or False"):
        nk.rsa.model_table(_result(), pairs="no")
