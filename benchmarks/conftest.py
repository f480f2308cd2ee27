"""The harness is imported by its place in the tree: `benchmarks.figures`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
