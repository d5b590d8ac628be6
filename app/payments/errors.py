"""What payments refuse, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class AmountOutOfRange(Refusal):
    """A top-up is from 1 € to 1,000 € (B10; both are settings)."""

    status = 400
    text = N_("Choose an amount between %(minimum)s and %(maximum)s.")


class CounterAmountOutOfRange(Refusal):
    """Money handed over at the counter: more than nothing, less than a typing mistake."""

    status = 400
    text = N_("Choose an amount between %(minimum)s and %(maximum)s.")


class ChequeIncomplete(Refusal):
    """A cheque is recorded with its bank and its number (B11)."""

    status = 400
    text = N_("Give the bank and the number of the cheque.")


class ProviderDown(Refusal):
    """The platform does not answer, or not as it should; no money moved."""

    status = 502
    text = N_("The payment platform does not answer. Nothing was paid: try again in a few minutes.")


class UnknownCheckout(Refusal):
    """The platform knows nothing of this payment."""

    status = 404
    text = N_("The payment platform does not know this payment.")


class BadCallback(Refusal):
    """A callback that is not signed by the platform, or not readable."""

    status = 400
    text = N_("This message does not come from the payment platform.")


class NotToReview(Refusal):
    """Only a payment that waits for a decision can be decided."""

    text = N_("This payment does not wait for a decision.")


class CurrencyNotEuro(Refusal):
    """What was received in another currency cannot be credited; it is given back elsewhere."""

    text = N_("This payment was not received in euros: it cannot be credited.")


class ReasonMissing(Refusal):
    """A decision about money says why."""

    status = 400
    text = N_("Give the reason.")
