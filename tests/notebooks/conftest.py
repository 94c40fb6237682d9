"""Notebooks and their texts are found, and run, in one way."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
