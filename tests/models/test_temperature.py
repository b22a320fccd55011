"""How T rises during training (§3.2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.models.auxiliary_task import SCHEDULES

shares = st.floats(0, 1)


@pytest.mark.parametrize("name", SCHEDULES)
@given(alpha=shares, progress=shares, later=shares)
def test_every_schedule_starts_at_alpha_never_falls_and_stays_between_alpha_and_1(name, alpha, progress, later):
    schedule = SCHEDULES[name]
    first, second = sorted((progress, later))
    assert schedule(0, alpha) == alpha
    assert alpha <= schedule(first, alpha) + 1e-12
    assert schedule(first, alpha) <= schedule(second, alpha) + 1e-12
    assert schedule(second, alpha) <= 1 + 1e-12


@given(alpha=shares)
def test_linear_ends_at_1(alpha):
    assert SCHEDULES["linear"](1, alpha) == pytest.approx(1)


@given(alpha=shares, progress=st.floats(0, 0.5))
def test_linear_rises_as_much_in_each_half(alpha, progress):
    linear = SCHEDULES["linear"]
    rises = [linear(progress + 0.5, alpha) - linear(progress, alpha), linear(0.5, alpha) - linear(0, alpha)]
    assert rises[0] == pytest.approx(rises[1], abs=1e-9)
    assert rises[0] == pytest.approx((1 - alpha) / 2, abs=1e-9)


@given(alpha=shares, progress=shares)
def test_constant_stays_at_alpha(alpha, progress):
    assert SCHEDULES["constant"](progress, alpha) == alpha
