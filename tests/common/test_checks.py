"""Checks of settings."""

import pytest

from emograin.common.checks import require
from emograin.common.errors import EmograinError


def test_a_value_must_fulfil_the_condition_and_none_only_passes_if_it_is_optional():
    require("layers", 1, lambda value: value >= 1, "be at least 1")
    require("layers", None, lambda value: value >= 1, "be at least 1", optional=True)
    for value, optional in ((0, True), (0, False), (None, False)):
        with pytest.raises(EmograinError, match=f"layers must be at least 1, got {value}"):
            require("layers", value, lambda value: value >= 1, "be at least 1", optional)
