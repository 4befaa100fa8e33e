"""``/runbooks/<name>``: what ``runbook_url`` leads to. The Markdown as it is written, for anybody who can reach us.

A page that an engineer opens from a phone at 3 a.m. asks for no token; runbooks hold no secrets. The labels for its
commands stand in the address (``?namespace=shop``), so that it tells nobody anything that they did not bring along.
"""

from flask import Blueprint, Response, request

from firebrigade.responder.errors import NotFoundError
from firebrigade.responder.records import Library
from firebrigade.runbooks.shell_commands import fill


def make_runbook_pages(library: Library) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("runbook_pages", __name__)

    @blueprint.get("/runbooks/<name>")
    def show(name: str) -> Response:
        runbook = library.get(name)
        if runbook is None:
            raise NotFoundError("There is no such runbook; `firebrigade runbook list` shows those that there are.")
        text = fill(runbook.body, dict(request.args.items()))
        return Response(text, content_type="text/plain; charset=utf-8")

    return blueprint
