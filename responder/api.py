"""``/api/v1``: incidents, dead letters and the automation switch, for the command line and other programs.

Thin: it reads the question, asks the store, and represents the answer. Errors are raised and become JSON in ``app.py``.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, request

from firebrigade.responder.answering import answer_plan
from firebrigade.responder.approval import Answer
from firebrigade.responder.authentication import Access, Credentials
from firebrigade.responder.clock import Clock
from firebrigade.responder.errors import NotFoundError, PayloadError
from firebrigade.responder.incoming import approver, authenticate, read_json_body, refuse_other_origins
from firebrigade.responder.json_fields import JsonFields
from firebrigade.responder.json_text import JsonObject, read_json
from firebrigade.responder.model import Incident, IncidentStatus
from firebrigade.responder.proposal import proposal_of
from firebrigade.responder.records import Engine, Records
from firebrigade.responder.representation import (
    JsonValue,
    represent,
    represent_alert,
    represent_chain,
    represent_link,
    represent_standing,
    represent_step,
    represent_trust_chain,
)
from firebrigade.responder.trust import TrustLevel
from firebrigade.responder.trusting import Trusting

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_BODY_BYTES = 65_536
MAX_ID = 2**63 - 1  # the largest that either database takes as a parameter
MAX_ACTOR_CHARACTERS = 100
MAX_NOTE_CHARACTERS = 300

_STATUSES: dict[str, Collection[IncidentStatus]] = {
    "open": (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED),
    **{status.value: (status,) for status in IncidentStatus},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the routes answer with."""

    store: Records
    clock: Clock
    engine: Engine
    trusting: Trusting
    approvers: Credentials = field(default_factory=Credentials)

    def list_incidents(self) -> Response:
        """Answer with the newest incidents; ``next_before`` asks for the ones after them.

        ``alerts_firing`` is null for what is resolved.
        """
        limit = _read_limit()
        before = _read_number("before", MAX_ID)
        incidents = self.store.incidents(statuses=_read_statuses(), limit=limit, before_id=before)
        next_before = incidents[-1].id if len(incidents) == limit else None
        return jsonify(incidents=[self._listed(incident) for incident in incidents], next_before=next_before)

    def show_incident(self, incident_id: int) -> Response:
        """Answer with an incident and all that belongs to it."""
        _check_id(incident_id)
        incident = self.store.incident(incident_id)
        chain = self.store.chain(incident_id)
        steps = self.store.steps(incident_id)
        waiting = proposal_of(incident, steps)
        return jsonify(
            incident=represent(incident),
            alerts=[represent_alert(alert) for alert in self.store.alerts(incident_id)],
            timeline=[represent_link(link) for link in chain.links],
            chain=represent_chain(chain),
            deliveries=[represent(delivery) for delivery in self.store.deliveries(incident_id)],
            steps=[represent_step(step) for step in steps],
            proposal=represent(waiting) if waiting else None,
        )

    def list_chains(self) -> Response:
        """Answer with whether timelines are as they were written, newest incident first."""
        limit = _read_limit()
        chains = self.store.chains(limit=limit, before_id=_read_number("before", MAX_ID))
        next_before = chains[-1].incident_id if len(chains) == limit else None
        return jsonify(chains=[represent_chain(chain) for chain in chains], next_before=next_before)

    def acknowledge(self, incident_id: int) -> Response:
        """Acknowledge; a second time changes nothing."""
        _check_id(incident_id)
        return self._changed(self.store.acknowledge(incident_id, _read_actor(_read_fields()), self.clock.now()))

    def resolve(self, incident_id: int) -> Response:
        """Resolve; a second time changes nothing."""
        _check_id(incident_id)
        return self._changed(self.store.resolve(incident_id, _read_actor(_read_fields()), self.clock.now()))

    def approve(self, incident_id: int, number: int) -> Response:
        """Approve the plan of a step; a second time changes nothing."""
        return self._answered(incident_id, number, approve=True)

    def reject(self, incident_id: int, number: int) -> Response:
        """Reject the plan of a step; a second time changes nothing."""
        return self._answered(incident_id, number, approve=False)

    def show_automation(self) -> Response:
        """Answer with the global switch."""
        return jsonify(on=self.store.automation_on())

    def switch_automation(self) -> Response:
        """Set the global switch."""
        fields = _read_fields()
        on = fields.boolean("on")
        self.store.switch_automation(on, _read_actor(fields), self.clock.now())
        self.engine.wake()
        return jsonify(on=on)

    def list_trust(self) -> Response:
        """Answer with where every runbook stands; ``on`` is false where modes alone decide."""
        standings = [represent_standing(found) for found in self.trusting.standings()]
        return jsonify(on=self.trusting.settings is not None, standings=standings)

    def show_trust(self, runbook: str, environment: str) -> Response:
        """Answer with where one runbook stands, and with every entry of the ledger about it, oldest first."""
        standing, entries = self.trusting.history(runbook, environment)
        return jsonify(standing=represent_standing(standing), entries=[represent(entry) for entry in entries])

    def show_trust_chain(self) -> Response:
        """Answer with whether the ledger is as it was written, and has a head that the caller has kept."""
        kept = request.args.get("head", "")
        return jsonify(represent_trust_chain(self.trusting.ledger.chain(), [kept] if kept else []))

    def change_trust(self, runbook: str, environment: str) -> Response:
        """Promote or demote a runbook; a second time changes nothing."""
        name = approver(self.approvers)
        wanted = _read_level(_read_fields())
        standing = self.trusting.change((runbook, environment), wanted, name, self.clock.now())
        self.engine.wake()
        return jsonify(standing=represent_standing(standing))

    def list_dead_letters(self) -> Response:
        """Answer with the newest dead letters, bodies included: they hold what the alerts held."""
        return jsonify(dead_letters=[represent(letter) for letter in self.store.dead_letters(_read_limit())])

    def _listed(self, incident: Incident) -> dict[str, JsonValue]:
        firing = sum(held.firing for held in self.store.alerts(incident.id)) if incident.open else None
        return {**represent(incident), "alerts_firing": firing}

    def _answered(self, incident_id: int, number: int, *, approve: bool) -> Response:
        name = approver(self.approvers)
        _check_id(incident_id)
        answer = _read_answer(_read_fields(), name, approve=approve)
        step = answer_plan(self.store, self.engine, self.clock, (incident_id, number), answer)
        return jsonify(step=represent_step(step))

    def _changed(self, incident: Incident) -> Response:
        self.engine.wake()
        return jsonify(incident=represent(incident))


