"""Decisions on payments, by table, without a database."""

from __future__ import annotations

import pytest

from app.core.money import BadAmount, cents_from
from app.payments import rules
from app.payments.errors import AmountOutOfRange, ChequeIncomplete, CounterAmountOutOfRange
from app.payments.models import Method
from app.payments.models import PaymentState as S
from app.payments.providers.base import Fate, Outcome

PAID = Outcome(Fate.PAID, 5_000)
OTHER_AMOUNT = Outcome(Fate.PAID, 4_999)
OTHER_CURRENCY = Outcome(Fate.PAID, 5_000, "usd")


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12,5", 1_250),
        ("12.5", 1_250),
        ("12,50", 1_250),
        ("12", 1_200),
        (" 50,00 € ", 5_000),
        ("1 000", 100_000),
        ("1\u00a0000,00", 100_000),
        ("0,01", 1),
        ("007", 700),
    ],
)
def test_an_amount_is_typed_the_french_way(typed: str, cents: int) -> None:
    assert cents_from(typed) == cents


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12.345",
        "1e3",
        "-5",
        "+5",
        "12,",
        ",5",
        "1,000.00",
        "douze",
        "12 €€",
        "1 00",
        "٣",
        "0x10",
        "nan",
        "1\n2",
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(BadAmount):
        cents_from(typed)


@pytest.mark.parametrize("cents", [100, 101, 99_999, 100_000])
def test_a_top_up_is_from_1_to_1000_euros(cents: int) -> None:
    rules.check_top_up(cents, 100, 100_000)


@pytest.mark.parametrize("cents", [-100, 0, 1, 99, 100_001, 10**9])
def test_a_top_up_outside_the_range_is_refused(cents: int) -> None:
    with pytest.raises(AmountOutOfRange):
        rules.check_top_up(cents, 100, 100_000)


def test_a_cheque_has_a_bank_and_a_number() -> None:
    rules.check_counter(Method.CHEQUE, 5_000, "Crédit agricole", "1234567")
    rules.check_counter(Method.CASH, 5_000, "", "")
    for bank, number in (("", "1234567"), ("Crédit agricole", " ")):
        with pytest.raises(ChequeIncomplete):
            rules.check_counter(Method.CHEQUE, 5_000, bank, number)


@pytest.mark.parametrize("cents", [0, -1, 500_001])
def test_the_counter_refuses_what_cannot_be_meant(cents: int) -> None:
    with pytest.raises(CounterAmountOutOfRange):
        rules.check_counter(Method.CASH, cents, "", "")


@pytest.mark.parametrize(
    ("state", "outcome", "expected"),
    [
        (S.CREATED, PAID, S.PAID),
        (S.PENDING, PAID, S.PAID),
        (S.PENDING, Outcome(Fate.OPEN), None),
        (S.PENDING, Outcome(Fate.EXPIRED), S.EXPIRED),
        (S.PENDING, Outcome(Fate.FAILED), S.FAILED),
        (S.PENDING, OTHER_AMOUNT, S.TO_REVIEW),
        (S.PENDING, OTHER_CURRENCY, S.TO_REVIEW),
        # Late and out of order: paid wins.
        (S.EXPIRED, PAID, S.PAID),
        (S.FAILED, PAID, S.PAID),
        (S.EXPIRED, OTHER_AMOUNT, S.TO_REVIEW),
        (S.EXPIRED, Outcome(Fate.FAILED), None),
        # Nothing a platform says undoes these.
        (S.PAID, PAID, None),
        (S.PAID, Outcome(Fate.EXPIRED), None),
        (S.PAID, OTHER_AMOUNT, None),
        (S.TO_REVIEW, PAID, None),
        (S.TO_REVIEW, Outcome(Fate.EXPIRED), None),
        (S.REVERSED, PAID, None),
    ],
)
def test_what_the_platform_says_moves_a_payment(
    state: S, outcome: Outcome, expected: S | None
) -> None:
    assert rules.judge(state, 5_000, outcome) is expected


def test_every_state_is_in_the_table_of_moves() -> None:
    assert set(rules.TRANSITIONS) == set(S)
    assert all(targets <= set(S) for targets in rules.TRANSITIONS.values())


def test_receipts_read_like_the_contract() -> None:
    assert rules.receipt_number(2027, 318) == "2027-00318"
