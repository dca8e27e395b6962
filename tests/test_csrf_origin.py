"""Which origins may send a form: browsers hide ours under Referrer-Policy no-referrer (S-081, S-082)."""

import pytest
from django.http import HttpResponse
from django.middleware.csrf import _get_new_csrf_string  # no public way to make a token
from django.test import RequestFactory

from idp.middleware import Csrf

TOKEN = _get_new_csrf_string()


def post(**headers: str) -> HttpResponse | None:
    """What the CSRF check says to a form with a good cookie and token; None is a pass."""
    request = RequestFactory().post("/login", {"csrfmiddlewaretoken": TOKEN}, headers=headers)
    request.COOKIES["csrf"] = TOKEN
    check = Csrf(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda request: HttpResponse(), (), {})


@pytest.fixture(autouse=True)
def refusal_as_plain_text(settings):
    settings.CSRF_FAILURE_VIEW = "tests.test_csrf_origin.refused"


def refused(request, reason: str = "") -> HttpResponse:
    return HttpResponse(reason, status=403)


def test_a_form_of_ours_passes_although_the_browser_hides_its_origin():
    assert post(origin="null", sec_fetch_site="same-origin") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "null", "sec_fetch_site": "cross-site"},
        {"origin": "null", "sec_fetch_site": "same-site"},
        {"origin": "null", "sec_fetch_site": "none"},
        {"origin": "https://mallory.example"},
        {"origin": "https://mallory.example", "sec_fetch_site": "same-origin"},
    ],
)
def test_s_082_a_form_is_refused_when_its_origin_is_not_proven_ours(headers):
    assert post(**headers).status_code == 403
