"""Ablated variants: of label embeddings, without the words, their order, the slots, or their attention; of the
label-initialized method, without the words or the mean."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from emograin.data.taxonomy import Taxonomy
from emograin.models import encoder
from emograin.models.encoder import Encoder
from emograin.models.methods import Baseline, LabelEmbedding, LabelInitialized, Method, PooledBaseline
from emograin.models.methods.label_initialized import rare_label_bias

# Definitions that the raters of GoEmotions were given (Demszky et al. 2020), shortened
DEFINITIONS = {
    "admiration": "finding something impressive or worthy of respect",
    "amusement": "finding something funny or being entertained",
    "anger": "a strong feeling of displeasure or antagonism",
    "annoyance": "mild anger, irritation",
    "approval": "having or expressing a favorable opinion",
    "caring": "displaying kindness and concern for others",
    "confusion": "lack of understanding, uncertainty",
    "curiosity": "a strong desire to know or learn something",
    "desire": "a strong feeling of wanting something",
    "disappointment": "sadness caused by hopes that were not fulfilled",
    "disapproval": "having or expressing an unfavorable opinion",
    "disgust": "revulsion aroused by something unpleasant or offensive",
    "embarrassment": "self-consciousness, shame, or awkwardness",
    "excitement": "feeling of great enthusiasm and eagerness",
    "fear": "being afraid or worried",
    "gratitude": "a feeling of thankfulness and appreciation",
    "grief": "intense sorrow, especially caused by someone's death",
    "joy": "a feeling of pleasure and happiness",
    "love": "a strong positive emotion of regard and affection",
    "nervousness": "apprehension, worry, anxiety",
    "optimism": "hopefulness and confidence about the future",
    "pride": "pleasure or satisfaction due to one's own achievements",
    "realization": "becoming aware of something",
    "relief": "reassurance and relaxation following release from anxiety",
    "remorse": "regret or guilty feeling",
    "sadness": "emotional pain, sorrow",
    "surprise": "feeling astonished, startled by something unexpected",
    "neutral": "no emotion",
}


class ShuffledLabels(LabelEmbedding):
    """Label embeddings whose order is drawn anew for every batch of the training; in evaluation it is the taxonomy's.

    A slot then cannot be recognised by its position.
    """

    def assemble(self, documents: Sequence[list[int]]) -> dict[str, Tensor]:
        """Assemble the documents behind the labels in a new order; `averaging` follows it."""
        pieces = self._label_pieces()
        order = torch.randperm(len(pieces)).tolist() if self.training else range(len(pieces))
        self.prefix = [piece for label in order for piece in pieces[label]]
        averaging = torch.zeros_like(self.averaging)
        start = 0
        for label in order:
            averaging[label, start : start + len(pieces[label])] = 1 / len(pieces[label])
            start += len(pieces[label])
        self.averaging = averaging
        return super().assemble(documents)


class UnusedTokens(LabelEmbedding):
    """Slots without words: tokens of BERT's vocabulary that do not occur in its pretraining."""

    def _label_pieces(self) -> list[list[int]]:
        vocabulary = self.tokenizer.get_vocab()
        return [[vocabulary[f"[unused{at}]"]] for at in range(1, len(self.taxonomy.labels) + 1)]


