"""M6, S-130: an app of IDP_SCIM_APPS writes people, so a client manager neither changes it nor has its secret."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client as Browser

from accounts import roles
from accounts.models import User
from idp.clients import secrets
from idp.models import Client
from tests.factories import make_admin, make_user, sign_in
from tests.idp.admin.test_client_admin import FORM
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
LIST = f"/{configured.ADMIN_PATH}/idp/client/"


@pytest.fixture
def hr(settings: Any) -> Client:
    made = make_client(name="HR", grant_types=["client_credentials"], redirect_uris=[], scopes=["scim:read"])
    settings.SCIM_APPS = [made.client_id, "hr-of-tomorrow"]
    return made


@pytest.fixture
def manager() -> Browser:
    person = make_user("manager", is_staff=True)
    roles.assign(person, [roles.CLIENTS], actor="test")
    browser = Browser()
    sign_in(browser, User.objects.get(pk=person.pk))
    return browser


@pytest.fixture
def owner() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("root"))
    return browser


def test_s_130_a_client_manager_makes_no_secret_for_one(hr: Client, manager: Browser, owner: Browser) -> None:
    path = f"{LIST}{hr.pk}/secret/new/"
    assert manager.get(path).status_code == 403
    assert manager.post(path, {"revision": hr.revision}).status_code == 403
    assert not hr.secrets.exists()
    assert path not in manager.get(f"{LIST}{hr.pk}/change/").content.decode()
    assert owner.post(path, {"revision": hr.revision}).status_code == 200
    assert secrets.live(hr, hr.secrets.get().created_at)
    assert manager.post(f"{LIST}{hr.pk}/secret/{hr.secrets.get().pk}/end/").status_code == 403


def test_s_130_nor_changes_one(hr: Client, manager: Browser, owner: Browser) -> None:
    form = {**FORM, "name": "Mine", "grant_types": ["client_credentials"], "redirect_uris": "", "scopes": []}
    assert manager.get(f"{LIST}{hr.pk}/change/").status_code == 200
    assert manager.post(f"{LIST}{hr.pk}/change/", form).status_code == 403
    assert manager.post(f"{LIST}{hr.pk}/delete/", {"post": "yes"}).status_code == 403
    hr.refresh_from_db()
    assert hr.name == "HR"
    assert owner.post(f"{LIST}{hr.pk}/change/", form).status_code == 302
    hr.refresh_from_db()
    assert hr.name == "Mine"


@pytest.mark.parametrize("action", ["disable", "delete_selected"])
def test_s_130_nor_by_an_action_on_many(hr: Client, manager: Browser, action: str) -> None:
    other = make_client(name="Wiki")
    manager.post(LIST, {"action": action, "_selected_action": [hr.pk, other.pk], "post": "yes"})
    assert Client.objects.filter(pk=hr.pk, enabled=True).exists()
    if action == "disable":
        assert not Client.objects.get(pk=other.pk).enabled


def test_s_130_nor_registers_one_under_such_a_name(hr: Client, manager: Browser, owner: Browser) -> None:
    refused = manager.post(f"{LIST}add/", {**FORM, "client_id": "hr-of-tomorrow"})
    assert refused.context["adminform"].form.errors["client_id"]
    assert manager.post(f"{LIST}add/", {**FORM, "client_id": "wiki"}).status_code == 200
    owner.post(f"{LIST}add/", {**FORM, "client_id": "hr-of-tomorrow"})
    assert set(Client.objects.exclude(pk=hr.pk).values_list("client_id", flat=True)) == {
        "wiki",
        "hr-of-tomorrow",
    }
