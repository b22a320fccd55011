"""emograin mix, and the flags of mixing that emograin evaluate has too."""

import sys
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.optional import import_optional
from ..mixing.config import Mixing

PAPER_BEST = 0.92  # §4.4


@Parameter(name="*")
@dataclass(frozen=True)
class MixingFlags:
    """What a document is mixed with (§3.4). What is not given is as in `Mixing`.

    Parameters
    ----------
    candidates
        Where candidate sentences come from: nearest-training-sentence, paraphrase, back-translation, file, or self.
    mixing_weight
        The document's share, in [0, 1]; 1 is no mixing. [default: 0.92]
    count
        Candidates a document, which are averaged. [default: 1]
    mix
        What is mixed: embeddings, as in the paper, scores, or the candidates' gold labels. [default: embeddings]
    similarity
        By which the nearest training sentences are: bertscore-f1, bertscore-precision, bertscore-recall, rouge-l, or
        cosine. [default: bertscore-f1]
    without_duplicates
        Leave out training sentences that are the document itself.
    file
        Of the source file: id, tab, text, or JSONL; {split} in its name stands for dev, test, ...
    model
        That paraphrases, or the language to translate to and back.
    encoder
        That similarity is measured with; by default the run's own before fine-tuning.
    layer
        Of that encoder. [default: the last]
    beams
        Of the search that generates. [default: 5]
    seed
        Of what is sampled.
    temperature
        Of gold labels: small, and the nearest candidate counts alone. [default: 0.1]
    """

    candidates: str | None = None
    mixing_weight: float | None = None
    count: int | None = None
    mix: Literal["embeddings", "scores", "labels"] | None = None
    similarity: str | None = None
    without_duplicates: bool | None = None
    file: Annotated[str | None, Parameter(name="--candidates-file")] = None
    model: Annotated[str | None, Parameter(name="--candidates-model")] = None
    encoder: Annotated[str | None, Parameter(name="--similarity-encoder")] = None
    layer: Annotated[int | None, Parameter(name="--similarity-layer")] = None
    beams: int | None = None
    seed: int | None = None
    temperature: float | None = None

    @property
    def weight(self) -> float:
        """The mixing weight, by default the paper's best."""
        return PAPER_BEST if self.mixing_weight is None else self.mixing_weight

    def settings(self) -> Mixing:
        """The settings that were given, the others at their defaults.

        Raises:
            EmograinError: No candidates are named, or a setting is out of its range.
        """
        given = {name: value for name, value in asdict(self).items() if value is not None}
        given.pop("mixing_weight", None)
        if self.candidates is None:
            raise EmograinError("no candidates to mix with", "--candidates NAME, for instance paraphrase")
        return Mixing(**given)


def mix(
    run: Path,
    *,
    flags: MixingFlags | None = None,
    sweep: bool = False,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Mix documents with candidate sentences at inference, and show test beside the run without mixing.

    With --sweep, weights from 0.50 to 1.00 are tried on dev; test is read once, at the best. Without, --mixing-weight
    is taken. Thresholds are chosen on dev for the weight. Nothing is trained.

    Parameters
    ----------
    run
        A run folder.
    sweep
        Choose the weight on dev, and draw the curve.
    json
        Print JSON instead of tables.
    """
    import_optional("torch", "train")
    flags = flags or MixingFlags()
    settings = flags.settings()
    if sweep and flags.mixing_weight is not None:
        raise EmograinError("expected --sweep or --mixing-weight, got both", "a sweep chooses the weight on dev")
    from ..common.progress import Progress
    from ..data.sources import load
    from ..evaluation.run_evaluation import evaluate_run
    from ..mixing.evaluation import evaluate_mixed, sweep_run
    from ..mixing.tables import mixing_table, sweep_table
    from ..models.run_folder import RunFolder

    folder = RunFolder(run)
    trained = folder.settings
    corpus = load(trained.data, folder.taxonomy, trained.text_column, trained.label_column)
    found: dict[str, Any]
    with Progress(None, "texts") as progress:
        if sweep:
            found = sweep_run(folder, corpus, settings, on_progress=progress.advance)
        else:
            mixed = evaluate_mixed(folder, corpus, settings, flags.weight, on_progress=progress.advance)
            found = {"mixed": mixed, "plain": evaluate_run(folder, corpus, on_progress=progress.advance)}
    if json:
        print(dumps(found, indent=1, ensure_ascii=False))
    else:
        tables = [sweep_table(found["sweep"])] if sweep else []
        print("\n\n".join([*tables, mixing_table(found["mixed"], found["plain"])]))
    kept = f"results/test-{settings.name}-{found['mixed']['mixing']['weight']:g}.json"
    curve = f"mixing/{settings.name}/sweep.json, sweep.png and sweep.svg, " if sweep else ""
    print(f"\nIn {folder.path}: {curve}{kept}", file=sys.stderr)
