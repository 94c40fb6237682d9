"""Let tests of the documentation import the extensions of the site and what lies beside them."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "docs" / "_extensions"))
sys.path.insert(0, str(HERE))
