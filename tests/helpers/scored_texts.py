"""Scores and gold labels drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def scored(draw, min_texts=1):
    """Scores (texts, labels) and labels, with ties and scores on the grid."""
    shape = draw(st.integers(min_texts, 25)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = random.random(shape)
    if draw(st.booleans()):
        scores = scores.round(2)
    labels = (random.random(shape) < draw(st.sampled_from([0, 0.1, 0.5, 1]))).astype(np.uint8)
    return scores.astype(draw(st.sampled_from([np.float32, np.float64]))), labels
