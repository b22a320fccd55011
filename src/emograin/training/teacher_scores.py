"""Files of teachers' scores: a large teacher scores each text once, however many students learn from it.

An .npz file of these arrays, as `scripts/teacher_scores.py` and `scripts/out_of_fold_scores.py` write it:

  ids          (texts,) of strings
  scores       (texts, labels), in [0, 1]
  label_names  (labels,) of strings
  text_crc32   (texts,): checksum of each text

The last two are optional, so that the files of scores in a run folder are read as well.
"""

from pathlib import Path
from zlib import crc32

import numpy as np

from ..common.errors import EmograinError
from ..common.files import read_arrays, write_atomically
from ..data.corpus import Split
from ..data.taxonomy import Taxonomy

SUFFIX = ".npz"


def write_teacher_scores(path: Path, split: Split, taxonomy: Taxonomy, scores: np.ndarray) -> None:
    """Write the scores of a split's texts, (texts, labels), as float16 rounded to three decimals."""

    def write(part: Path) -> None:
        with part.open("wb") as file:  # given a name, np.savez would append .npz to it
            np.savez_compressed(
                file,
                ids=np.array(split.ids, dtype=np.str_),
                scores=np.round(scores, 3).astype(np.float16),
                label_names=np.array(taxonomy.labels, dtype=np.str_),
                text_crc32=_checksums(split.texts),
            )

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, write)


def read_teacher_scores(path: Path, split: Split, taxonomy: Taxonomy) -> np.ndarray:
    """Read the scores of a split's texts by their ids: (texts, labels), float32; NaN for texts without scores.

    Raises:
        EmograinError: The file is missing or damaged, has other labels, has other texts under the split's ids, or no
            text of the split; or ids are not unique.
    """
    try:
        ids, scores = read_arrays(path, ("ids", "scores"))
        names, checksums = read_arrays(path, ("label_names", "text_crc32"), optional=True)
    except FileNotFoundError:
        raise EmograinError(f"the teacher {str(path)!r} does not exist") from None
    if scores.ndim != 2 or scores.shape != (len(ids), len(taxonomy.labels)):
        raise EmograinError(
            f"the teacher {str(path)!r} holds scores of shape {scores.shape}, expected {len(ids):,} texts and "
            f"{len(taxonomy.labels)} labels"
        )
    if names is not None and tuple(names.tolist()) != taxonomy.labels:
        raise other_labels(str(path), names.tolist(), taxonomy)
    rows = {name: index for index, name in enumerate(ids.tolist())}
    if len(rows) < len(ids) or len(set(split.ids)) < len(split):
        where = str(path) if len(rows) < len(ids) else split.name
        raise EmograinError(f"scores are matched by id, but {where!r} has several texts of one id", "make ids unique")
    scored = [index for index, name in enumerate(split.ids) if name in rows]
    if not scored:
        raise EmograinError(f"the teacher {str(path)!r} holds no text of {split.name}", "scores of the training split")
    matched = [rows[split.ids[index]] for index in scored]
    if checksums is not None:
        split_checksums = _checksums([split.texts[index] for index in scored])
        differing = np.flatnonzero(split_checksums != checksums[matched])
        if len(differing):
            first = split.ids[scored[differing[0]]]
            raise EmograinError(
                f"the teacher {str(path)!r} scored other texts under {len(differing):,} of the {len(scored):,} ids "
                f"that it shares with {split.name}, such as {first!r}",
                "score the texts again: python scripts/teacher_scores.py",
            )
    all_scores = np.full((len(split), len(taxonomy.labels)), np.nan, dtype=np.float32)
    all_scores[scored] = scores[matched]
    return all_scores


def other_labels(teacher: str, found: list[str] | tuple[str, ...], taxonomy: Taxonomy) -> EmograinError:
    """Return the error of a teacher whose labels are not the student's."""
    return EmograinError(
        f"the teacher {teacher!r} has the labels {', '.join(found)}; the student has {', '.join(taxonomy.labels)}",
        "train teachers on the student's taxonomy",
    )


def _checksums(texts: list[str]) -> np.ndarray:
    """Return the CRC-32 of each text's UTF-8 bytes, (texts,), uint32."""
    return np.array([crc32(text.encode("utf-8", "surrogatepass")) for text in texts], dtype=np.uint32)
