"""Pictures, from results only: one file a kind. Each is written as PNG and as SVG (`drawing.py`)."""

from .label_counts import label_counts
from .label_f1 import label_f1
from .rater_correlation import rater_correlation
from .training_curves import training_curves
from .weight_curves import weight_curve

__all__ = ["label_counts", "label_f1", "rater_correlation", "training_curves", "weight_curve"]
