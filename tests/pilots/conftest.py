"""Files that the pilots' tests read from beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def hostile() -> Path:
    """The folder of hostile files."""
    return Path(__file__).parents[2].parent / "shared/hostile"
