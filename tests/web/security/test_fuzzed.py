"""Requests made from the API's own description, of every shape and none: the server answers as it says."""

import json
import os

import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tacit.web.api.describing import openapi_document

DESCRIPTION = json.loads(openapi_document())
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
N_EXAMPLES = int(os.environ.get("TACIT_FUZZ", "10"))
"""Requests for each call; a longer run is TACIT_FUZZ=1000 pytest tests/web/security/test_fuzzed.py."""

BUDGET = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@SCHEMA.parametrize()
@BUDGET
def test_whatever_is_sent_is_answered_as_described(town, case):
    if "{project_id}" in case.path:
        case.path_parameters = {"project_id": town.here.project_id}
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    described = DESCRIPTION["paths"][case.path].get(case.method.lower())
    for who in ("lead" if "projects" in case.path else "judge", None):
        headers = town.people[who] if who else {}
        given = {"Sec-Fetch-Site": "same-origin", **headers}
        response = case.call(base_url=town.address, headers=given, timeout=120)
        assert response.status_code < 500 or response.status_code == 503, response.text
        if response.status_code >= 400:
            assert set(response.json()["error"]) >= {"where", "got", "expected", "do"}
        if described is None:
            assert response.status_code == 405
            continue
        assert str(response.status_code) in described["responses"], (response.status_code, response.text)
        if who is None:
            assert response.status_code in (400, 401), response.text