def make_api(api: Api, access: Access) -> Blueprint:
    """Return the routes, all of which ask for credentials first."""
    blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

    @blueprint.before_request
    def let_in() -> None:
        authenticate(access.api, access.approvers)
        refuse_other_origins()

    blueprint.get("/incidents")(api.list_incidents)
    blueprint.get("/incidents/<int:incident_id>")(api.show_incident)
    blueprint.post("/incidents/<int:incident_id>/acknowledge")(api.acknowledge)
    blueprint.post("/incidents/<int:incident_id>/resolve")(api.resolve)
    blueprint.post("/incidents/<int:incident_id>/steps/<int:number>/approve")(api.approve)
    blueprint.post("/incidents/<int:incident_id>/steps/<int:number>/reject")(api.reject)
    blueprint.get("/chains")(api.list_chains)
    blueprint.get("/automation")(api.show_automation)
    blueprint.post("/automation")(api.switch_automation)
    blueprint.get("/trust")(api.list_trust)
    blueprint.get("/trust/chain")(api.show_trust_chain)
    blueprint.get("/trust/<runbook>/<environment>")(api.show_trust)
    blueprint.post("/trust/<runbook>/<environment>")(api.change_trust)
    blueprint.get("/dead-letters")(api.list_dead_letters)
    return blueprint


def _read_statuses() -> Collection[IncidentStatus]:
    status = request.args.get("status")
    if status is None:
        return tuple(IncidentStatus)
    if status not in _STATUSES:
        raise PayloadError("?status", f"must be one of {', '.join(_STATUSES)}")
    return _STATUSES[status]


def _read_limit() -> int:
    return _read_number("limit", MAX_LIMIT) or DEFAULT_LIMIT


def _read_number(name: str, largest: int) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= largest):
        raise PayloadError(f"?{name}", f"must be a number from 1 to {largest}")
    return int(text)


def _read_fields() -> JsonFields:
    if request.content_length in {None, 0} and not request.mimetype:
        return JsonFields(JsonObject([]), "")
    body = read_json_body(MAX_BODY_BYTES)
    return JsonFields(read_json(body) if body else JsonObject([]), "")


def _read_actor(fields: JsonFields) -> str:
    actor = fields.text("actor", default="api", empty=False)
    if len(actor) > MAX_ACTOR_CHARACTERS or not actor.isprintable():
        raise fields.error("actor", f"must be a name of at most {MAX_ACTOR_CHARACTERS} printable characters")
    return actor


def _read_answer(fields: JsonFields, name: str, *, approve: bool) -> Answer:
    plan = fields.text("plan", empty=False)
    if not re.fullmatch("[0-9a-f]{64}", plan):
        raise fields.error("plan", "must be the plan_hash of the plan that you have seen: 64 digits")
    return Answer(approve=approve, plan=plan, actor=name, note=_read_note(fields, fields.text("note", default="")))


def _read_level(fields: JsonFields) -> tuple[TrustLevel, str]:
    known = {level.value: level for level in TrustLevel}
    level = fields.text("level", empty=False)
    if level not in known:
        raise fields.error("level", f"must be one of {', '.join(known)}")
    reason = fields.text("reason", empty=False)
    if not reason.strip():
        raise fields.error("reason", "must say why")
    return known[level], _read_note(fields, reason, "reason")


def _read_note(fields: JsonFields, note: str, key: str = "note") -> str:
    if len(note) > MAX_NOTE_CHARACTERS or not note.isprintable():
        raise fields.error(key, f"must be at most {MAX_NOTE_CHARACTERS} printable characters")
    return note


def _check_id(incident_id: int) -> None:
    if not 1 <= incident_id <= MAX_ID:
        raise NotFoundError("there is no such incident")
