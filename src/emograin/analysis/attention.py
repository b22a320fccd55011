"""Figures 6 to 8: the attention of one document, for any method on any encoder.

Nothing here knows a method. Which tokens a label is scored from is the gradient of its logit by the encoder's last
hidden states: [CLS] for the baseline, the label's own word pieces for label embeddings.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..common.errors import EmograinError
from ..data.batching import inference_batches
from ..data.words import words_at
from ..models.methods import Method
from .attention_record import Attention

BATCH = 16  # attention of all layers is large


class Read(NamedTuple):
    """How one document was read.

    Attributes:
        weights: (layers, heads, tokens, tokens), rows sum to 1.
        reading: (labels, tokens), rows sum to 1.
        scores: (labels,), probabilities.
    """

    weights: np.ndarray
    reading: np.ndarray
    scores: np.ndarray


def attend(
    method: Method,
    text: str,
    thresholds: Sequence[float],
    model: str = "",
    text_id: str = "",
    gold: Sequence[str] = (),
) -> Attention:
    """The attention of one document.

    Args:
        method: A trained method, in evaluation mode.
        text: The document.
        thresholds: One a label.
        model: What the model is, for captions.
        text_id: Of the document in its corpus.
        gold: Its gold labels, if known.

    Raises:
        EmograinError: The text is empty, or its tokens cannot be found in it.
    """
    document, words, word_of, cut = words_of(method, text)
    if not words:
        raise EmograinError(f"expected a text with words, got {text!r}")
    (_, read), *_ = attentions(method, [document])
    parts = method.parts(document)
    ids = method.assemble([document])["input_ids"][0].tolist()
    tokens = [str(method.tokenizer.decode([each])).strip() for each in ids]
    at = parts.index("document")
    tokens[at : at + len(document)] = shown_pieces(text, method.spans(text))
    scores = read.scores
    labels = list(method.taxonomy.labels)
    predicted = [labels[row] for row in np.argsort(-scores, kind="stable") if scores[row] >= thresholds[row]]
    places = np.full(len(parts), -1)
    places[at : at + len(document)] = word_of
    return Attention(
        read.weights,
        tokens,
        parts,
        read.reading,
        method.slots,
        labels,
        scores,
        predicted,
        words,
        places,
        model,
        text_id,
        list(gold),
        cut,
    )


def words_of(method: Method, text: str) -> tuple[list[int], list[str], np.ndarray, bool]:
    """A text's word pieces and the words they spell.

    Returns:
        Ids of the word pieces that are read, the words as far as they are, the word of each piece (pieces,), -1 for
        none, and whether the text is longer.
    """
    limit = method.max_document_tokens
    document = method.tokenize([text], limit + 1)[0]
    found, word_of = words_at(text, method.spans(text))
    return document[:limit], [text[slice(*each)] for each in found], word_of, len(document) > limit


def shown_pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Word pieces as they stand in the text; one that goes on with a word has ## in front, whatever the tokenizer.

    >>> shown_pieces("so terrified!", [(0, 2), (2, 9), (9, 12), (12, 13)])
    ['so', 'terrif', '##ied', '!']
    """
    shown = []
    for start, stop in spans:
        piece = text[start:stop].strip()
        goes_on = 0 < start < stop and text[start - 1].isalnum() and text[start].isalnum()
        shown.append(f"##{piece}" if goes_on else piece)
    return shown


def attentions(
    method: Method, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = lambda _: None
) -> Iterator[tuple[int, Read]]:
    """How documents were read, each with its index, longest first.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        on_progress: Called with the number of documents done, after each batch.
    """
    for batch in inference_batches([len(ids) for ids in documents], BATCH):
        inputs = method.assemble([documents[at] for at in batch])
        with recorded(method) as record:
            logits = method.score(method.embed(inputs))
        weights = torch.stack([layer.detach().float() for layer in record["attentions"]], dim=1).cpu().numpy()
        reading = _reading(logits, record["states"], inputs["attention_mask"]).cpu().numpy()
        scores = logits.detach().float().sigmoid().cpu().numpy()
        for row, (at, tokens) in enumerate(zip(batch, inputs["attention_mask"].sum(dim=1).tolist(), strict=True)):
            whole = weights[row, :, :, :tokens, :tokens]
            yield int(at), Read(whole, reading[row, :, :tokens], scores[row])
        on_progress(len(batch))


@contextmanager
def recorded(method: Method) -> Iterator[dict[str, Any]]:
    """While the method embeds, keep what its encoder did: its `attentions`, and its last hidden `states`, from which
    gradients can be taken. Attention is computed in the plain way meanwhile: the fast ones keep no weights."""
    encoder: Any = method.encoder
    fast = encoder.config._attn_implementation
    found: dict[str, Any] = {}

    def ask(_: Any, arguments: Any, named: dict[str, Any]) -> Any:
        return arguments, named | {"output_attentions": True}

    def keep(_: Any, __: Any, output: Any) -> Any:
        found["attentions"] = output.attentions
        found["states"] = output.last_hidden_state = output.last_hidden_state.detach().requires_grad_()
        return output

    encoder.set_attn_implementation("eager")
    hooks = [encoder.register_forward_pre_hook(ask, with_kwargs=True), encoder.register_forward_hook(keep)]
    try:
        with torch.enable_grad():
            yield found
    finally:
        for hook in hooks:
            hook.remove()
        encoder.set_attn_implementation(fast)


def _reading(logits: Tensor, states: Tensor, mask: Tensor) -> Tensor:
    """Tokens' parts in each label's logit, by the length of the gradient: (batch, labels, tokens), rows sum to 1."""
    parts = []
    for label in range(logits.shape[1]):
        (gradient,) = torch.autograd.grad(logits[:, label].sum(), states, retain_graph=True)
        parts.append(gradient.float().norm(dim=-1) * mask)
    whole = torch.stack(parts, dim=1)
    return whole / whole.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(whole.dtype).tiny)
