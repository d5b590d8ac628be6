"""When an e-mail is tried again and when it is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.notices import rules
from app.notices.models import MailState


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 360), (50, 360)]
)
def test_each_failure_waits_longer_up_to_six_hours(attempts: int, minutes: int) -> None:
    assert rules.delay(attempts) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("attempts", "code", "given_up"),
    [(1, 451, False), (7, 451, False), (8, 451, True), (1, 550, True), (1, 0, False), (8, 0, True)],
)
def test_given_up_when_refused_for_good_or_too_often(
    attempts: int, code: int, given_up: bool
) -> None:
    assert rules.is_given_up(attempts, code) is given_up


@pytest.mark.parametrize(
    ("state", "can"),
    [
        (MailState.WAITING, True),
        (MailState.SENDING, False),
        (MailState.SENT, False),
        (MailState.DEAD, True),
    ],
)
def test_only_what_is_not_sent_can_be_sent_again(state: MailState, can: bool) -> None:
    assert rules.can_resend(state) is can
