"""Compute the attention of documents (§5.2, Figures 6 to 8), for any method on any encoder.

Independent of the method: the tokens a label is scored from are found from the gradient of its logit with respect to
the last hidden states. They are [CLS] for the baseline, the label's own word pieces for label embeddings.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..common.errors import EmograinError
from ..data.batching import inference_batches
from ..data.words import align_words
from ..evaluation.thresholds import predicted_labels
from ..models.methods import Method
from .attention_record import Attention

BATCH_SIZE = 16  # small: the attention of all layers and heads is large


class DocumentAttention(NamedTuple):
    """The attention of one document as arrays.

    Attributes:
        weights: Attention weights, (layers, heads, tokens, tokens), rows sum to 1.
        readout: Share of each token's output in a label's score, (labels, tokens), rows sum to 1.
        scores: Probabilities, (labels,).
    """

    weights: np.ndarray
    readout: np.ndarray
    scores: np.ndarray


class DocumentWords(NamedTuple):
    """A document's word pieces and words.

    Attributes:
        pieces: Ids of the word pieces, up to the method's limit.
        words: Words that the pieces spell.
        word_ids: Index of each piece's word, (pieces,); -1 for pieces outside words.
        truncated: Whether the document is longer than the limit.
    """

    pieces: list[int]
    words: list[str]
    word_ids: np.ndarray
    truncated: bool


def attend(
    method: Method,
    text: str,
    thresholds: Sequence[float],
    model: str = "",
    text_id: str = "",
    gold: Sequence[str] = (),
) -> Attention:
    """Compute the attention of one document.

    Args:
        method: A trained method, in evaluation mode.
        text: The document.
        thresholds: One threshold per label, (labels,).
        model: Description of the model, for captions.
        text_id: Id of the document in its corpus.
        gold: Gold labels, if known.

    Raises:
        EmograinError: The text has no words, or the tokenizer does not report offsets.
    """
    document = split_words(method, text)
    if not document.words:
        raise EmograinError(f"expected a text with words, got {text!r}")
    ((_, attention),) = attend_documents(method, [document.pieces])
    regions = method.regions(document.pieces)
    start = regions.index("document")
    stop = start + len(document.pieces)
    ids = method.assemble([document.pieces])["input_ids"][0].tolist()
    tokens = [str(method.tokenizer.decode([each])).strip() for each in ids]
    tokens[start:stop] = display_pieces(text, method.spans(text))
    scores = attention.scores
    labels = list(method.taxonomy.labels)
    return Attention(
        weights=attention.weights,
        tokens=tokens,
        regions=regions,
        readout=attention.readout,
        slots=method.slots,
        labels=labels,
        scores=scores,
        predicted=[labels[at] for at in predicted_labels(scores[np.newaxis], thresholds)[0]],
        words=document.words,
        word_ids=align_word_ids(method, document),
        model=model,
        text_id=text_id,
        gold=list(gold),
        truncated=document.truncated,
    )


def split_words(method: Method, text: str) -> DocumentWords:
    """Split a text into word pieces and words.

    Raises:
        EmograinError: The tokenizer does not report offsets.
    """
    limit = method.max_document_tokens
    pieces = method.tokenize([text], limit + 1)[0]
    spans, word_ids = align_words(text, method.spans(text))
    return DocumentWords(pieces[:limit], [text[slice(*span)] for span in spans], word_ids, len(pieces) > limit)


def align_word_ids(method: Method, document: DocumentWords) -> np.ndarray:
    """Return the index of each token's word in the assembled input, (tokens,); -1 for tokens outside words."""
    regions = np.array(method.regions(document.pieces))
    word_ids = np.full(len(regions), -1)
    word_ids[regions == "document"] = document.word_ids
    return word_ids


def display_pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Return word pieces as they are written in the text, with ## before pieces that continue a word.

    Args:
        text: The text.
        spans: Start and end of each word piece, in characters.

    >>> display_pieces("so terrified!", [(0, 2), (2, 9), (9, 12), (12, 13)])
    ['so', 'terrif', '##ied', '!']
    """
    displayed = []
    for start, stop in spans:
        piece = text[start:stop].strip()
        continues = 0 < start < stop and text[start - 1].isalnum() and text[start].isalnum()
        displayed.append(f"##{piece}" if continues else piece)
    return displayed


def attend_documents(
    method: Method, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = lambda _: None
) -> Iterator[tuple[int, DocumentAttention]]:
    """Compute the attention of many documents, in batches, longest first.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        on_progress: Called with the number of documents done, after each batch.

    Yields:
        Index of a document, and its attention.
    """
    for batch in inference_batches([len(ids) for ids in documents], BATCH_SIZE):
        inputs = method.assemble([documents[at] for at in batch])
        with capture_attention(method) as captured:
            logits = method.score(method.embed(inputs))
        weights = torch.stack([layer.detach().float() for layer in captured["attentions"]], dim=1).cpu().numpy()
        readout = _readout(logits, captured["states"], inputs["attention_mask"]).cpu().numpy()
        scores = logits.detach().float().sigmoid().cpu().numpy()
        for row, (at, tokens) in enumerate(zip(batch, inputs["attention_mask"].sum(dim=1).tolist(), strict=True)):
            unpadded = weights[row, :, :, :tokens, :tokens]
            yield int(at), DocumentAttention(unpadded, readout[row, :, :tokens], scores[row])
        on_progress(len(batch))


@contextmanager
def capture_attention(method: Method) -> Iterator[dict[str, Any]]:
    """Capture what the encoder computes while the method embeds.

    Within the block attention is computed eagerly, because the fused kernels return no weights.

    Yields:
        `attentions`, one (batch, heads, tokens, tokens) per layer, and `states`, the last hidden states (batch,
        tokens, hidden) as a leaf that gradients can be taken with respect to; both after the encoder has run.
    """
    encoder: Any = method.encoder
    implementation = encoder.config._attn_implementation
    captured: dict[str, Any] = {}

    def request_attentions(_: Any, arguments: Any, named: dict[str, Any]) -> Any:
        return arguments, named | {"output_attentions": True}

    def capture(_: Any, __: Any, output: Any) -> Any:
        captured["attentions"] = output.attentions
        captured["states"] = output.last_hidden_state = output.last_hidden_state.detach().requires_grad_()
        return output

    encoder.set_attn_implementation("eager")
    hooks = [
        encoder.register_forward_pre_hook(request_attentions, with_kwargs=True),
        encoder.register_forward_hook(capture),
    ]
    try:
        with torch.enable_grad():
            yield captured
    finally:
        for hook in hooks:
            hook.remove()
        encoder.set_attn_implementation(implementation)


def _readout(logits: Tensor, states: Tensor, mask: Tensor) -> Tensor:
    """Compute the tokens' shares in each label's logit, from the norm of the gradient.

    Args:
        logits: (batch, labels).
        states: The encoder's last hidden states, (batch, tokens, hidden).
        mask: Attention mask, (batch, tokens).

    Returns:
        (batch, labels, tokens), rows sum to 1.
    """
    norms = []
    for label in range(logits.shape[1]):
        (gradient,) = torch.autograd.grad(logits[:, label].sum(), states, retain_graph=True)
        norms.append(gradient.float().norm(dim=-1) * mask)
    stacked = torch.stack(norms, dim=1)
    return stacked / stacked.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(stacked.dtype).tiny)
