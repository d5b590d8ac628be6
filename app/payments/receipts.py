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
    service = session.scalar(sa.select(Service).where(Service.code == ServiceCode.CARE))
    content = render_pdf(
        "payments/receipt_pdf.html",
        receipt=receipt,
        number=receipt.number,
        date=dates.day(receipt.paid_at),
        service_name=service.name if service else "",
        contact=_contact(service),
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="recu-{receipt.number}.pdf"'
    return response


def _contact(service: Service | None) -> list[str]:
    """Who to write to about money: the care service (A2)."""
    if service is None:
        return []
    reached_by = ", ".join(filter(None, (service.phone, service.email)))
    return [line for line in (service.name, reached_by) if line]
