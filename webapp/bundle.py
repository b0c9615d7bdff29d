"""The committed front-end bundle: which files there are and the hash that each page asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

DIST = Path(__file__).parent / "static" / "dist"


def read_manifest() -> Mapping[str, str]:
    """File name to content hash, as `assets.build.mjs` wrote it."""
    manifest: dict[str, str] = json.loads((DIST / "manifest.json").read_text("utf-8"))
    return manifest
