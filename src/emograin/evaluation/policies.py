"""Names of the threshold policies, without numpy, so that the command line lists them at once."""

from typing import Literal

Policy = Literal["fixed", "global", "per-label"]
DEFAULT_POLICY: Policy = "per-label"
DESCRIPTIONS: dict[str, str] = {
    "fixed": "threshold 0.3",
    "global": "one threshold for all labels",
    "per-label": "one threshold per label",
}
