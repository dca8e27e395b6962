"""The Markdown of docs/apps: what it may have becomes blocks, anything else is refused."""

import pytest

from idp.app_templates.markdown import Block, Span, Unreadable, blocks, spans


def test_paragraphs_lists_headings_and_fences_become_blocks() -> None:
    text = (
        "One line\nand another.\n\n## More\n\n- an item\n  that goes on\n- another\n\n```sh\nls\n\npwd\n```\n"
    )
    assert blocks(text) == (
        Block("paragraph", ((Span("text", "One line and another."),),)),
        Block("heading", ((Span("text", "More"),),)),
        Block("items", ((Span("text", "an item that goes on"),), (Span("text", "another"),))),
        Block("code", text="ls\n\npwd\n", language="sh"),
    )


def test_spans_of_a_line() -> None:
    assert spans("Put `x` and `{client_id}` **there**, see [it](https://a.example/b).") == (
        Span("text", "Put "),
        Span("code", "x"),
        Span("text", " and "),
        Span("value", "{client_id}"),
        Span("text", " "),
        Span("strong", "there"),
        Span("text", ", see "),
        Span("link", "it", "https://a.example/b"),
        Span("text", "."),
    )


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://a.example/", "https://a.example/"),
        ("apache.md", "/docs/apps/apache"),
        ("../../tests/x.py", ""),
        ("http://a.example/", ""),
        ("javascript:alert(1)", ""),
        ("../decisions/0001.md", ""),
    ],
)
def test_a_link_leads_to_the_web_or_to_a_neighbour_and_nowhere_else(url: str, href: str) -> None:
    """S-083: whatever stands in a page, no other scheme becomes an address."""
    assert Span("link", "x", url).href == href


@pytest.mark.parametrize(
    "text",
    [
        "| a | table |",
        "> a quotation",
        "<b>markup</b>",
        "1. numbered",
        "* starred",
        "### too deep",
        "![picture](x.png)",
        "```sh\nwithout an end",
        "```\nwithout a language\n```",
        "- an item\nnot indented",
    ],
)
def test_what_github_and_signet_might_show_differently_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        blocks(text)
