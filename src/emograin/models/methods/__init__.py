"""The methods, one file each; `METHODS` registers them by name.

A method is its inputs, its embeddings and its scores (`Method`). What methods share, such as the auxiliary task and
embedding mixing, is not here: it acts on the embeddings of any method.
"""

from .baseline import Baseline
from .label_embedding import LabelEmbedding
from .label_initialized import LabelInitialized
from .method import FeedForward, Method
from .pooled_baseline import PooledBaseline

METHODS: dict[str, type[Method]] = {
    "baseline": Baseline,
    "label-embedding": LabelEmbedding,
    "pooled-baseline": PooledBaseline,
    "label-initialized": LabelInitialized,
}

__all__ = ["METHODS", "Baseline", "FeedForward", "LabelEmbedding", "LabelInitialized", "Method", "PooledBaseline"]
