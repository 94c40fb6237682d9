"""Fixtures that every room's tests share, and the table of minutes per marker and area."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A shell that starts the tests in the background lets them, and all they start, ignore Ctrl-C,
# which is what some of them send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Figures are drawn into files; set before anything imports matplotlib.
os.environ.setdefault("MPLBACKEND", "Agg")


def _shared(folder: str) -> Path:
    path = ROOT.parent / "shared" / folder
    if not path.is_dir():
        pytest.skip(f"real files are not at hand: {folder} of the shared folder is absent")
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real recordings with their MANIFEST.yaml."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_corrupt() -> Path:
    """Broken files, each with one known fault."""
    return _shared("corrupt")


# A shared machine may stall for longer than any deadline; slowness is not what these test.
# The same examples at every run: a test that fails is one that fails for everyone.
settings.register_profile("neurokit", deadline=None, derandomize=True)
settings.load_profile("neurokit")


class Minutes:
    """Sum of test durations by marker and area."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)
        self.count: dict[tuple[str, str], int] = defaultdict(int)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test."""
        parts = Path(report.nodeid.partition("::")[0]).parts
        area = parts[1] if len(parts) > 2 else "root"
        marker = next((m for m in ("nightly", "slow") if m in report.keywords), "default")
        self.seconds[marker, area] += report.duration
        self.count[marker, area] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        if not self.seconds:
            return
        terminalreporter.section("minutes per marker and area")
        for marker, area in sorted(self.seconds):
            minutes = self.seconds[marker, area] / 60
            line = f"{marker:<8} {area:<14} {self.count[marker, area]:>5} tests {minutes:8.2f} min"
            terminalreporter.write_line(line)
        total = sum(self.seconds.values()) / 60
        terminalreporter.write_line(
            f"{'all':<23} {sum(self.count.values()):>5} tests {total:8.2f} min"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Keep the table of the session that this process controls."""
    config.pluginmanager.register(Minutes(), "minutes-per-area")
