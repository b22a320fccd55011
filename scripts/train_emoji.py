"""Train the embeddings of a run's emoji alone, so that they are read like the words that describe them.

    python scripts/train_emoji.py RUN OUTPUT --data goemotions

Few training texts have emoji, so that a training leaves most of them neutral. All other weights stay, and with them
the scores of texts without emoji and emoticons. The run is its own teacher: its scores of texts in which emoji are
replaced by words are the targets for the texts with emoji. OUTPUT is a run too, with thresholds chosen again on dev.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from changed_run import change_parser, write_changed_run
from torch import Tensor, nn

from emograin.common.errors import EmograinError
from emograin.data.corpus import Split
from emograin.data.emoji import Emoji, all_emoji, read_emoticons
from emograin.data.sources import load as load_corpus
from emograin.models.classifier import load as load_classifier
from emograin.models.emoji_tokens import has_emoji_tokens
from emograin.models.methods import Method
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.export import export
from emograin.prediction.predictor import Predictor, load

BATCH, LEARNING_RATE = 64, 3e-3
WITH_READING = 8  # how often an emoji with a reading is drawn, relative to one without
# Share of the target from the text with words, where the text alone is not neutral and where it is; the rest is from
# the text alone.
SHARE_OF_WORDS = (0.0, 0.6)
COMMON_EMOTICONS = (
    ":)",
    ":)",
    ":)",
    ":-)",
    ":(",
    ":(",
    ":-(",
    ":D",
    ":D",
    "<3",
    ":/",
    ";)",
    ":P",
    "xD",
    "XD",
    ":'(",
    ":|",
)
KEPT = 0.1  # share of the embedding before
GOLD_SHARE = 0.8  # of the target of a training text that has an emoji; the rest is the teacher's


@dataclass
class Sample:
    """A text with emoji, and its target.

    Attributes:
        text: The text.
        words: The text with words in place of emoji.
        plain: The text without them; empty if nothing is left.
        gold: The labels of a training text (labels,), or None.
    """

    text: str
    words: str
    plain: str
    gold: np.ndarray | None = None


def draw_samples(train: Split, count: int, seed: int) -> Iterator[Sample]:
    """Yield emoji alone, training texts with an emoji added, and training texts that have some."""
    draws = random.Random(seed)
    emoji = all_emoji()
    weights = [WITH_READING if each.reading else 1 for each in emoji]
    known = {each.text: each for each in emoji}
    plain = [at for at, text in enumerate(train.texts) if read_emoticons(text) == text and len(text) < 160]
    plain = [at for at in plain if not any(each in known for each in train.texts[at])]
    own = [at for at, text in enumerate(train.texts) if any(each in known for each in read_emoticons(text))]
    emoticons = [text for text in COMMON_EMOTICONS if read_emoticons(text) != text]
    for _ in range(count):
        # Without texts that have emoji of their own, all are of the other kinds.
        kind, chosen = draws.random() * (1 if own else 0.58), draws.choices(emoji, weights)[0]
        text, space = train.texts[draws.choice(plain)], draws.choice((" ", " ", ""))
        if kind < 0.2:
            yield Sample(chosen.text * draws.choice((1, 1, 2)), chosen.words, "")
        elif kind < 0.45:
            yield Sample(f"{text}{space}{chosen.text}", f"{text} {in_a_text(chosen, draws)}", text)
        elif kind < 0.5:
            yield Sample(f"{chosen.text}{space}{text}", f"{in_a_text(chosen, draws)} {text}", text)
        elif kind < 0.58:
            emoticon = draws.choice(emoticons)
            yield Sample(f"{text} {emoticon}", f"{text} {in_a_text(known[read_emoticons(emoticon)], draws)}", text)
        else:
            at = draws.choice(own)
            shown = read_emoticons(train.texts[at])
            words = "".join(f" {known[each].words} " if each in known else each for each in shown)
            yield Sample(train.texts[at], words, "", gold=train.labels[at])


def in_a_text(emoji: Emoji, draws: random.Random) -> str:
    """Return the words for an emoji in a text: its reading, or some of its keywords in their order."""
    words = emoji.words.split()
    if emoji.reading or len(words) <= 4:
        return emoji.words
    return " ".join(words[at] for at in sorted(draws.sample(range(len(words)), 4)))


def targets(samples: Sequence[Sample], teacher: Predictor) -> np.ndarray:
    """Return the targets (samples, labels), in [0, 1]."""
    found = teacher.predict([each.words for each in samples]).scores
    plain = teacher.predict([each.plain or each.words for each in samples]).scores
    low, high = SHARE_OF_WORDS
    share = low + (high - low) * plain[:, [teacher.labels.index("neutral")]]
    found = share * found + (1 - share) * plain
    for row, each in enumerate(samples):
        if each.gold is not None:
            found[row] = GOLD_SHARE * each.gold + (1 - GOLD_SHARE) * found[row]
    return found.astype(np.float32)


class EmojiEmbeddings(nn.Module):
    """A frozen table of embeddings, of which some rows are trained.

    Args:
        table: (tokens, hidden), all rows.
        ids: Ids of the rows to train.
        start: (ids, hidden), their values at the start.
    """

    def __init__(self, table: Tensor, ids: Sequence[int], start: Tensor):
        super().__init__()
        self.table = table
        self.row = torch.full((len(table),), -1)  # of a token in `trained`
        self.row[torch.tensor(ids)] = torch.arange(len(ids))
        self.trained = nn.Embedding.from_pretrained(start.clone(), freeze=False, sparse=True)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids (batch, tokens) -> embeddings (batch, tokens, hidden)."""
        rows = self.row[ids]
        return torch.where((rows >= 0)[..., None], self.trained(rows.clamp(min=0)), self.table[ids])


