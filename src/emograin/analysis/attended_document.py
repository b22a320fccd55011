"""Which document is shown, and how a run read it (§5.2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError
from ..data.corpus import load
from ..evaluation.captions import setting, system
from ..evaluation.outcomes import read_outcome
from ..evaluation.run_evaluation import settings_of, taxonomy_of
from ..models.classifier import load as load_classifier
from ..models.config import last_part
from ..models.methods import Method
from ..models.run_folder import RunFolder
from .attention import attend
from .attention_record import Attention
from .contrasting_documents import most_contrasting

DESCRIBED = ("encoder", "epochs", "weight_averaging", "seed")


def chosen_document(run: Path, other: Path, label: str | None, data: str | None, policy: str) -> dict[str, Any]:
    """The test text of the two runs' greatest contrast: its text, id and gold labels.

    Args:
        run: A run folder, which is to be right.
        other: One that is to be wrong.
        label: Only texts of this gold label.
        data: The corpus, if not the one that the run was trained on.
        policy: Of thresholds.

    Raises:
        EmograinError: A run is not evaluated on test, there is no such text, or the corpus does not hold it.
    """
    good, bad = (read_outcome(str(each), "test", policy) for each in (run, other))
    chosen = most_contrasting(good, bad, label)
    folder = RunFolder(run)
    trained = settings_of(folder)
    corpus = load(data or trained.data, taxonomy_of(folder), trained.text_column, trained.label_column)
    texts = corpus.split("test")
    if chosen.text_id not in texts.ids:
        raise EmograinError(
            f"the test split of {corpus.name!r} has no text {chosen.text_id!r}", "--data: another corpus"
        )
    return {"text": texts.texts[texts.ids.index(chosen.text_id)], "id": chosen.text_id, "gold": chosen.gold}


def read_document(run: Path, document: Mapping[str, Any], policy: str) -> tuple[Method, Attention]:
    """A run's method and its attention to a document: its `text`, and `id` and `gold` if they are known.

    Raises:
        EmograinError: The run is not finished, or the text is empty.
    """
    folder = RunFolder(run).open()
    limits = folder.read_json("thresholds.json")[policy]
    settings = settings_of(folder)
    described = settings.to_dict() | {"encoder": last_part(settings.encoder)}
    model = f"{system(described)} ({setting(described, DESCRIBED)})"
    method = load_classifier(folder).method
    known = (document.get("id", ""), document.get("gold", ()))
    return method, attend(method, document["text"], limits, model, *known)
