"""Figures 6, 7 and 8."""

import dataclasses
import re

import numpy as np
import pytest
from helpers.attention import TEXT, build

from emograin.analysis.attention import attend
from emograin.common.errors import EmograinError
from emograin.models.methods import METHODS
from emograin.reproduction.figures.attention_maps import (
    draw_all_heads,
    draw_document_and_labels,
    draw_readout_attention,
)


@pytest.fixture(scope="module")
def seen(encoders, taxonomy):
    """Attention on a document with two predicted labels."""
    bert = build(METHODS["label-embedding"], encoders["bert"], taxonomy)
    return attend(bert, TEXT, [0, 0, 1, 1], "a model", "t1", ["joy"])


def texts_in(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text())


def test_lines_between_document_and_labels(seen, tmp_path):
    png, svg = draw_document_and_labels(tmp_path / "a.png", seen)
    assert png.read_bytes().startswith(b"\x89PNG")
    shown = texts_in(svg)
    assert all(shown.count(label) == 2 for label in seen.labels)
    assert all(seen.tokens[at] in shown for at in seen.document)
    _, svg = draw_document_and_labels(tmp_path / "b.png", seen, layer=0, head=1)
    titles = [text for text in texts_in(svg) if "attend to" in text]
    assert [title.startswith("layer 0, head 1") for title in titles] == [True, True]
    # A line for every weight that is wide enough: tokens to labels, labels to tokens, the shown label's in blue.
    weights, share = seen.weights[0, 1], seen.readout > 0
    to_labels, to_tokens = weights[seen.document] @ share.T, (seen.readout @ weights)[:, seen.document].T
    row = seen.labels.index(seen.predicted[0])
    wide = sum(int((table[:, row] >= 0.02).sum()) for table in (to_labels, to_tokens))
    assert len(re.findall(r'<path d="M[^"]*" clip-path[^>]*stroke: #0072b2', svg.read_text())) == wide > 0


def test_heads_of_the_first_and_last_three_layers(seen, tmp_path):
    deep = dataclasses.replace(seen, weights=np.concatenate([seen.weights] * 4))
    _, svg = draw_all_heads(tmp_path / "a.png", deep)
    assert svg.read_text().count("<image ") == 6 * 2
    assert [text for text in texts_in(svg) if text.startswith("layer")] == [f"layer {at}" for at in (0, 1, 2, 5, 6, 7)]
    _, svg = draw_all_heads(tmp_path / "b.png", seen)
    assert svg.read_text().count("<image ") == 2 * 2


def test_lines_into_the_slot(encoders, taxonomy, tmp_path):
    seen = attend(build(METHODS["baseline"], encoders["bert"], taxonomy), "$5 for a $6 \U0001f9ff", [1] * 4)
    _, svg = draw_readout_attention(tmp_path / "a.png", seen)
    shown = " ".join(texts_in(svg))
    assert "$5 for a $6 U+1F9FF" in shown
    assert "none, highest score" in shown
    assert f"mean over heads to the slot: {seen.weights[-1].mean(axis=0)[:, 0].mean():.3f}" in shown
    with pytest.raises(EmograinError, match="expected attention of a method with one embedding per label"):
        draw_document_and_labels(tmp_path / "b.png", seen)
    with pytest.raises(EmograinError, match="head must lie in 0 to 1, got 7"):
        draw_readout_attention(tmp_path / "b.png", seen, [7])
