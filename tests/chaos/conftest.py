"""The harness is imported by its place in the tree: `tests.chaos.world`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
