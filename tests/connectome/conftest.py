"""Let the tests of the house import their walk over the sources."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
