"""The paper's figures, one module per kind, drawn from results only and saved as PNG and SVG.

Each module has a `draw_` function; what they share is in `drawing`. Nothing here loads a model or computes a result.
"""

from .attention_flow import draw_attention_flow
from .attention_maps import draw_all_heads, draw_document_and_labels, draw_readout_attention
from .label_counts import draw_label_counts
from .label_f1 import draw_label_f1
from .rater_correlation import draw_rater_correlation
from .table_2 import draw_table_2
from .training_curves import draw_training_curves
from .weight_curves import draw_weight_curves

__all__ = [
    "draw_all_heads",
    "draw_attention_flow",
    "draw_document_and_labels",
    "draw_label_counts",
    "draw_label_f1",
    "draw_rater_correlation",
    "draw_readout_attention",
    "draw_table_2",
    "draw_training_curves",
    "draw_weight_curves",
]
