"""What tests of the documentation share: the extensions of the site, its checker of links."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS / "_extensions"))
sys.path.insert(0, str(Path(__file__).parent))
