"""The ledger, the wallets, payments and refunds as lists: read, never edited (§5.2)."""

from __future__ import annotations

from flask import redirect, url_for
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.core.admin import AgentView, agent_action
from app.core.admin_lists import Computed, SavedList
from app.core.text import N_
from app.households import search
from app.payments.errors import NotToReview
from app.payments.models import Method, Payment, PaymentState, Purpose, Refund, RefundState
from app.wallet import queries
from app.wallet.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerKind,
    LedgerTransaction,
    Wallet,
)

METHODS = {Method.CARD: N_("Bank card"), Method.CASH: N_("Cash"), Method.CHEQUE: N_("Cheque")}
STATES = {
    PaymentState.CREATED: N_("Begun"),
    PaymentState.PENDING: N_("Being paid"),
    PaymentState.PAID: N_("Paid"),
    PaymentState.FAILED: N_("Not made"),
    PaymentState.EXPIRED: N_("Expired"),
    PaymentState.TO_REVIEW: N_("To be checked"),
    PaymentState.REVERSED: N_("Reversed"),
}
KINDS = {
    LedgerKind.TOP_UP: N_("Top-up"),
    LedgerKind.CHARGE: N_("Care debited"),
    LedgerKind.REVERSAL: N_("Reversal"),
    LedgerKind.REFUND: N_("Refund"),
}
ACCOUNTS = {
    LedgerAccount.WALLET: N_("Prepaid account"),
    LedgerAccount.CARD: N_("Bank card"),
    LedgerAccount.CASH: N_("Cash"),
    LedgerAccount.CHEQUE: N_("Cheque"),
    LedgerAccount.CARE: N_("Care"),
    LedgerAccount.MEAL: N_("Meal"),
    LedgerAccount.REFUND: N_("Refund"),
}


class PaymentAdmin(AgentView):
    """Payments; those to be checked are decided on their own page."""

    route_base = "/agents/paiements"
    datamodel = SQLAInterface(Payment)
    list_title = _l("Payments")
    show_title = _l("Payment")
    label_columns = {
        "id": _l("Number"),
        "household": _l("Household"),
        "purpose": _l("Purpose"),
        "method": _l("Means of payment"),
        "amount_cents": _l("Amount"),
        "provider": _l("Platform"),
        "provider_ref": _l("Platform’s reference"),
        "state": _l("State"),
        "receipt_number": _l("Receipt"),
        "created_at": _l("Begun on"),
        "paid_at": _l("Paid on"),
    }
    list_columns = [
        "receipt_number",
        "household",
        "method",
        "amount_cents",
        "state",
        "created_at",
        "paid_at",
    ]
    show_columns = [*list_columns, "id", "purpose", "provider", "provider_ref"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "receipt_number", "method", "state", "created_at", "paid_at"]
    choice_labels = {
        "method": METHODS,
        "state": STATES,
        "purpose": {Purpose.TOP_UP: N_("Top-up"), Purpose.CAMP: N_("Camp")},
    }

    @agent_action("review", N_("Decide"), icon="check-circle", multiple=False)
    def review(self, rows: list[Payment]) -> object:
        """Towards the page that asks for a reason."""
        if rows[0].state is not PaymentState.TO_REVIEW:
            raise NotToReview
        return redirect(url_for("CounterView.review", payment_id=rows[0].id), code=303)


class RefundAdmin(AgentView):
    """Refunds."""

    route_base = "/agents/remboursements"
    datamodel = SQLAInterface(Refund)
    list_title = _l("Refunds")
    show_title = _l("Refund")
    label_columns = {
        "household": _l("Household"),
        "amount_cents": _l("Amount"),
        "method": _l("Given back by"),
        "reason": _l("Reason"),
        "state": _l("State"),
        "created_at": _l("Recorded on"),
        "done_at": _l("Done on"),
    }
    list_columns = ["household", "amount_cents", "method", "reason", "state", "created_at"]
    show_columns = [*list_columns, "done_at"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "method", "state", "created_at"]
    choice_labels = {
        "state": {
            RefundState.ASKED: N_("Asked"),
            RefundState.DONE: N_("Done"),
            RefundState.FAILED: N_("Failed"),
        },
        "method": {
            "transfer": N_("Bank transfer"),
            "cash": N_("Cash"),
            "cheque": N_("Cheque"),
            "card": N_("Bank card"),
        },
    }


class WalletAdmin(AgentView):
    """Prepaid accounts with their balance."""

    route_base = "/agents/comptes-d-avance"
    datamodel = SQLAInterface(Wallet)
    list_title = _l("Prepaid accounts")
    show_title = _l("Prepaid account")
    label_columns = {
        "household": _l("Household"),
        "negative_since": _l("Negative since"),
        "low_threshold_cents": _l("Told below"),
        "low_since": _l("Below it since"),
    }
    list_columns = ["household", "negative_since", "low_threshold_cents"]
    show_columns = [*list_columns, "low_since"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "negative_since"]
    saved = {"negatifs": SavedList(N_("Negative balances"), queries.is_negative)}
    computed = {"balance_cents": Computed(_l("Balance"), queries.balances_of_wallets)}


class LedgerEntryAdmin(AgentView):
    """Lines of the ledger."""

    route_base = "/agents/ecritures"
    datamodel = SQLAInterface(LedgerEntry)
    list_title = _l("Ledger entries")
    show_title = _l("Ledger entry")
    label_columns = {
        "id": _l("Number"),
        "transaction": _l("Transaction"),
        "account": _l("Account"),
        "wallet": _l("Prepaid account"),
        "amount_cents": _l("Amount"),
    }
    list_columns = ["id", "transaction", "account", "wallet", "amount_cents"]
    search_columns = ["account", "amount_cents"]
    choice_labels = {"account": ACCOUNTS}


class LedgerTransactionAdmin(AgentView):
    """Transactions of the ledger, with their lines."""

    route_base = "/agents/operations"
    datamodel = SQLAInterface(LedgerTransaction)
    list_title = _l("Ledger")
    show_title = _l("Ledger transaction")
    label_columns = {
        "id": _l("Number"),
        "kind": _l("Kind"),
        "ref": _l("Reference"),
        "accounted_at": _l("Written on"),
        "value_date": _l("Value date"),
        "reason": _l("Reason"),
        "reverses_id": _l("Reverses"),
    }
    list_columns = ["id", "kind", "ref", "accounted_at", "value_date", "reason"]
    show_columns = [*list_columns, "reverses_id"]
    search_columns = ["kind", "ref", "accounted_at", "value_date"]
    choice_labels = {"kind": KINDS}
    related_views = [LedgerEntryAdmin]
