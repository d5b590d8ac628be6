"""The designer's pages, clicked through the client (D5)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core import clock
from app.core.actor import Actor
from app.documents.models import DocumentType
from app.requests import services
from app.requests.definition import Definition, Kind
from app.requests.effects import EFFECTS, Effect
from app.requests.models import Procedure, ProcedureState, ProcedureVersion, Request
from tests.factories import Cast
from tests.requests.conftest import TRIP

SignIn = Callable[[Any], FlaskClient]
Publish = Callable[..., None]
HOME = "/agents/demarches/"
STEP = TRIP.as_json()["steps"][0]


@pytest.fixture
def desk(session: Session, cast: Cast, sign_in: SignIn, publish: Publish) -> FlaskClient:
    """An agent, and « Sortie au lac » published."""
    publish()
    session.commit()
    return sign_in(cast.agent)


def trip(session: Session) -> Procedure:
    session.expire_all()
    return session.scalars(sa.select(Procedure).where(Procedure.code == "sortie")).one()


def draft(session: Session) -> Definition:
    return Definition.read(trip(session).draft)


def url(session: Session, rest: str = "") -> str:
    return f"{HOME}{trip(session).id}{rest}"


def send(client: FlaskClient, session: Session, rest: str = "", **values: Any) -> Any:
    """Post a page of the trip, its edition as shown unless given."""
    values = {name.rstrip("_"): value for name, value in values.items()}
    return client.post(url(session, rest), data={"edition": trip(session).draft_edition} | values)


def statements(session: Session, read: Callable[[], Any]) -> int:
    """How many statements a page sends."""
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    session.commit()
    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        read()
    finally:
        sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)


WHO = {"title": "Enfant", "help": "", "show_if": ""}


# ---- Who -----------------------------------------------------------------------------------------


def test_parents_and_cashiers_do_not_design(
    session: Session, cast: Cast, sign_in: SignIn, desk: FlaskClient
) -> None:
    for path in ("", "/reglages", "/etapes/who", "/etapes/who/champs/child", "/essayer/who"):
        assert desk.get(url(session, path)).status_code == 200, path
        for other in (cast.camille, cast.regie):
            client = sign_in(other)
            assert client.get(url(session, path)).status_code in {302, 403}, path
            assert client.post(url(session, path), data={}).status_code in {302, 403}, path
    assert len(list(session.scalars(sa.select(ProcedureVersion.id)))) == len(
        list(session.scalars(sa.select(Procedure.id)))
    )


def test_what_does_not_exist_is_no_page(session: Session, desk: FlaskClient) -> None:
    for path in ("/etapes/none", "/etapes/who/champs/none", "/pieces/none", "/versions/9"):
        assert desk.get(url(session, path)).status_code == 404, path
    assert desk.get(f"{HOME}99999").status_code == 404
    assert desk.post(f"{HOME}ordre", data={"do": "sideways:1"}).status_code == 404


# ---- List and order ------------------------------------------------------------------------------


def test_the_list_says_the_state_and_what_is_in_progress(
    session: Session, desk: FlaskClient, camille: Actor
) -> None:
    services.begin(session, camille, "sortie", now=clock.now())
    page = desk.get(HOME).text
    assert "publiée n° 1".replace(" n°", "\u00a0n°") in page or "publiée n° 1" in page
    assert "1 demande en cours" in page
    assert "modifiée depuis" not in page
    send(desk, session, "/etapes/who", **{**WHO, "title": "L’enfant"})
    assert "modifiée depuis" in desk.get(HOME).text
    desk.post(url(session, "/fermer"))
    assert "fermée" in desk.get(HOME).text


def test_the_list_takes_the_same_statements_whatever_it_holds(
    session: Session, desk: FlaskClient, publish: Publish
) -> None:
    few = statements(session, lambda: desk.get(HOME))
    for number in range(12):
        publish(TRIP, f"sortie-{number}")
    session.commit()
    assert statements(session, lambda: desk.get(HOME)) == few <= 7


def test_a_button_moves_a_procedure_in_its_theme_and_keeps_the_focus(
    session: Session, desk: FlaskClient, publish: Publish
) -> None:
    publish(TRIP, "second")
    second = session.scalars(sa.select(Procedure).where(Procedure.code == "second")).one()
    answer = desk.post(f"{HOME}ordre", data={"do": f"up:{second.id}"})
    assert answer.location.endswith(f"#up-{second.id}")
    session.expire_all()
    assert second.position < trip(session).position
    assert f'id="down-{second.id}"' in desk.get(answer.location).text
    desk.post(f"{HOME}ordre", data={"do": f"down:{second.id}"})
    session.expire_all()
    assert second.position > trip(session).position
    desk.post(f"{HOME}ordre", data={"do": f"down:{second.id}"})
    session.expire_all()
    assert second.position > trip(session).position


# ---- A whole démarche, with the buttons alone ------------------------------------------------------


def made(desk: FlaskClient, session: Session) -> Procedure:
    answer = desk.post(
        f"{HOME}nouvelle",
        data={"title": "Dérogation de secteur", "theme": "school", "service": "school",
              "audience": "account"},
    )  # fmt: skip
    assert answer.status_code == 302
    return session.scalars(sa.select(Procedure).order_by(Procedure.id.desc())).first()  # type: ignore[return-value]


def test_a_procedure_is_made_and_published_without_code(
    session: Session, desk: FlaskClient, camille: Actor
) -> None:
    one = made(desk, session)
    home = f"{HOME}{one.id}"

    def post(path: str, **values: Any) -> Any:
        session.expire_all()
        values = {name.rstrip("_"): value for name, value in values.items()}
        answer = desk.post(home + path, data={"edition": one.draft_edition, **values})
        assert answer.status_code == 302, unescape(answer.text)
        return answer

    assert one.code == "derogation-de-secteur"
    assert "Ajoutez au moins un champ à cette étape" in desk.get(home).text
    step = f"/etapes/{Definition.read(one.draft).steps[0].key}"
    about = {"title": "Votre souhait", "help": "", "show_if": ""}
    answer = post(step, **about, do="add", new_label="Enfant concerné", new_kind="child")
    assert answer.location.endswith(f"{step}/champs/enfant_concerne")
    post(f"{step}/champs/enfant_concerne", label="Enfant concerné", help="", kind="child",
         kind_shown="child", required="y", show_if="", prefill="", step=step.split("/")[-1])  # fmt: skip
    answer = post(step, **about, do="add", new_label="Motif", new_kind="choice")
    post(f"{step}/champs/motif", label="Motif", help="", kind="choice", kind_shown="choice",
         required="y", lines="Fratrie\nTravail des parents\nAutre", show_if="")  # fmt: skip
    post("", do="add", new_label="Précisions")
    post("/etapes/precisions", title="Précisions", help="", show_if="motif",
         values_motif=["autre"], do="add", new_label="Lesquelles", new_kind="long_text")  # fmt: skip
    page = desk.get(home).text
    assert "À corriger" not in page
    assert "seulement selon «\u00a0Motif\u00a0»" in page
    post("/publier")
    session.expire_all()
    assert (one.state, one.published_number) == (ProcedureState.PUBLISHED, 1)
    begun = services.begin(session, camille, one.code, now=clock.now())
    assert begun.status.value == "draft"


def test_a_procedure_without_login_is_made_too(
    session: Session, desk: FlaskClient, client: FlaskClient
) -> None:
    desk.post(
        f"{HOME}nouvelle",
        data={"title": "Objet trouvé", "theme": "other", "service": "school", "audience": "public"},
    )
    one = session.scalars(sa.select(Procedure).order_by(Procedure.id.desc())).first()
    assert one is not None
    home, step = f"{HOME}{one.id}", "/etapes/demande"
    about = {"title": "Votre demande", "help": "", "show_if": "", "do": "add"}
    for label, kind in (("Objet", "text"), ("Enfant", "child")):
        session.expire_all()
        desk.post(home + step, data={"edition": one.draft_edition, **about, "new_label": label,
                  "new_kind": kind})  # fmt: skip
    page = unescape(desk.get(home).text)
    assert "un champ «\u00a0Adresse e-mail\u00a0» est nécessaire" in page
    assert "Étape 1, champ «\u00a0Enfant\u00a0»\u00a0: Sans connexion" in page
    session.expire_all()
    desk.post(home + step, data={"edition": one.draft_edition, **about, "do": "remove:enfant"})
    session.expire_all()
    desk.post(home + step, data={"edition": one.draft_edition, **about, "new_label": "E-mail",
              "new_kind": "email"})  # fmt: skip
    session.expire_all()
    desk.post(f"{home}/publier", data={"edition": one.draft_edition})
    assert f'href="/demarches/{one.code}"' in client.get("/demarches/").text
    begun = client.post(f"/demarches/{one.code}", data={"terms": "y"})
    assert begun.status_code == 302
    assert 'name="e_mail"' in client.get(begun.location).text


# ---- Steps and fields ----------------------------------------------------------------------------


def test_each_button_saves_what_was_typed_and_comes_back_to_itself(
    session: Session, desk: FlaskClient
) -> None:
    typed = {"title": "Votre souhait", "help": "Dites tout.", "show_if": ""}
    answer = send(desk, session, "/etapes/wish", **typed, do="up:level")
    assert answer.location.endswith("/etapes/wish#up-level")
    step = draft(session).steps[1]
    assert (step.title, step.help) == ("Votre souhait", "Dites tout.")
    assert [one.key for one in step.fields] == ["text", "level", "swims", "allergy"]
    # At the top there is nothing to go up to: the focus goes to the other button.
    answer = send(desk, session, "/etapes/wish", **typed, do="up:level")
    assert answer.location.endswith("#down-level")


def test_a_step_never_has_the_address_of_a_page_of_the_wizard(
    session: Session, desk: FlaskClient
) -> None:
    send(desk, session, do="add", new_label="Vérification")
    assert draft(session).steps[2].key == "verification_2"


def test_a_field_is_duplicated_removed_and_opened(session: Session, desk: FlaskClient) -> None:
    send(desk, session, "/etapes/who", **WHO, do="copy:child")
    fields = draft(session).steps[0].fields
    assert [one.label for one in fields] == ["Enfant", "Enfant (copie)"]
    assert len({one.key for one in draft(session).fields()}) == 6
    answer = send(desk, session, "/etapes/who", **WHO, do=f"open:{fields[1].key}")
    assert answer.location.endswith(f"/champs/{fields[1].key}")
    answer = send(desk, session, "/etapes/who", **WHO, do=f"remove:{fields[1].key}")
    assert answer.location.endswith("#open-child")
    assert [one.key for one in draft(session).steps[0].fields] == ["child"]


def test_a_copied_step_looks_at_its_own_copied_fields(session: Session, desk: FlaskClient) -> None:
    send(desk, session, do="copy:wish")
    copied = draft(session).steps[2]
    level = next(one for one in copied.fields if one.label == "Niveau")
    assert level.show_if is not None
    assert level.show_if.field in {one.key for one in copied.fields}
    assert len({one.key for one in draft(session).fields()}) == 9


def test_keys_are_made_from_labels_and_stay(session: Session, desk: FlaskClient) -> None:
    send(desk, session, "/etapes/who", **WHO, do="add", new_label="Régime  (à préciser) !",
         new_kind="text")  # fmt: skip
    key = draft(session).steps[0].fields[1].key
    assert key == "regime_a_preciser"
    send(desk, session, f"/etapes/who/champs/{key}", label="Menu", help="", kind="text",
         kind_shown="text", show_if="", prefill="", max_length="", step="who")  # fmt: skip
    assert draft(session).steps[0].fields[1].key == key
    assert draft(session).steps[0].fields[1].label == "Menu"


LEVEL = {"label": "Niveau", "help": "", "kind": "choice", "kind_shown": "choice", "required": "y",
         "show_if": "swims", "values_swims": "yes", "step": "wish"}  # fmt: skip


def test_a_renamed_choice_keeps_its_value(session: Session, desk: FlaskClient) -> None:
    send(desk, session, "/etapes/wish/champs/level", **LEVEL, lines="Très bon\nMoyen\nDébutant\n")
    level = draft(session).steps[1].fields[2]
    assert [(one.value, one.label) for one in level.choices] == [
        ("good", "Très bon"),
        ("fair", "Moyen"),
        ("debutant", "Débutant"),
    ]
    assert level.show_if is not None


def test_another_kind_of_field_drops_what_it_does_not_have(
    session: Session, desk: FlaskClient
) -> None:
    answer = send(
        desk, session, "/etapes/wish/champs/level", **{**LEVEL, "kind": "date"}, lines="A"
    )
    assert answer.location.endswith("/champs/level#kind")
    level = draft(session).steps[1].fields[2]
    assert (level.kind, level.choices) == (Kind.DATE, ())


def test_a_field_goes_to_another_step(session: Session, desk: FlaskClient) -> None:
    send(desk, session, "/etapes/wish/champs/text", label="Motif", help="", kind="text",
         kind_shown="text", required="y", show_if="", prefill="", max_length="50", step="who")  # fmt: skip
    assert [one.key for one in draft(session).steps[0].fields] == ["child", "text"]
    assert draft(session).steps[0].fields[1].max_length == 50


def test_the_columns_of_a_group(session: Session, desk: FlaskClient) -> None:
    send(desk, session, "/etapes/who", **WHO, do="add", new_label="Équipiers", new_kind="group")
    page = "/etapes/who/champs/equipiers"
    group = {"label": "Équipiers", "help": "", "kind": "group", "kind_shown": "group",
             "show_if": "", "max_rows": "3", "step": "who"}  # fmt: skip
    answer = send(desk, session, page, **group, do="add", new_label="Nom", new_kind="text")
    assert answer.location.endswith(f"{page}/colonnes/nom")
    assert desk.get(answer.location).status_code == 200
    answer = send(desk, session, f"{page}/colonnes/nom", label="Nom de famille", help="",
                  kind="text", kind_shown="text", required="y", max_length="30", prefill="")  # fmt: skip
    assert answer.location.endswith(f"{page}#open-nom")
    send(desk, session, page, **group, do="add", new_label="Âge", new_kind="integer")
    send(desk, session, page, **group, do="up:age")
    found = draft(session).steps[0].fields[1]
    assert [one.key for one in found.fields] == ["age", "nom"]
    assert (found.fields[1].max_length, found.max_rows) == (30, 3)
    assert "group" not in desk.get(url(session, f"{page}/colonnes/nom")).text.split("kind")[1]


def test_nothing_typed_is_lost_on_a_mistake(session: Session, desk: FlaskClient) -> None:
    answer = send(desk, session, "/etapes/wish", title="", help="<b>Aide</b>", show_if="",
                  new_label="Taille", new_kind="integer", do="add")  # fmt: skip
    assert answer.status_code == 400
    assert "&lt;b&gt;Aide&lt;/b&gt;" in answer.text
    assert 'value="Taille"' in answer.text
    answer = send(desk, session, "/etapes/wish", **WHO, new_label="", do="add")
    assert answer.status_code == 400
    assert "Donnez un libellé" in answer.text
    answer = send(desk, session, "/etapes/wish/champs/level",
                  **{**LEVEL, "values_swims": []}, lines="A")  # fmt: skip
    assert answer.status_code == 400
    assert "Cochez au moins une valeur" in answer.text
    answer = send(desk, session, do="add", new_label="x" * 121)
    assert answer.status_code == 400
    assert draft(session) == TRIP


@pytest.mark.parametrize(
    "lines",
    ["x" * 201, "\n".join(str(number) for number in range(201)), "a\x00b"],
    ids=["long", "many", "NUL"],
)
def test_a_draft_can_always_be_read_again(session: Session, desk: FlaskClient, lines: str) -> None:
    answer = send(desk, session, "/etapes/wish/champs/level", **LEVEL, lines=lines)
    assert answer.status_code == 400
    assert desk.get(url(session, "/etapes/wish/champs/level")).status_code == 200


def test_a_list_that_is_full_is_not_copied_into(session: Session, desk: FlaskClient) -> None:
    field = TRIP.as_json()["steps"][0]["fields"][0]
    full = [{**field, "key": f"f{number}"} for number in range(200)]
    trip(session).draft = {**TRIP.as_json(), "steps": [{**STEP, "fields": full}]}
    session.commit()
    answer = send(desk, session, "/etapes/who", **WHO, do="copy:f0")
    assert answer.status_code == 400
    assert "Étape 1, champs\u00a0: Une liste de 200 lignes" in answer.text
    answer = send(desk, session, "/etapes/who", **WHO, do="add", new_label="X", new_kind="text")
    assert answer.status_code == 400


PAGES = ("", "/reglages", "/etapes/who", "/etapes/who/champs/child", "/essayer/who")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_the_same_statements_whatever_the_draft_holds(
    session: Session, desk: FlaskClient, page: str
) -> None:
    few = statements(session, lambda: desk.get(url(session, page)))
    field = {"kind": "text", "label": "Texte"}
    fields = [{**field, "key": f"f{number}"} for number in range(60)]
    steps = [{"key": f"s{number}", "title": "S", "fields": [{**fields[number], "key": f"g{number}"}]}
             for number in range(20)]  # fmt: skip
    who = {**STEP, "fields": [*STEP["fields"], *fields]}
    trip(session).draft = {**TRIP.as_json(), "steps": [who, *steps]}
    session.commit()
    assert statements(session, lambda: desk.get(url(session, page))) == few <= 11


def test_two_agents_on_one_draft(session: Session, desk: FlaskClient) -> None:
    before = trip(session).draft_edition
    send(desk, session, "/etapes/who", **{**WHO, "help": "De l’un"})
    answer = send(desk, session, "/etapes/who", **{**WHO, "title": "De l’autre"}, edition=before)
    assert answer.status_code == 400
    assert "Quelqu’un d’autre a modifié cette démarche" in answer.text
    assert 'value="De l’autre"' in answer.text
    assert f'name="edition" value="{before + 1}"' in answer.text
    assert draft(session).steps[0].help == "De l’un"
    answer = send(desk, session, do="up:wish", edition=before)
    assert answer.status_code == 400
    answer = send(desk, session, "/publier", edition=before)
    assert trip(session).published_number == 1


def test_documents_are_asked_for_and_dropped(session: Session, desk: FlaskClient) -> None:
    code = session.scalars(sa.select(DocumentType.code)).first()
    page = f"/pieces/{code}"
    assert desk.get(url(session, page)).status_code == 200
    send(desk, session, page, required="y", show_if="level", values_level=["good", "fair"])
    (asked,) = draft(session).documents
    assert asked.required
    assert asked.show_if is not None
    assert asked.show_if.values == ("good", "fair")
    send(desk, session, page, show_if="", do="remove")
    assert draft(session).documents == ()


def test_general_settings(session: Session, desk: FlaskClient) -> None:
    values = {"title": "Sortie", "summary": "Résumé", "text": "Texte", "theme": "care",
              "service": "care", "opens_on": "2027-02-01", "closes_on": "2027-03-01",
              "audience": "account", "once": "child", "delay_days": "30", "silence": "accepted",
              "effect": ""}  # fmt: skip
    assert send(desk, session, "/reglages", **values).status_code == 302
    now = draft(session)
    assert (now.title, now.theme.value, now.once.value) == ("Sortie", "care", "child")
    assert (str(now.opens_on), now.delay_days, now.silence.value) == ("2027-02-01", 30, "accepted")
    assert "2027-02-01" in desk.get(url(session, "/reglages")).text
    answer = send(desk, session, "/reglages", **{**values, "opens_on": "demain", "delay_days": "0"})
    assert answer.status_code == 400
    assert 'value="demain"' in answer.text


# ---- What the portal decides ---------------------------------------------------------------------


def test_a_procedure_with_its_own_page_keeps_it(session: Session, desk: FlaskClient) -> None:
    own = session.scalars(
        sa.select(Procedure).where(Procedure.code == "personnes-autorisees")
    ).one()
    page, before = f"{HOME}{own.id}", Definition.read(own.draft)
    assert "sa propre page" in desk.get(page).text
    assert desk.get(f"{page}/etapes/x").status_code == 404
    assert desk.get(f"{page}/essayer").status_code == 404
    assert desk.post(f"{page}/copier").status_code == 404
    desk.post(f"{page}/reglages", data={"edition": own.draft_edition, "title": "Qui vient",
              "summary": "", "text": "", "service": "school", "theme": "other",
              "audience": "public", "effect": "noted", "page": "/"})  # fmt: skip
    session.expire_all()
    now = Definition.read(own.draft)
    assert (now.title, now.service, now.page) == (
        "Qui vient",
        "school",
        "/demarches/personnes-autorisees/",
    )
    assert (now.theme, now.audience, now.effect) == (before.theme, before.audience, before.effect)
    desk.post(page, data={"edition": own.draft_edition, "do": "add", "new_label": "X"})
    session.expire_all()
    assert Definition.read(own.draft).steps == before.steps


def test_an_effect_keeps_the_fields_that_it_needs(
    session: Session, desk: FlaskClient, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = Effect("needy", "Needy", lambda *args: None, needs=("child", "absent"))
    monkeypatch.setitem(EFFECTS, "needy", effect)
    values = {**TRIP.as_json(), "effect": "needy"}
    trip(session).draft = values
    session.commit()
    page = desk.get(url(session)).text
    assert "L’effet a besoin du champ de clé «\u00a0absent\u00a0»" in page
    assert "Publier" not in page
    desk.post(url(session, "/publier"))
    assert trip(session).published_number == 1
    assert 'value="remove:child"' not in desk.get(url(session, "/etapes/who")).text
    assert send(desk, session, "/etapes/who", **WHO, do="remove:child").status_code == 404
    # Chosen for another démarche, it would lack its fields: it is not offered.
    publish(TRIP, "other")
    other = session.scalars(sa.select(Procedure).where(Procedure.code == "other")).one()
    session.commit()
    assert "needy" not in desk.get(f"{HOME}{other.id}/reglages").text


def test_an_effect_keeps_the_choices_that_it_knows(
    session: Session, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = Effect("needy", "Needy", lambda *args: None, needs=("level",))
    monkeypatch.setitem(EFFECTS, "needy", effect)
    trip(session).draft = {**TRIP.as_json(), "effect": "needy"}
    session.commit()
    page = "/etapes/wish/champs/level"
    assert 'name="kind"' not in desk.get(url(session, page)).text
    answer = send(desk, session, page, **{**LEVEL, "kind": "date"}, lines="Bon\nMoyen\nNul")
    assert answer.status_code == 400
    assert "ne connaît que ces choix" in answer.text
    send(desk, session, page, **{**LEVEL, "kind": "date"}, lines="Très bon\nMoyen")
    level = draft(session).steps[1].fields[2]
    assert (level.kind, [one.label for one in level.choices]) == (
        Kind.CHOICE,
        ["Très bon", "Moyen"],
    )


def test_families_read_the_title_that_was_published(session: Session, desk: FlaskClient) -> None:
    values = {"title": "Autre titre", "theme": "care", "service": "care", "audience": "account",
              "once": "free", "silence": "", "effect": ""}  # fmt: skip
    assert send(desk, session, "/reglages", **values).status_code == 302
    assert (trip(session).title, trip(session).theme) == ("Sortie au lac", "school")
    assert "Autre titre" in desk.get(url(session)).text
    send(desk, session, "/publier")
    assert (trip(session).title, trip(session).theme) == ("Autre titre", "care")


# ---- Publishing and versions ---------------------------------------------------------------------


def test_a_broken_definition_is_not_published_and_says_where(
    session: Session, desk: FlaskClient
) -> None:
    send(desk, session, "/etapes/wish", title="Souhait", help="", show_if="", do="remove:swims")
    page = desk.get(url(session)).text
    assert "Étape 2, champ «\u00a0Niveau\u00a0», condition" in page
    assert 'href="' + url(session, "/etapes/wish/champs/level") + '"' in page
    assert desk.post(url(session, "/publier")).status_code == 302
    assert trip(session).published_number == 1
    assert "à corriger" in desk.get(url(session)).text


def test_versions_say_what_changed_and_can_be_taken_back(
    session: Session, desk: FlaskClient, camille: Actor
) -> None:
    begun = services.begin(session, camille, "sortie", now=clock.now())
    send(desk, session, "/etapes/who", **{**WHO, "title": "Quel enfant"}, do="add",
         new_label="Taille", new_kind="integer")  # fmt: skip
    page = desk.get(url(session)).text
    assert "Étape «\u00a0Quel enfant\u00a0»\u00a0: titre." in page
    assert "Champ «\u00a0Taille\u00a0» ajouté." in page
    send(desk, session, "/publier")
    assert trip(session).published_number == 2
    assert "Champ «\u00a0Taille\u00a0» ajouté." in desk.get(url(session, "/versions/2")).text
    assert "Première version" in desk.get(url(session, "/versions/1")).text
    session.refresh(begun)
    assert begun.version.number == 1
    send(desk, session, "/versions/1/reprendre")
    assert draft(session) == TRIP
    assert trip(session).published_number == 2


def test_only_a_draft_never_published_is_removed(session: Session, desk: FlaskClient) -> None:
    assert desk.post(url(session, "/supprimer")).status_code == 409
    one = made(desk, session).id
    assert desk.post(f"{HOME}{one}/supprimer").status_code == 302
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).where(Procedure.id == one)) == 0


def test_a_copy_is_a_draft_of_its_own(session: Session, desk: FlaskClient) -> None:
    answer = desk.post(url(session, "/copier"))
    assert answer.location.endswith("/reglages")
    copied = session.scalars(sa.select(Procedure).order_by(Procedure.id.desc())).first()
    assert copied is not None
    assert (copied.title, copied.state) == ("Sortie au lac (copie)", ProcedureState.DRAFT)


# ---- Files ---------------------------------------------------------------------------------------


def import_(client: FlaskClient, content: bytes | str) -> Any:
    sent = content.encode() if isinstance(content, str) else content
    # The body is made here: the client would leave a large one in a temporary file, open.
    file = FileStorage(io.BytesIO(sent), filename="a.json")
    boundary, body = encode_multipart({"file": file})
    content_type = f"multipart/form-data; boundary={boundary}"
    return client.post(f"{HOME}importer", data=body, content_type=content_type)


def test_what_is_exported_is_imported_again(session: Session, desk: FlaskClient) -> None:
    file = desk.get(url(session, "/exporter"))
    assert file.mimetype == "application/json"
    assert "attachment" in file.headers["Content-Disposition"]
    answer = import_(desk, file.data)
    assert answer.status_code == 302
    new = session.scalars(sa.select(Procedure).order_by(Procedure.id.desc())).first()
    assert new is not None
    assert Definition.read(new.draft) == TRIP
    assert (new.state, new.is_builtin) == (ProcedureState.DRAFT, False)


def json_with(**changes: Any) -> str:
    return json.dumps({**TRIP.as_json(), **changes})


HOSTILE = {
    "not JSON": ("{", "n’est pas du JSON lisible"),
    "empty": ("", "n’est pas du JSON lisible"),
    "not UTF-8": (b"\xff\xfe\x00", "n’est pas du JSON lisible"),
    "a list": ("[]", "ensemble de valeurs nommées"),
    "a number": ("3", "ensemble de valeurs nommées"),
    "too long": (b" " * 2_000_000, "dépasse 256\u00a0ko"),
    "deep": ("[" * 100_000 + "]" * 100_000, "niveaux imbriqués"),
    "a number of 5000 digits": ('{"format": ' + "9" * 5000 + "}", "n’est pas du JSON lisible"),
    "unknown kind": (
        json_with(steps=[{**STEP, "fields": [{**STEP["fields"][0], "kind": "<script>"}]}]),
        "Étape 1, champ «\u00a0Enfant\u00a0», type de champ\u00a0: Une de ces valeurs",
    ),
    "same key": (json_with(steps=[STEP, STEP]), "Deux étapes ont la même clé|Deux"),
    "same name": ('{"title": "A", "title": "B"}', "deux fois"),
    "key of a control": (
        json_with(steps=[{**STEP, "fields": [{**STEP["fields"][0], "key": "csrf_token"}]}]),
        "Un champ ne peut pas avoir la clé",
    ),
    "key of the wizard": (
        json_with(steps=[{**STEP, "fields": [{**STEP["fields"][0], "key": "_edition"}]}]),
        "Un mot de 40 lettres",
    ),
    "own page": (json_with(page="/agents/"), "fournies avec le portail"),
    "unknown name": (json_with(**{"<img src=x>": 1}), "«\u00a0<img src=x>\u00a0»"),
    "without title": (json_with(title=" "), "Donnez un titre"),
    "huge list": (json_with(steps=[STEP] * 201), "liste de 200 lignes"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_says_why(
    session: Session, desk: FlaskClient, name: str
) -> None:
    content, why = HOSTILE[name]
    before = session.scalar(sa.select(sa.func.count()).select_from(Procedure))
    answer = import_(desk, content)
    assert answer.status_code == 400
    assert any(one in unescape(answer.text) for one in why.split("|"))
    assert "<script>" not in answer.text.split("<main")[1].split("</main>")[0]
    assert "<img" not in answer.text.split("<main")[1].split("</main>")[0]
    assert session.scalar(sa.select(sa.func.count()).select_from(Procedure)) == before


def test_html_in_labels_is_text_and_conditions_in_a_circle_are_not_published(
    session: Session, desk: FlaskClient
) -> None:
    choices = [{"value": "a", "label": "<i>A</i>"}]
    fields = [
        {"key": key, "kind": "choice", "label": f"<script>{key}</script>", "choices": choices,
         "show_if": {"field": other, "values": ["a"]}}
        for key, other in (("one", "two"), ("two", "one"))
    ]  # fmt: skip
    steps = [{"key": "s", "title": "<b>S</b>", "help": "<b>H</b>", "fields": fields}]
    answer = import_(desk, json_with(title="<h1>Titre</h1>", steps=steps))
    assert answer.status_code == 302
    home = answer.location
    for page in ("", "/reglages", "/etapes/s", "/etapes/s/champs/one", "/essayer/s"):
        text = desk.get(home + page).text
        main = text.split("<main")[1].split("</main>")[0]
        assert "<script>one" not in main, page
        assert "<b>S" not in main, page
        assert "<i>A" not in main, page
    page = desk.get(home).text
    assert "qui vient après" in unescape(page)
    desk.post(f"{home}/publier")
    new = session.scalars(sa.select(Procedure).order_by(Procedure.id.desc())).first()
    assert new is not None
    assert new.state is ProcedureState.DRAFT


def test_the_schema_is_there_in_french(desk: FlaskClient) -> None:
    found = desk.get(f"{HOME}schema.json").json
    assert found["properties"]["title"]["title"] == "Titre"
    assert found["$schema"].endswith("2020-12/schema")


# ---- Preview -------------------------------------------------------------------------------------


def test_a_preview_validates_as_a_family_and_saves_nothing(
    session: Session, desk: FlaskClient
) -> None:
    page = desk.get(url(session, "/essayer"), follow_redirects=True).text
    assert "Jules Exemple" in page
    who = url(session, "/essayer/who")
    answer = desk.post(who, data={"_answers": "{}"})
    assert answer.status_code == 400
    assert "Remplissez" in answer.text or "Complétez" in answer.text or "champ" in answer.text
    answer = desk.post(who, data={"_answers": "{}", "child": "1"})
    assert answer.status_code == 200
    assert "Étape 2 sur 3" in answer.text
    carried = json.dumps({"child": 1})
    wish = url(session, "/essayer/wish")
    back = desk.post(wish, data={"_answers": carried, "_go": "back", "text": "Lac"})
    assert "Étape 1 sur 3" in back.text
    end = desk.post(wish, data={"_answers": carried, "text": "<b>Lac</b>", "swims": "no"})
    assert "&lt;b&gt;Lac" in end.text
    assert "Jules Exemple" in end.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Request)) == 0


def test_a_preview_says_which_documents_its_answers_ask_for(
    session: Session, desk: FlaskClient
) -> None:
    kind = session.scalars(sa.select(DocumentType)).first()
    assert kind is not None
    asked = {"document_type": kind.code, "show_if": {"field": "swims", "values": ["yes"]}}
    trip(session).draft = {**TRIP.as_json(), "documents": [asked]}
    session.commit()
    values = {"_answers": json.dumps({"child": 1}), "text": "Lac", "level": "good"}
    wish = url(session, "/essayer/wish")
    assert f"{kind.name}, obligatoire" in unescape(
        desk.post(wish, data={**values, "swims": "yes"}).text
    )
    assert kind.name not in unescape(desk.post(wish, data={**values, "swims": "no"}).text)


def test_a_step_that_no_answer_shows_is_tried_too(session: Session, desk: FlaskClient) -> None:
    steps = TRIP.as_json()["steps"]
    steps[1]["show_if"] = {"field": "child", "values": ["9"]}
    trip(session).draft = {**TRIP.as_json(), "steps": steps}
    session.commit()
    page = url(session, "/essayer/wish")
    assert desk.get(page).status_code == 200
    assert desk.post(page, data={"_answers": "{}", "text": "Lac"}).status_code == 200


@pytest.mark.parametrize(
    "carried", ["", "[]", "{", "[" * 100_000, '{"child": {"a": []}, "x": 1}', "x" * 300_000]
)
def test_a_preview_reads_whatever_it_is_given(
    session: Session, desk: FlaskClient, carried: str
) -> None:
    answer = desk.post(url(session, "/essayer/who"), data={"_answers": carried, "child": "2"})
    assert answer.status_code == 200
