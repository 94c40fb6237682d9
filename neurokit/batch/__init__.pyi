from .finished import Results as Results, results as results
from .keys import code_version as code_version, job_key as job_key
from .run import (
    default_jobs as default_jobs,
    exit_code_of as exit_code_of,
    run_catalog as run_catalog,
)
from .watch import Watch as Watch
from .runs import past_summaries as past_summaries
from .store import Store as Store, read_manifest as read_manifest

__all__ = [
    "Results",
    "Store",
    "Watch",
    "code_version",
    "default_jobs",
    "exit_code_of",
    "job_key",
    "past_summaries",
    "read_manifest",
    "results",
    "run_catalog",
]
