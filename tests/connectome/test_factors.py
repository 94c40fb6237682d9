"""Labelled factors: names, norms, order, reconstruction, matrices."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.connectome import motif_matrices, neuron_strength, pair_loading
from neurokit.connectome.factors import labelled_factors, loading_name, modes_of, reconstruct
from neurokit.connectome.pairs import pair_index
from neurokit.errors import SchemaError

NAMES = np.array(["AVAL", "AVAR", "RIML", "VB1"])


def a_tensor(n_times=5, n_recordings=2):
    first, second = pair_index(4)
    return xr.DataArray(
        np.zeros((6, n_times, n_recordings), dtype=np.float32),
        {
            "neuron": ("pair", NAMES[first]),
            "partner": ("pair", NAMES[second]),
            "time": ("time", np.arange(n_times) * 2.0, {"units": "s", "sampling_rate": 0.5}),
            "recording": ["w1", "w2"][:n_recordings],
            "subject": ("recording", ["a", "b"][:n_recordings]),
        },
        ["pair", "time", "recording"],
    )


def some_factors(rank=3, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.random((n, rank)) for n in (6, 5, 2)]


def test_modes_are_named_after_their_dims_and_keep_coordinates():
    found = labelled_factors(a_tensor(), some_factors())
    assert list(found.data_vars) == ["pair_loading", "time_course", "recording_loading", "weight"]
    assert list(modes_of(found)) == ["pair", "time", "recording"]
    assert found.subject.values.tolist() == ["a", "b"]
    assert found.time.attrs == {"units": "s", "sampling_rate": 0.5}
    assert found.partner.dims == ("pair",)
    assert loading_name("trial") == "trial_loading"


def test_factors_have_unit_norm_and_descending_weights():
    factors = some_factors()
    found = labelled_factors(a_tensor(), factors)
    for values in modes_of(found).values():
        np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1.0)
    assert (np.diff(found.weight) <= 0).all()
    norms = np.prod([np.linalg.norm(f, axis=0) for f in factors], axis=0)
    np.testing.assert_allclose(found.weight, np.sort(norms)[::-1])


def test_the_reconstruction_is_the_model():
    factors = some_factors()
    found = reconstruct(labelled_factors(a_tensor(), factors))
    np.testing.assert_allclose(found, np.einsum("ar,br,cr->abc", *factors))
    assert found.dims == ("pair", "time", "recording")
    assert set(a_tensor().coords) <= set(found.coords)


def test_an_empty_component_has_weight_zero_and_no_nan():
    factors = some_factors()
    for factor in factors:
        factor[:, 1] = 0.0
    found = labelled_factors(a_tensor(), factors)
    assert found.weight.values[2] == 0
    assert found.pair_loading.values[2].sum() == 0
    assert np.isfinite(found.to_array()).any()


def test_rows_never_observed_stay_nan_and_do_not_count_in_norms():
    factors = some_factors()
    factors[0][2] = np.nan
    found = labelled_factors(a_tensor(), factors)
    assert np.isnan(found.pair_loading.values[:, 2]).all()
    np.testing.assert_allclose(np.nansum(found.pair_loading**2, axis=1), 1.0)
    assert np.isnan(reconstruct(found).values[2]).all()


def test_matrices_are_symmetric_and_hold_the_loading_of_each_pair():
    found = labelled_factors(a_tensor(), some_factors())
    matrices = motif_matrices(found)
    assert matrices.dims == ("component", "neuron", "partner")
    assert matrices.neuron.values.tolist() == NAMES.tolist()
    for p in range(6):
        i, j = str(found.neuron.values[p]), str(found.partner.values[p])
        np.testing.assert_array_equal(
            matrices.sel(neuron=i, partner=j), found.pair_loading.isel(pair=p)
        )
    np.testing.assert_array_equal(matrices, matrices.values.swapaxes(1, 2))


def test_strength_is_the_mean_over_the_partners_seen():
    factors = some_factors()
    factors[0][0] = np.nan  # AVAL with AVAR
    found = labelled_factors(a_tensor(), factors)
    matrices = motif_matrices(found)
    strength = neuron_strength(found)
    expected = (matrices[:, 0, 2] + matrices[:, 0, 3]) / 2
    np.testing.assert_allclose(strength.sel(neuron="AVAL"), expected)
    np.testing.assert_allclose(strength.sel(neuron="VB1"), matrices[:, 3, :3].mean("partner"))


def test_a_neuron_never_recorded_with_another_has_no_strength():
    factors = some_factors()
    factors[0][[0, 1, 2]] = np.nan  # all pairs of AVAL
    strength = neuron_strength(labelled_factors(a_tensor(), factors))
    assert np.isnan(strength.sel(neuron="AVAL")).all()
    assert np.isfinite(strength.sel(neuron="AVAR")).all()


def test_a_group_of_neurons_becomes_the_geometric_mean_of_its_members():
    loading = xr.DataArray(
        [[4.0, 1.0, 0.0, 9.0]], {"component": [0], "neuron": NAMES}, ["component", "neuron"]
    )
    found = pair_loading(loading)
    assert found.values[0].tolist() == [2.0, 0.0, 6.0, 0.0, 3.0, 0.0]
    assert found.neuron.values.tolist()[:3] == ["AVAL"] * 3


def test_factors_without_pairs_have_no_matrices():
    tensor = xr.DataArray(np.zeros((3, 4)), dims=["feature", "time"])
    rng = np.random.default_rng(0)
    found = labelled_factors(tensor, [rng.random((3, 2)), rng.random((4, 2))])
    with pytest.raises(SchemaError, match="affinity"):
        motif_matrices(found)
