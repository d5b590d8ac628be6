"""The living style guide: every macro in every state, for the eye and for axe; never in production.

python -m tests.core.style_page        serves it on http://127.0.0.1:5055/style
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, flash, render_template
from flask_wtf import FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms import (
    BooleanField,
    DateField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired

HERE = Path(__file__).parent


class StyleForm(FlaskForm):  # type: ignore[misc]
    """One field of each kind."""

    email = StringField("Adresse e-mail", [DataRequired("Indiquez votre adresse.")])
    password = PasswordField("Mot de passe", [DataRequired("Indiquez un mot de passe.")])
    amount = StringField("Autre montant", default="50,00")
    born = DateField("Date de naissance", default=date(2019, 6, 3))
    school = SelectField(
        "École", choices=[SelectChoice("1", "Les Tilleuls"), SelectChoice("2", "Le Centre")]
    )
    mode = RadioField(
        "Que voulez-vous faire ?",
        choices=[SelectChoice("c", "Créer"), SelectChoice("d", "Supprimer")],
        default="c",
    )
    why = RadioField(
        "Motif", choices=[SelectChoice("m", "Maladie"), SelectChoice("a", "Autre")], default="m"
    )
    comment = TextAreaField("Commentaire")
    terms = BooleanField("J’accepte les conditions générales", [DataRequired("À accepter.")])


def add_style_page(app: Flask) -> None:
    """Mount ``/style`` and ``/style/erreurs`` on ``app``."""
    own = FileSystemLoader(HERE / "templates")
    app.jinja_env.loader = ChoiceLoader([app.jinja_env.loader, own])
    app.add_url_rule("/style", "style", lambda: _page(faulty=False))
    app.add_url_rule("/style/erreurs", "style_errors", lambda: _page(faulty=True))


def _page(*, faulty: bool) -> Any:
    form = StyleForm(formdata=None)
    if faulty:
        for name in ("email", "password", "amount", "school", "mode", "why", "comment", "terms"):
            form[name].errors = [f"À corriger : {form[name].label.text}."]
    for kind in ("success", "info", "warning", "error"):
        flash(f"Message de type {kind}.", kind)
    return render_template("style.html", form=form, faulty=faulty, page_url="?page={}".format)


if __name__ == "__main__":
    from app import create_app

    application = create_app()
    add_style_page(application)
    application.run(port=5055)
