"""What a drawn process needs so that it can be run exactly as it is drawn: rules over a Model, one function a rule."""

from engine.runnable.check import check_model, escaping

__all__ = ["check_model", "escaping"]
