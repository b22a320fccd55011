"""The estimated cost of texts: in linear time, whatever they consist of."""

import pytest

from emograin.service.options import Options
from emograin.service.text_cost import estimate_cost


@pytest.mark.parametrize("character", ["!", " ", "\n", "\t", ". "])
def test_a_long_run_of_one_character_takes_linear_time(character):
    # In quadratic time a run of this length takes hours.
    assert estimate_cost(character * 2_000_000, Options(), 50) > 0


def test_every_sentence_has_the_cost_of_its_special_tokens():
    one, three = "a" * 398 + ". ", "a" * 132 + ". " + "a" * 132 + "!\n" + "a" * 130 + ".\n"
    assert len(one) == len(three)
    assert estimate_cost(three, Options(), 50) - estimate_cost(one, Options(), 50) == 4
