"""Pictures, from results only: one file a kind. Each is written as PNG and as SVG (`drawing.py`)."""

from .weight_curves import weight_curve

__all__ = ["weight_curve"]