def train(method: Method, embeddings: EmojiEmbeddings, documents: Sequence[list[int]], wanted: np.ndarray) -> None:
    """Train the embeddings on token ids of samples, with targets (samples, labels), in one pass."""
    method.eval().requires_grad_(False)  # no dropout: nothing else is trained
    optimizer = torch.optim.SparseAdam(embeddings.trained.parameters(), lr=LEARNING_RATE)
    steps = len(documents) // BATCH
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        at = slice(step * BATCH, (step + 1) * BATCH)
        inputs = method.assemble(documents[at])
        given = {name: value for name, value in inputs.items() if name != "input_ids"}
        logits = method.score(method.embed(given | {"inputs_embeds": embeddings(inputs["input_ids"])}))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(wanted[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.4f}", flush=True)


def train_run(run: RunFolder, output: Path, corpus_name: str, count: int, seed: int) -> None:
    """Write the run with its emoji trained.

    Raises:
        EmograinError: The run has no tokens for emoji, or is not finished.
    """
    classifier = load_classifier(run)
    method = classifier.method
    if not has_emoji_tokens(method.tokenizer):
        raise EmograinError(f"the run {str(run.path)!r} has no tokens for emoji", "train it without --no-emoji")
    corpus = load_corpus(corpus_name, run.taxonomy)
    samples = list(draw_samples(corpus.split("train"), count, seed))
    with tempfile.TemporaryDirectory() as exported:  # int8 is the fastest teacher
        export(run, Path(exported), int8=True)
        wanted = targets(samples, load(exported))
    table = cast(nn.Embedding, method.encoder.get_input_embeddings()).weight.data
    ids = [cast(int, method.tokenizer.convert_tokens_to_ids(each.text)) for each in all_emoji()]
    before = table[torch.tensor(ids)]
    words = method.tokenize([each.words for each in all_emoji()])
    means = torch.stack([table[torch.tensor(pieces)].mean(dim=0) for pieces in words])
    embeddings = EmojiEmbeddings(table, ids, (means + before) / 2)
    train(method, embeddings, method.tokenize([each.text for each in samples]), wanted)
    table[torch.tensor(ids)] = (1 - KEPT) * embeddings.trained.weight.data + KEPT * before
    write_changed_run(run, classifier, output, corpus)


def main() -> None:
    parser = change_parser(__doc__)
    parser.add_argument("--samples", type=int, default=64_000, help="number of texts with emoji")
    parser.add_argument("--seed", type=int, default=0, help="seed of these texts")
    options = parser.parse_args()
    try:
        train_run(RunFolder(options.run), options.output, options.data, options.samples, options.seed)
    except EmograinError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
