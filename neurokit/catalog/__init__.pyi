from .catalog import Catalog as Catalog
from .entries import (
    CatalogFile as CatalogFile,
    DatasetEntry as DatasetEntry,
    Located as Located,
    RecipeEntry as RecipeEntry,
    RecordingEntry as RecordingEntry,
)
from .simulated import simulated as simulated

__all__ = [
    "Catalog",
    "CatalogFile",
    "DatasetEntry",
    "Located",
    "RecipeEntry",
    "RecordingEntry",
    "simulated",
]
