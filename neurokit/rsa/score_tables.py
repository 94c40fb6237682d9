"""Results of `evaluate` as tables: a row for each model, or for each pair of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError
from neurokit.rsa.arguments import yes_or_no

if TYPE_CHECKING:
    from pandas import DataFrame

_OF_MODELS = ("score", "standard_error", "p_zero", "q_zero", "p_ceiling", "q_ceiling")
_OF_PAIRS = ("p_pairwise", "q_pairwise")


def model_table(result: xr.Dataset, *, pairs: bool = False) -> DataFrame:
    """Scores, ceilings and tests of `evaluate` as a table that can be read, sorted and saved.

    Parameters
    ----------
    result : Dataset
        Of `evaluate`.
    pairs : bool, default False
        A row for each pair of models (each pair once, in the order of the models) instead of one
        for each model.

    Returns
    -------
    pandas.DataFrame
        Columns are the other dims (roi, time) and ``model``, then ``score``, ``standard_error``,
        ``ceiling_lower``, ``ceiling_upper``, ``p_zero``, ``q_zero``, ``p_ceiling``,
        ``q_ceiling``; with `pairs` ``model_2``, ``difference`` of scores, ``p_pairwise``,
        ``q_pairwise``.

    Raises
    ------
    SchemaError
        If it is no result of `evaluate`.
    OptionError
        If `pairs` is neither True nor False.

    Examples
    --------
    >>> from neurokit.rsa import evaluate
    >>> rng = np.random.default_rng(0)
    >>> data = xr.DataArray(rng.random((6, 45)), dims=["subject", "pair"])
    >>> result = evaluate({"a": rng.random(45), "b": rng.random(45)}, data, random_state=0)
    >>> model_table(result)["model"].tolist()
    ['a', 'b']
    >>> len(model_table(result, pairs=True))
    1
    """
    by_pairs = yes_or_no("pairs", pairs)
    wanted = [*_OF_MODELS, *_OF_PAIRS, "ceiling"]
    missing = [name for name in wanted if name not in getattr(result, "data_vars", ())]
    if missing:
        raise SchemaError(
            f"lacks {', '.join(missing[:3])}", where="result", mend="Give what evaluate returns."
        )
    others = [str(dim) for dim in result["score"].dims if dim != "model"]
    if by_pairs:
        score = result["score"]
        second = score.rename(model="model_2")
        held: dict[str, Any] = {"difference": score - second}
        held |= {name: result[name] for name in _OF_PAIRS}
        return _rows(held, [*others, "model", "model_2"])
    held = {name: result[name] for name in _OF_MODELS}
    bounds = {f"ceiling_{b}": result["ceiling"].sel(bound=b) for b in ("lower", "upper")}
    return _rows({**dict(list(held.items())[:2]), **bounds, **held}, [*others, "model"])


def _rows(columns: dict[str, xr.DataArray], dims: list[str]) -> DataFrame:
    """One row for each entry; of a square of models those above the diagonal."""
    plain = {
        name: c.drop_vars([n for n in c.coords if n not in dims]) for name, c in columns.items()
    }
    table = xr.Dataset(plain).to_dataframe(dim_order=dims).reset_index()[[*dims, *columns]]
    if "model_2" not in dims:
        return table
    n = next(iter(columns.values())).sizes["model"]
    first, second = np.divmod(np.arange(len(table)) % (n * n), n)
    return table[first < second].reset_index(drop=True)
