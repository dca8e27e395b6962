"""The look of the pages: contrast, weight, and error pages that come out when nothing else works."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

STATIC = Path(__file__).parent.parent / "idp" / "static" / "signet"
PROPERTY = re.compile(r"--([\w-]+): (#[0-9a-f]{3,6});")

TEXT_ON_GROUND = [
    (text, ground)
    for text in ("text", "muted", "accent", "accent-hover", "success", "warning", "danger")
    for ground in ("bg", "surface", "raised")
]
TEXT_ON_FILL = [("accent-text", "accent"), ("accent-text", "accent-hover"), ("danger-text", "danger")]
SHAPES = [(shape, ground) for shape in ("edge", "focus", "seal") for ground in ("bg", "surface", "raised")]


def palette(scheme: str, sheet: str = "signet.css") -> dict[str, str]:
    light, _, rest = (STATIC / sheet).read_text().partition("@media (prefers-color-scheme: dark)")
    colours = dict(PROPERTY.findall(light))
    if scheme == "dark":
        colours |= dict(PROPERTY.findall(rest.partition("/* --- ")[0]))
    return colours


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND + TEXT_ON_FILL)
def test_text_has_the_contrast_of_wcag_aa(scheme: str, text: str, ground: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "surface", "raised"])
@pytest.mark.parametrize("part", ["part-0", "part-1", "part-2"])
def test_the_three_parts_of_a_token_have_the_contrast_of_wcag_aa(scheme: str, ground: str, part: str) -> None:
    colours = {**palette(scheme), **palette(scheme, "playground/playground.css")}
    assert contrast(colours[part], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_borders_focus_and_mark_have_the_contrast_of_wcag_aa(scheme: str, shape: str, ground: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[shape], colours[ground]) >= 3


def test_the_stylesheet_stays_small_and_loads_nothing() -> None:
    css = (STATIC / "signet.css").read_text()
    assert len(css.encode()) < 20_000
    css += (STATIC / "playground/playground.css").read_text()
    assert "@import" not in css
    assert "url(" not in css


@pytest.mark.parametrize("status", ["400", "403", "404", "500", "503"])
def test_an_error_page_comes_out_without_request_person_or_database(status: str) -> None:
    page = get_template(f"{status}.html").render({"reference": "0123456789abcdef"})
    assert "<h1>" in page
    assert "0123456789abcdef" in page


@pytest.mark.parametrize("status", ["500", "503"])
def test_s_145_pages_of_our_own_faults_need_neither_context_nor_static_manifest(
    status: str, settings
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "idp.static_storage.Storage"},
    }
    page = get_template(f"{status}.html").render()
    assert "/static/signet/signet.css" in page
    assert "Reference" not in page


@pytest.mark.parametrize("status", ["400", "403", "404", "500", "503"])
def test_an_error_page_has_no_inline_style_or_script(status: str) -> None:
    page = get_template(f"{status}.html").render()
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=", page)
