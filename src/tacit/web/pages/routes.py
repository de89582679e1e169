"""Every page, its address and its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tacit.web.pages import entering, workspace
from tacit.web.pages.project import (
    exporting,
    gold,
    instructions,
    items,
    judges,
    projects,
    quality,
    review,
    settings,
)

Handler = Callable[[Request], Awaitable[Response]]
PROJECT = "/projects/{project_id}"
BATCH = PROJECT + "/items/batch/{token}"
ACCOUNT = "/accounts/{account_id}"

PAGES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", entering.start),
    ("GET", "/sign-in", entering.show_sign_in),
    ("POST", "/sign-in", entering.do_sign_in),
    ("POST", "/sign-out", entering.sign_out),
    ("GET", "/enter/{secret}", entering.show_invite),
    ("POST", "/enter/{secret}", entering.use_invite),
    ("GET", "/return/{secret}", entering.show_way_back),
    ("POST", "/return/{secret}", entering.use_way_back),
    ("GET", "/judge/{project_id}/code", entering.show_code),
    ("POST", "/judge/{project_id}/code", entering.make_code),
    ("GET", "/account", entering.show_own_account),
    ("POST", "/account/password", entering.change_password),
    ("GET", "/projects", projects.list_projects),
    ("GET", "/projects/new", projects.choose_kind),
    ("GET", "/projects/new/{kind}", projects.new_project),
    ("POST", "/projects/new/{kind}", projects.make_project),
    ("POST", "/projects/new/{kind}/preview", projects.preview_new),
    ("GET", "/projects/preview/{kind}", projects.show_preview),
    ("GET", PROJECT, projects.overview),
    ("POST", PROJECT + "/state", projects.set_state),
    ("GET", PROJECT + "/items", items.show_items),
    ("POST", PROJECT + "/items", items.bring_items),
    ("GET", BATCH, items.show_batch),
    ("POST", BATCH + "/column", items.choose_column),
    ("POST", BATCH + "/keep", items.keep_batch),
    ("POST", BATCH + "/drop", items.drop_batch),
    ("GET", BATCH + "/faults.csv", items.list_faults),
    ("GET", PROJECT + "/instructions", instructions.show_instructions),
    ("POST", PROJECT + "/instructions", instructions.save_instructions),
    ("GET", PROJECT + "/settings", settings.show_settings),
    ("POST", PROJECT + "/settings", settings.save_settings),
    ("GET", PROJECT + "/judges", judges.show_judges),
    ("POST", PROJECT + "/judges", judges.invite_judges),
    ("POST", PROJECT + "/judges/revoke", judges.revoke_invite),
    ("POST", PROJECT + "/judges/remove", judges.remove_judge),
    ("POST", PROJECT + "/judges/code", judges.make_code),
    ("POST", PROJECT + "/judges/return", judges.make_way_back),
    ("GET", PROJECT + "/judges/paid.csv", judges.paid_time),
    ("GET", PROJECT + "/quality", quality.show_quality),
    ("GET", PROJECT + "/disagreements", review.show_disagreements),
    ("GET", PROJECT + "/questions/{question_id}", review.show_question),
    ("POST", PROJECT + "/questions/{question_id}", review.adjudicate),
    ("GET", PROJECT + "/gold", gold.show_gold),
    ("POST", PROJECT + "/gold", gold.make_gold),
    ("GET", PROJECT + "/export", exporting.show_export),
    ("GET", PROJECT + "/export/file", exporting.export_file),
    ("GET", PROJECT + "/export/labels.csv", exporting.export_labels),
    ("GET", "/accounts", workspace.show_accounts),
    ("POST", "/accounts/invite", workspace.invite_colleague),
    ("POST", "/accounts/invite/revoke", workspace.revoke_invite),
    ("POST", "/accounts/token", workspace.make_token),
    ("POST", "/accounts/token/revoke", workspace.revoke_token),
    ("GET", ACCOUNT, workspace.show_account),
    ("POST", ACCOUNT + "/role", workspace.change_role),
    ("POST", ACCOUNT + "/disable", workspace.change_access),
    ("POST", ACCOUNT + "/enable", workspace.change_access),
    ("POST", ACCOUNT + "/forget", workspace.forget_account),
    ("GET", "/audit", workspace.show_audit),
)
"""Method, path and handler of every page."""


def page_routes() -> list[BaseRoute]:
    """Return the routes of all pages."""
    return [Route(path, handler, methods=[method], name=f"{method.lower()} {path}") for method, path, handler in PAGES]
