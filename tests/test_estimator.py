"""Estimators keep scikit-learn's contract, and a fit survives saving without pickle."""

import numpy as np
import pytest
import xarray as xr
from sklearn.base import clone

from neurokit.errors import NeurokitWarning, NotFittedError, StoreError
from neurokit.estimator import Estimator, counter, progress, single_thread
from neurokit.schema import activity, recording


class Mean(Estimator):
    """The mean over time, enough of an estimator to test the base with."""

    def __init__(self, scale=1.0, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y=None):
        """Fit."""
        signal = X["activity/signal"] if isinstance(X, xr.DataTree) else xr.DataArray(X)
        self.mean_ = signal.mean(signal.dims[0]) * self.scale
        self.table_ = xr.Dataset({"sd": signal.std(signal.dims[0])})
        self.raw_ = np.arange(6.0).reshape(2, 3)
        self.error_ = 0.5
        self.n_iter_ = 3
        self.converged_ = True
        self._set_history(X)
        return self


class Other(Mean):
    """Another class, to load the wrong one."""


@pytest.fixture
def rec():
    values = np.random.default_rng(0).random((5, 2))
    group = activity(values, names=["AVAL", "AVAR"], rate=2.0)
    return recording({"activity": group}, modality="calcium", source="a.json")


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_fit_comes_back_from_disk(rec, tmp_path, suffix):
    fitted = Mean(scale=2.0, random_state=3).fit(rec)
    loaded = Mean.load(fitted.save(tmp_path / f"fit{suffix}"))
    assert loaded.get_params() == fitted.get_params()
    xr.testing.assert_identical(loaded.table_, fitted.table_)
    np.testing.assert_array_equal(loaded.mean_, fitted.mean_)
    assert loaded.mean_.neuron.values.tolist() == ["AVAL", "AVAR"]
    np.testing.assert_array_equal(loaded.raw_, fitted.raw_)
    assert (loaded.error_, loaded.n_iter_, loaded.converged_) == (0.5, 3, True)
    assert loaded.history_ == fitted.history_


def test_a_fit_comes_back_from_its_tree_which_stays_as_it_is(rec):
    fitted = Mean(scale=2.0, random_state=3).fit(rec)
    tree = fitted.to_tree()
    before = tree.copy(deep=True)
    again = Mean.from_tree(tree)
    assert again.get_params() == fitted.get_params()
    xr.testing.assert_identical(again.table_, fitted.table_)
    xr.testing.assert_equal(again.mean_, fitted.mean_)
    assert (again.error_, again.converged_, again.history_) == (0.5, True, fitted.history_)
    assert tree.identical(before)
    second = Mean.from_tree(tree)
    np.testing.assert_array_equal(second.raw_, fitted.raw_)
    with pytest.raises(StoreError, match=r"tree: holds .*Mean, not .*Other"):
        Other.from_tree(tree)
    with pytest.raises(StoreError, match="no estimator"):
        Mean.from_tree(rec)


def test_the_fit_is_the_last_step_of_the_history(rec):
    from neurokit.schema import as_history, pick

    tree = Mean(random_state=3).fit(pick(rec, names="AVAL")).to_tree()
    steps = as_history(tree)
    assert steps[0]["function"] == "pick"
    assert steps[-1]["function"].endswith("Mean.fit")
    assert steps[-1]["seed"] == 3


def test_parameters_are_untouched_and_cloned():
    assert clone(Mean(scale=7)).scale == 7
    assert not hasattr(clone(Mean().fit(np.zeros((3, 2)))), "mean_")


def test_asking_before_fitting_says_to_fit():
    with pytest.raises(NotFittedError, match=r"Mean: is not fitted yet\. Call fit"):
        Mean().to_tree()


def test_loading_another_class_says_what_is_there(rec, tmp_path):
    path = Mean().fit(rec).save(tmp_path / "a.nc")
    with pytest.raises(StoreError, match="Mean, not .*Other"):
        Other.load(path)


def test_loading_a_recording_as_a_fit_is_refused(rec, tmp_path):
    from neurokit.io import save

    with pytest.raises(StoreError, match="holds no estimator"):
        Mean.load(save(rec, tmp_path / "a.nc"))


def test_saving_an_interrupted_fit_warns(rec, tmp_path):
    fitted = Mean().fit(rec)
    fitted.converged_ = False
    with pytest.warns(NeurokitWarning, match="did not converge or was interrupted"):
        fitted.save(tmp_path / "a.nc")


def test_the_repr_fits_a_screen_and_says_what_was_fitted(rec):
    assert "not fitted" in repr(Mean())
    shown = repr(Mean(scale=2.0).fit(rec))
    assert "scale=2.0" in shown
    assert "mean_" in shown
    assert len(shown.splitlines()) < 20


def test_a_generator_as_random_state_does_not_hinder_saving(rec, tmp_path):
    fitted = Mean(random_state=np.random.default_rng(0)).fit(rec)
    assert Mean.load(fitted.save(tmp_path / "a.nc")).random_state is None


def test_progress_passes_everything_on():
    assert list(progress(range(3), show=False)) == [0, 1, 2]
    assert list(progress(iter("ab"), total=2, label="x", show=True)) == ["a", "b"]


def test_single_thread_limits_blas():
    from threadpoolctl import threadpool_info

    with single_thread():
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())


def test_a_counter_counts_for_many_threads_at_once(capsys):
    from concurrent.futures import ThreadPoolExecutor

    with counter(400, label="work", show=True) as count, ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(count) for _ in range(400)]:
            future.result()
    shown = capsys.readouterr().err
    assert "work" in shown
    assert "/400" in shown


def test_a_counter_without_a_total_goes_on(capsys):
    with counter(label="steps", show=True) as count:
        for _ in range(2000):
            count()
    assert "it" in capsys.readouterr().err


def test_a_counter_that_is_called_too_often_or_never_is_no_error(capsys):
    with counter(2, show=True) as count:
        for _ in range(5):
            count()
    with counter(2, show=True):
        pass
    with counter(label="hidden", show=False) as count:
        count()
    assert "hidden" not in capsys.readouterr().err


def test_a_counter_is_closed_by_an_error(capsys):
    def broken():
        with counter(3, label="work", show=True) as count:
            count()
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        broken()
    # A line that is left shows the last state; one that is taken away ends with a return.
    assert capsys.readouterr().err.endswith("\r")