class SeparateSlots(LabelEmbedding):
    """Label embeddings whose slots attend to themselves, special tokens and the document, but not to each other."""

    def hidden_states(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> hidden states (batch, tokens, hidden)."""
        padding = inputs["attention_mask"].bool()
        tokens = padding.shape[1]
        owner = torch.full((tokens,), -1, device=padding.device)  # label of each token, -1 for others
        owner[1 : 1 + self.averaging.shape[1]] = (self.averaging > 0).float().argmax(dim=0)
        among_slots = (owner[:, None] >= 0) & (owner[None] >= 0) & (owner[:, None] != owner[None])
        allowed = padding[:, None, None] & ~among_slots[None, None]  # (batch, 1, tokens, tokens)
        return self.encoder(**{**inputs, "attention_mask": allowed}).last_hidden_state


class HeadPerLabel(Method):
    """One slot, [CLS], with a feed-forward layer of its own for every label, as deep as that of label embeddings."""

    slots = 1
    tokens_read = 1

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        labels = len(taxonomy.labels)
        self.feed_forward = nn.Sequential(
            nn.Linear(self.hidden, labels * self.hidden),
            nn.Tanh(),
            nn.Unflatten(1, (labels, self.hidden)),
            nn.Dropout(0.1),
            OutputPerLabel(labels, self.hidden),
        )

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        return self.hidden_states(inputs)[:, :1]

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, 1, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings[:, 0])


class OutputPerLabel(nn.Module):
    """Weights and a bias of its own for every label: (batch, labels, hidden) -> logits (batch, labels).

    Args:
        labels: Number of labels.
        hidden: Width of the embeddings.
    """

    def __init__(self, labels: int, hidden: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(labels, hidden).uniform_(-1, 1) / hidden**0.5)
        self.bias = nn.Parameter(torch.zeros(labels))

    def forward(self, embeddings: Tensor) -> Tensor:
        """(batch, labels, hidden) -> (batch, labels)."""
        return (embeddings * self.weight).sum(dim=2) + self.bias


class MeanOfTokens(LabelInitialized):
    """The label-initialized method with random weights of the output layer."""

    def initialize(self) -> None:
        """Leave the weights random."""


def low_bias(kind: type[Method]) -> type[Method]:
    """Return a method whose scores start low, as those of rare labels, by the bias of its output layer."""

    class LowBias(kind):  # type: ignore[misc, valid-type]
        """A method with another bias at the start."""

        def initialize(self) -> None:
            """Set the bias of the output layer."""
            super().initialize()
            nn.init.constant_(self.feed_forward[-1].bias, rare_label_bias(len(self.taxonomy.labels)))

    return LowBias


class InitializedOnCls(LabelInitialized):
    """The label-initialized method on [CLS], for the labels' words as for documents."""

    tokens_read = 1

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        return Baseline.embed(self, inputs)


# Words of the labels: (taxonomy, seed, name of the encoder) -> taxonomy


def permuted_words(taxonomy: Taxonomy, seed: int, encoder_name: str) -> Taxonomy:  # noqa: ARG001
    """Return a taxonomy in which every label is read as the word of another one."""
    words, shift = taxonomy.label_words(), 1 + np.random.default_rng(seed).integers(len(taxonomy.labels) - 1)
    return replace(taxonomy, words=dict(zip(taxonomy.labels, np.roll(words, shift).tolist(), strict=True)))


def random_words(taxonomy: Taxonomy, seed: int, encoder_name: str) -> Taxonomy:
    """Return a taxonomy in which every label is read as a random frequent word of an encoder's vocabulary."""
    vocabulary = encoder.load(encoder_name, taxonomy.placeholders).tokenizer.get_vocab()
    known = {word for label in taxonomy.label_words() for word in label.split()}
    words = {word for word, at in vocabulary.items() if 2000 <= at < 6000 and word.isalpha() and len(word) > 3}
    frequent = sorted(words - known)
    chosen = np.random.default_rng(seed).choice(frequent, len(taxonomy.labels), replace=False).tolist()
    return replace(taxonomy, words=dict(zip(taxonomy.labels, chosen, strict=True)))


def definitions(taxonomy: Taxonomy, seed: int, encoder_name: str) -> Taxonomy:  # noqa: ARG001
    """Return a taxonomy in which every label is read as its definition."""
    return replace(taxonomy, words={label: DEFINITIONS[label] for label in taxonomy.labels})


METHODS: dict[str, type[Method]] = {
    "shuffled-labels": ShuffledLabels,
    "unused-tokens": UnusedTokens,
    "separate-slots": SeparateSlots,
    "head-per-label": HeadPerLabel,
    "mean-of-tokens": MeanOfTokens,
    "initialized-on-cls": InitializedOnCls,
}
LOW_BIAS: dict[str, type[Method]] = {  # with a bias of 0 otherwise
    "baseline": Baseline,
    "pooled-baseline": PooledBaseline,
    "label-embedding": LabelEmbedding,
    "unused-tokens": UnusedTokens,
    "separate-slots": SeparateSlots,
    "head-per-label": HeadPerLabel,
    "mean-of-tokens": MeanOfTokens,
}
METHODS |= {f"{name}-low-bias": low_bias(method) for name, method in LOW_BIAS.items()}
