"""The command line: open, info, validate, fetch, run, report.

Commands import what they need when they run, so that ``neurokit --help`` and a run whose
results are all cached start at once.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from neurokit._version import __version__
from neurokit.errors import CatalogError, NeurokitError, OptionError

if TYPE_CHECKING:
    from neurokit.catalog.catalog import Catalog

USAGE: Final = 2
INTERRUPTED: Final = 130
_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]  # typer gives it no name

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Neural recordings as labelled xarray trees, from one file to a catalog of many.

    Start with: neurokit run data_catalog.yaml""",
    epilog="Exit codes: 0 all well, 1 something failed, 2 wrong usage or catalog, "
    "3 nothing matched or nothing is at hand, 130 interrupted.",
)

File = Annotated[Path, typer.Argument(help="A recording: a file or a folder.")]
Chosen = Annotated[
    str | None,
    typer.Option("--loader", help="Name of the loader; default: found from the file."),
]
CatalogPath = Annotated[Path, typer.Argument(help="A catalog (YAML).")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for results.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"neurokit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("open")
def open_command(path: File, loader: Chosen = None, debug: Debug = False) -> None:
    """Open a recording and show its tree."""
    from neurokit.io import open as open_recording

    typer.echo(repr(open_recording(path, loader)))


@app.command("info")
def info_command(path: File, loader: Chosen = None, debug: Debug = False) -> None:
    """Say what a recording holds, from its headers alone."""
    from neurokit.io import info

    for line in _indented(info(path, loader)):
        typer.echo(line)


def _indented(content: Mapping[str, Any], depth: int = 0) -> list[str]:
    lines = []
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{'  ' * depth}{name}:", *_indented(value, depth + 1)]
        else:
            lines.append(f"{'  ' * depth}{name}: {value}")
    return lines


@app.command("validate")
def validate_command(
    path: File,
    loader: Chosen = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read all data, too.")] = False,
    debug: Debug = False,
) -> None:
    """Check a recording against the data contract; exit 1 if it is broken."""
    from neurokit.io import open as open_recording
    from neurokit.schema import validate

    findings = validate(open_recording(path, loader), deep=deep)
    for finding in findings:
        typer.echo(str(finding))
    if not findings:
        typer.echo(f"{path}: nothing to mend")
    raise typer.Exit(0 if findings.ok else 1)


@app.command("fetch")
def fetch_command(
    catalog: CatalogPath,
    name: Annotated[str | None, typer.Argument(help="One dataset; all if left out.")] = None,
    debug: Debug = False,
) -> None:
    """Download what is not at hand, after showing how much it is."""
    from neurokit.batch.tables import as_size
    from neurokit.catalog import Catalog

    opened = Catalog.read(catalog)
    missing = opened.to_fetch(name)
    if not missing:
        typer.echo("Everything is at hand.")
        return
    for file in missing:
        typer.echo(f"{as_size(file.bytes):>9}  {file.path}")
    typer.echo(f"{as_size(sum(file.bytes for file in missing)):>9}  in all")
    opened.fetch(name, progress=sys.stderr.isatty())


@app.command("run")
def run_command(
    catalog: CatalogPath,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="A dataset, or a pattern; may be repeated."),
    ] = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option("--recipe", metavar="R", help="A recipe with what it needs; repeatable."),
    ] = None,
    out: Out = Path("out"),
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", help="Jobs at a time; default: one per processor."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run on the workers of this Dask scheduler: tcp://host:8786, or its file.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option("--dask", metavar="local", help="Start Dask workers on this machine."),
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Download what is not at hand.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and why; write nothing.")
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="S", help="Seconds for each job.")
    ] = None,
    memory_limit: Annotated[
        float | None, typer.Option("--memory-limit", metavar="MB", help="Megabytes for each job.")
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(
            "--grace", metavar="S", help="Seconds that running jobs have after Ctrl-C; default: 20."
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Run the recipes of a catalog on what is at hand.

    What was computed before is not computed again; what fails stops nothing else. Nothing is
    downloaded without --fetch.
    """
    from neurokit.batch.run import run_catalog
    from neurokit.batch.stopping import GRACE_S
    from neurokit.catalog import Catalog

    cluster = _cluster(scheduler, dask)
    opened = Catalog.read(catalog)
    with _bars(shown=not dry_run) as watch:
        summary = run_catalog(
            opened,
            out=out,
            only=only or (),
            recipe=recipe or (),
            jobs=jobs,
            scheduler=cluster,
            fetch=fetch,
            dry_run=dry_run,
            time_limit_s=time_limit,
            memory_limit_mb=memory_limit,
            grace_s=GRACE_S if grace is None else grace,
            watch=watch,
        )
    _show(summary, opened, only or (), recipe or (), dry_run=dry_run, debug=debug)
    raise typer.Exit(summary["exit_code"])


def _cluster(scheduler: str | None, dask: str | None) -> str | None:
    """Return where jobs go; None for children of this process."""
    from neurokit.errors import check_option

    if dask is None:
        return scheduler
    if scheduler is not None:
        raise OptionError(
            "is given together with --scheduler", where="--dask", mend="Give one of the two."
        )
    return check_option("--dask", dask, ["local"])


def _bars(*, shown: bool) -> Any:
    """Return bars where a person looks on, else what says only what must be seen."""
    if not (shown and sys.stderr.isatty()):
        from neurokit.batch.watch import Lines

        return nullcontext(Lines())
    from neurokit.batch.progress import Bars

    return Bars()


def _show(
    summary: Mapping[str, Any],
    catalog: Catalog,
    only: Sequence[str],
    recipe: Sequence[str],
    *,
    dry_run: bool,
    debug: bool,
) -> None:
    from neurokit.batch import tables

    rows = summary["rows"]
    if not rows:
        if summary["exit_code"] != INTERRUPTED:
            typer.echo(_nothing_matched(catalog, only, recipe), err=True)
        return
    typer.echo(tables.plan_table(rows) if dry_run else tables.result_table(rows))
    if not dry_run:
        _show_absences(summary, catalog)
        for line in tables.failures(rows):
            typer.echo(line, err=True)
    if debug:
        _show_tracebacks(rows)
    if summary["report"]:
        typer.echo(f"\nreport: {Path(summary['out'], summary['report'])}")


def _show_absences(summary: Mapping[str, Any], catalog: Catalog) -> None:
    from neurokit.batch.tables import as_size

    missing = summary["not_downloaded"]
    if not missing:
        return
    typer.echo("\nNot downloaded:")
    for absent in missing:
        typer.echo(f"  {absent['what']}. {absent['how']}")
    datasets = {row["dataset"] for row in summary["rows"] if row["status"] == "not_downloaded"}
    files = {file.sha256: file.bytes for name in datasets for file in catalog.to_fetch(name)}
    if files:
        typer.echo(f"  With --fetch all of it is downloaded: {as_size(sum(files.values()))}.")


def _show_tracebacks(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        error = row["error"] or {}
        for part in ("traceback", "log"):
            if error.get(part) and row["status"] == "failed":
                typer.echo(f"\n{row['dataset']}/{row['recording']} {row['recipe']}:", err=True)
                typer.echo(error[part], err=True)


def _nothing_matched(catalog: Catalog, only: Sequence[str], recipe: Sequence[str]) -> str:
    from neurokit.errors import suggest

    asked = [f"--only {name}" for name in only] + [f"--recipe {name}" for name in recipe]
    near = suggest(only[0], catalog.datasets) if only else ""
    found = f"nothing matches {' '.join(asked)}{near}" if asked else "holds nothing to run"
    names = ", ".join(catalog.datasets) or "none"
    return f"error: {catalog.path}: {found}. It has the datasets {names}."


@app.command("report")
def report_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of results.")],
    debug: Debug = False,
) -> None:
    """Build the report of the newest run again, and say where it is."""
    from neurokit.report import rebuild

    typer.echo(str(rebuild(folder)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after ``neurokit``; default those of this process.

    Returns
    -------
    int
        0 all well, 1 something failed, 2 wrong usage or catalog, 3 nothing matched,
        130 interrupted.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    neurokit ...
    0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and "--debug" not in words:
        sys.excepthook = _say_unexpected
    try:
        with _interruptible():
            code = app(words, prog_name="neurokit", standalone_mode=False)
    except NeurokitError as error:
        return _say(error, USAGE if isinstance(error, CatalogError | OptionError) else 1, words)
    except _USAGE_ERROR as error:
        typer.echo(f"error: {_usage(error)} See neurokit --help.", err=True)
        return USAGE
    except typer.Abort as error:
        if isinstance(error.__cause__, EOFError):
            raise error.__cause__ from None  # typer takes a pipe that broke for Ctrl-C
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM, which schedulers of clusters send, end a run as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _say_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    said = " ".join(str(error).split())
    typer.echo(
        f"error: {kind.__name__}: {said}. This is a fault of neurokit: run it again with --debug "
        "and report what it shows.",
        err=True,
    )


def _say(error: NeurokitError, code: int, words: Sequence[str]) -> int:
    if "--debug" in words:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    guide = f" See {error.guide}." if error.guide else ""
    typer.echo(f"error: {' '.join(str(error).split())}{guide}", err=True)
    return code


def _usage(error: Exception) -> str:
    said = getattr(error, "format_message", lambda: str(error))()
    return " ".join(said.split()).rstrip(".") + "."
