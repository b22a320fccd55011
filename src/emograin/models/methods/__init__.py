"""How labels are used: one file a way."""

from .baseline import Baseline
from .label_embedding import LabelEmbedding
from .method import FeedForward, Method

METHODS: dict[str, type[Method]] = {
    "baseline": Baseline,
    "label-embedding": LabelEmbedding,
}

__all__ = ["METHODS", "Baseline", "FeedForward", "LabelEmbedding", "Method"]
