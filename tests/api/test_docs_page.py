"""The documentation is served where it is asked for, by the app alone."""

import re
import sys
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.openapi import document
from tests.api.support import check_problem
from tests.fakes import NoModel

PAGES = ("/docs", "/redoc")
HOST = "http://docs.test"


@pytest.fixture(scope="module")
def with_docs() -> TestClient:
    return TestClient(create_app(NoModel(), docs=True), base_url=HOST)


def assets(html: str) -> set[str]:
    """Every URL that a page leads to, seen from it."""
    named = re.findall(r"""(?:src|href|-url)\s*=\s*["']([^"']*)["']""", html)
    in_scripts = re.findall(r"""\burl\s*:\s*["']([^"']*)["']""", html)
    return {urljoin(f"{HOST}/docs", url) for url in (*named, *in_scripts)}


@pytest.mark.parametrize("path", [*PAGES, "/openapi.json"])
def test_without_docs_there_is_no_page(path: str) -> None:
    client = TestClient(create_app(NoModel()))

    check_problem(client.get(path), 404)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leads_to_nothing_but_the_app_itself(with_docs: TestClient, page: str) -> None:
    response = with_docs.get(page)

    assert response.status_code == 200
    found = assets(response.text)
    assert f"{HOST}/openapi.json" in found
    assert any(url.endswith(".js") for url in found)
    for url in found:
        assert url.startswith(f"{HOST}/")
        assert with_docs.get(url).status_code == 200, url
    assert set(re.findall(r"https?://[^/\s\"']+", response.text)) <= {HOST}


def test_where_the_offline_pages_are_not_installed_there_are_pages_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi_offline", None)
    client = TestClient(create_app(NoModel(), docs=True))

    assert [client.get(path).status_code for path in (*PAGES, "/openapi.json")] == [200, 200, 200]


def test_without_a_model_the_document_has_a_payment_of_any_fields(with_docs: TestClient) -> None:
    served = with_docs.get("/openapi.json").json()

    assert served == document(create_app(NoModel()), None)
