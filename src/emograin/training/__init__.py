"""Training (§4.2): the loop, its preparation, checkpoints, optimization, EMA and distillation.

`train` in `loop.py` is the place to start reading. What is trained, its settings and its files belong to `models`;
evaluation of a finished run belongs to `evaluation`.
"""

from .loop import train

__all__ = ["train"]
