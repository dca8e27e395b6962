"""A template's page is read strictly: a head that says too little or too much is refused, by name."""

from datetime import date

import pytest

from idp.app_templates.filling import read_address
from idp.app_templates.markdown import Unreadable
from idp.app_templates.template import parse

HEAD = {
    "group": '"apps"',
    "status": '"not run"',
    "follows": '"https://docs.example/sso"',
    "date": "2026-11-25",
    "asks": '"Where is it?"',
    "example": '"app.example.com"',
}
CLIENT = {"redirect_uris": '["{address}/cb"]', "scope": '"openid email"'}
RUN = {"status": '"run in tests"', "test": '"tests/x.py"', "ran_with": '"App 1"'}
BODY = "Do this:\n\n```sh\nrun --id {client_id}\n```"


def page(
    head: dict[str, str] | None = None,
    client: dict[str, str] | None = None,
    body: str = BODY,
    top: str = "# App\nAn app.",
) -> str:
    lines = [f"{name} = {value}" for name, value in {**HEAD, **(head or {})}.items() if value]
    lines += ["", "[client]"]
    lines += [f"{name} = {value}" for name, value in {**CLIENT, **(client or {})}.items() if value]
    return f"{top}\n\n```toml\n" + "\n".join(lines) + f"\n```\n\n{body}\n"


def test_a_page_is_read() -> None:
    template = parse("app", page())
    assert template is not None
    assert (template.title, template.status, template.date) == ("App", "not run", date(2026, 11, 25))
    assert template.lead.rows[0][0].text == "An app."
    assert [block.kind for block in template.body] == ["paragraph", "code"]
    assert template.registration(read_address("a.example")) == {
        "client_name": "App",
        "redirect_uris": ["https://a.example/cb"],
        "scope": "openid email",
    }


def test_a_page_without_a_head_is_no_template() -> None:
    assert parse("apis", "# APIs\nText.\n\n```python\nx = 1\n```\n") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (page(top="App\nAn app."), "begins with #"),
        (page(top="# App\nOne.\n\nTwo."), "one paragraph"),
        (page({"status": '"tested"'}), "status is one of"),
        (page({"status": ""}), "status is one of"),
        (page({"follows": ""}), "lacks follows"),
        (page({**RUN, "test": ""}), "lacks test"),
        (page({**RUN, "unverified": '["x"]'}), "may not have unverified"),
        (page({"test": '"tests/x.py"'}), "may not have test"),
        (page({"secret": '"x"'}), "may not have secret"),
        (page({"group": '"games"'}), "group is one of"),
        (page({"date": '"2026-11-25"'}), "date is a day"),
        (page({"date": "2026-11-25T10:00:00"}), "date is a day"),
        (page({"example": ""}), "asks and example"),
        (page({"asks": "", "example": ""}), "has to ask"),
        (page(client={"redirect_uris": ""}), "needs redirect_uris"),
        (page(client={"client_secret": '"x"'}), "has no client_secret"),
        (page(client={"redirect_uri": '"x"'}), "has no redirect_uri"),
        (page({"group": "apps"}), "no TOML"),
        (page(body="Nothing to do."), "nothing to set up"),
        (page(body="```sh\n{hostname}\n```"), "unknown places: hostname"),
        (page(body="- Put `{password}` there"), "unknown places: password"),
        ("# App\nAn app.\n\n```toml\ngroup = 1\n", "no end"),
    ],
)  # fmt: skip
def test_a_page_is_refused_that_is_not_right(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        parse("app", text)
