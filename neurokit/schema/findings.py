"""Findings: what is wrong with a recording, where, and how to mend it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from neurokit.errors import SchemaError, check_option

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["CRITICAL", "VIOLATION", "SUGGESTION"]
SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Parameters
    ----------
    code : str
        Stable short code, for example NK102.
    severity : {"CRITICAL", "VIOLATION", "SUGGESTION"}
        CRITICAL: results would be wrong. VIOLATION: the contract is broken. SUGGESTION: worth
        knowing.
    where : str
        Group, variable or label.
    found : str
        What was found.
    mend : str
        What to do.

    Examples
    --------
    >>> finding = Finding("NK301", "VIOLATION", "/activity", "time goes back", "Sort it.")
    >>> finding.code
    'NK301'
    """

    code: str
    severity: Severity
    where: str
    found: str
    mend: str

    def __post_init__(self) -> None:
        check_option("severity", self.severity, SEVERITIES)

    def __str__(self) -> str:
        return f"{self.code} {self.severity} {self.where}: {self.found}. {self.mend}"


class Findings(Sequence[Finding]):
    """All findings of one recording, gravest first.

    Parameters
    ----------
    findings : iterable of Finding
        In the order they were found.

    Examples
    --------
    >>> import neurokit as nk
    >>> found = nk.validate(nk.simulate.recording("calcium", random_state=0))
    >>> found.ok, len(found)
    (True, 0)
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._items = tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    @property
    def ok(self) -> bool:
        """True when nothing is CRITICAL or a VIOLATION."""
        return all(f.severity == "SUGGESTION" for f in self._items)

    @property
    def codes(self) -> list[str]:
        """The codes, gravest first."""
        return [f.code for f in self._items]

    def __repr__(self) -> str:
        if not self._items:
            return "Findings: none, the recording keeps the contract"
        counts = Counter(str(f.severity) for f in self._items)
        head = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if s in counts)
        return "\n".join([f"Findings: {head}", *(f"  {f}" for f in self._items)])

    def _repr_html_(self) -> str:
        from neurokit.schema.html_tables import findings_html

        return findings_html(self._items)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table, one row each."""
        import pandas as pd

        columns = ["code", "severity", "where", "found", "mend"]
        return pd.DataFrame([asdict(f) for f in self._items], columns=columns)

    def raise_if_broken(self, where: str) -> None:
        """Raise if anything is CRITICAL or a VIOLATION.

        Parameters
        ----------
        where : str
            Named at the head of the message.

        Raises
        ------
        SchemaError
            With the gravest finding, and how many more there are.
        """
        grave = [f for f in self._items if f.severity != "SUGGESTION"]
        if grave:
            more = f" (and {len(grave) - 1} more; see nk.validate)" if len(grave) > 1 else ""
            first = grave[0]
            raise SchemaError(
                f"{first.code} in {first.where}: {first.found}{more}", where=where, mend=first.mend
            )


def findings_to_json(findings: Iterable[Finding]) -> str:
    """Return findings as the JSON list that the root attribute ``findings`` holds.

    Parameters
    ----------
    findings : iterable of Finding
        What a loader noticed.

    Returns
    -------
    str
        One object per finding.

    Examples
    --------
    >>> finding = Finding("NK301", "VIOLATION", "/activity", "time goes back", "Sort it.")
    >>> findings_from_json(findings_to_json([finding])) == [finding]
    True
    """
    return json.dumps([asdict(f) for f in findings])


def findings_from_json(text: str) -> list[Finding]:
    """Read findings back from the root attribute ``findings``.

    Parameters
    ----------
    text : str
        What `findings_to_json` wrote.

    Returns
    -------
    list of Finding
        In the same order.

    Examples
    --------
    >>> findings_from_json(findings_to_json([])) == []
    True
    """
    rows: list[dict[str, Any]] = json.loads(text)
    return [Finding(**row) for row in rows]
