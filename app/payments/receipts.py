"""The receipt as a page and as a PDF: the same facts."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Response, render_template
from sqlalchemy.orm import Session

from app.core import dates
from app.core.models import Service, ServiceCode
from app.core.pdf import render_pdf
from app.payments.queries import Receipt


def as_page(receipt: Receipt, *, layout: str = "layout/family.html") -> str:
    """HTML, in the family's shell or in the agents' one."""
    return render_template("payments/receipt.html", receipt=receipt, layout=layout)


def as_pdf(session: Session, receipt: Receipt) -> Response:
    """« recu-2027-00318.pdf »."""
    content = render_pdf(
        "payments/receipt_pdf.html",
        receipt=receipt,
        number=receipt.number,
        date=dates.day(receipt.paid_at),
        contact=_contact(session),
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="recu-{receipt.number}.pdf"'
    return response


def _contact(session: Session) -> list[str]:
    """Who to write to about money: the care service (A2)."""
    service = session.scalar(sa.select(Service).where(Service.code == ServiceCode.CARE))
    if service is None:
        return []
    return [line for line in (service.name, f"{service.phone} {service.email}".strip()) if line]
