"""Lets plain `pytest` import our packages, as `python -m pytest` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
