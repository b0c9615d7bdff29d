"""Connectors: how automated steps reach other systems. Set up by the administrator in a file; a model only names them."""

from webapp.connectors.asked import BusinessError, Connector, NoUse, TryAgain
from webapp.connectors.setup import read_connectors
from webapp.connectors.work import run_jobs

__all__ = ["BusinessError", "Connector", "NoUse", "TryAgain", "read_connectors", "run_jobs"]
