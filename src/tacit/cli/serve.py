"""``tacit serve [PROJECT]``: the judging server; ``serve token`` and ``serve openapi`` for programs that call it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from tacit.errors import BadValue
from tacit.store import Store
from tacit.store.people import SCOPES, Role
from tacit.store.places import Place, place_of
from tacit.web.api.describing import openapi_document
from tacit.web.pages.workplace import create_workplace
from tacit.web.server import listen
from tacit.web.server import run as serve_until_stopped
from tacit.web.settings import ServerSettings

EXAMPLES = """\
tacit serve                             serve the folder you are in; the first time, open the link that is printed
tacit serve my-project --port 9000      serve a project
tacit serve --database postgresql://tacit@db.example.org/labels
tacit serve my-project --host 0.0.0.0 --name label.example.org --behind-proxy
tacit serve token my-project --role judge --name my-model        a token for a program that judges
tacit serve openapi                     the description of the API
"""
SCOPES_OF = {Role.JUDGE: ("judge",), Role.REVIEWER: ("judge", "read"), Role.LEAD: SCOPES, Role.OWNER: SCOPES}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument(
        "words", nargs="*", metavar="[token|openapi] [PROJECT]", help="the folder of the project (default: this one)"
    )
    parser.add_argument("--database", metavar="URL", help="serve a database instead: postgresql://USER@HOST/NAME")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for any (default: %(default)s)")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="host name under which browsers reach the server, may be repeated; with token: what the program is called",
    )
    parser.add_argument("--behind-proxy", action="store_true", help="a proxy in front ends TLS and names who asks")
    parser.add_argument("--certificate", metavar="FILE", help="TLS certificate, where the server ends TLS itself")
    parser.add_argument("--private-key", metavar="FILE", help="its key")
    parser.add_argument(
        "--role", choices=[str(role) for role in Role], default="judge", help="with token: what it may do"
    )
    parser.add_argument("--work-in", metavar="ID", help="with token: the project to work in (default: all there are)")
    parser.add_argument(
        "--until-stdin-ends", action="store_true", help="stop when standard input ends: for a program that starts this"
    )
    parser.add_argument("--days", type=float, help="with token: how long it holds (default: until revoked)")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Serve until stopped, or write what programs need.

    Raises:
        InputError: no such project, a port that is taken, or a server that others could reach too soon.
    """
    words = list(arguments.words)
    action = words.pop(0) if words and words[0] in ("token", "openapi") else "serve"
    if action == "openapi":
        return {"openapi": openapi_document()}
    place = _place(words, arguments.database)
    with Store.open(place, create=action == "serve") as store:
        return _token(store, arguments) if action == "token" else _serve(store, str(place), arguments)


def show(result: dict[str, object]) -> str:
    """Return the token alone, the description as JSON, or a closing sentence."""
    if "token" in result:
        return str(result["token"])
    if "openapi" in result:
        return str(result["openapi"])
    return f"Stopped serving {result['project']}; everything that was acknowledged is kept."


def _place(words: Sequence[str], database: str | None) -> Place:
    if len(words) > 1 or (words and database):
        got = ", ".join([*words, *([database] if database else [])])
        raise BadValue("project", got=got, expected="one folder or one database")
    return place_of(database or (words[0] if words else "."))


def _serve(store: Store, place: str, arguments: argparse.Namespace) -> dict[str, object]:
    settings = ServerSettings(
        host=arguments.host,
        port=arguments.port,
        names=frozenset(arguments.name),
        behind_proxy=arguments.behind_proxy,
        certificate=arguments.certificate,
        private_key=arguments.private_key,
    )
    has_owner = store.people.accounts.has_owner()
    settings.check(has_owner=has_owner)
    with listen(settings) as listening:
        address = _address(settings, listening.getsockname()[1])

        def ready() -> None:
            say = [f"tacit serve: {place} is at {address} (stop with Ctrl-C)"]
            if not has_owner:
                link = f"{address}/enter/{store.people.invites.first_owner()}"
                say.append(f"tacit serve: nobody owns it yet. This link makes its owner, once:\n\n    {link}\n")
            print("\n".join(say), file=sys.stderr, flush=True)

        if arguments.until_stdin_ends:
            threading.Thread(target=_stop_at_end_of_stdin, daemon=True).start()
        app, workplace = create_workplace(store, settings)
        try:
            serve_until_stopped(app, settings, listening, ready)
        except KeyboardInterrupt:  # the usual way to stop
            print(file=sys.stderr)
        finally:
            workplace.close()
    return {"project": place, "address": address}


def _stop_at_end_of_stdin() -> None:
    """Stop this server when whoever started it has gone, however that came about."""
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _token(store: Store, arguments: argparse.Namespace) -> dict[str, object]:
    if len(arguments.name) != 1:
        raise BadValue("--name", got=f"{len(arguments.name)} names", expected="one: what the program is called")
    role = Role(arguments.role)
    people = store.people
    program = people.accounts.add_program(arguments.name[0], role)
    projects = [arguments.work_in] if arguments.work_in else [one.project_id for one in people.projects.all()]
    if not role.rank >= Role.LEAD.rank:
        for project_id in projects:
            people.members.add(project_id, program.account_id, by="")
    lifetime_s = None if arguments.days is None else arguments.days * 86400
    secret, token = people.credentials.make_token(program.account_id, SCOPES_OF[role], lifetime_s=lifetime_s)
    return {
        "token": secret,
        "token_id": token.token_id,
        "account": program.account_id,
        "role": str(role),
        "scopes": list(token.scopes),
        "projects": projects,
    }


def _address(settings: ServerSettings, port: int) -> str:
    if settings.behind_proxy and settings.names:
        return f"https://{min(settings.names)}"
    scheme = "https" if settings.secure else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{port}"
