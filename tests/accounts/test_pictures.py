"""Pictures: encoded anew, small, and nothing else of the upload (S-134)."""

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from accounts import pictures
from accounts.models import Picture, User
from tests.factories import sign_in

from .conftest import event_types

SECRET = b"51.7506N 1.2571W taken by Mallory"


def image(format: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 1).save(file, format, **options)
    return file.getvalue()


def with_metadata() -> dict[str, bytes]:
    exif, text = Image.Exif(), PngInfo()
    exif[0x010E] = SECRET.decode()
    text.add_text("Comment", SECRET.decode())
    return {
        "JPEG": image("JPEG", exif=exif, icc_profile=SECRET, comment=SECRET),
        "PNG": image("PNG", pnginfo=text, icc_profile=SECRET, exif=exif),
        "WEBP": image("WEBP", exif=exif, icc_profile=SECRET, xmp=SECRET),
        "GIF": image("GIF", mode="P", comment=SECRET),
        "appended": image("PNG") + SECRET,
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "appended"])
def test_s_134_is_a_square_webp_without_what_came_along(kind: str) -> None:
    uploaded = with_metadata()[kind]
    assert SECRET in uploaded or kind == "PNG"
    encoded = pictures.encode(io.BytesIO(uploaded))
    with Image.open(io.BytesIO(encoded)) as result:
        assert (result.format, result.size) == ("WEBP", (256, 256))
        assert not set(result.info) & {"exif", "icc_profile", "xmp", "comment"}
    assert SECRET not in encoded
    assert len(encoded) < 20_000


def test_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    file, drawn = io.BytesIO(), Image.new("RGB", (300, 300), "red")
    drawn.paste("blue", (0, 150, 300, 300))
    drawn.save(file, "JPEG", exif=exif)
    with Image.open(io.BytesIO(pictures.encode(file))) as result:
        left, right = (result.convert("RGB").getpixel((x, 128)) for x in (20, 236))
    assert left[2] > 200  # type: ignore[index]
    assert right[0] > 200  # type: ignore[index]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        b"", b"nonsense", SVG, b"<?xml version='1.0'?>" + SVG, image("BMP"), image("TIFF"), image("PPM"),
        image("PNG")[:60], image("JPEG")[:200], b"%!PS-Adobe-3.0 EPSF-3.0\n", b"%PDF-1.4\n",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"RIFF\xff\xff\xff\x7fWEBPVP8 ",
    ],
    ids=range(13),
)  # fmt: skip
def test_s_134_what_is_no_picture_of_these_kinds_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        pictures.encode(io.BytesIO(content))


@pytest.mark.parametrize(
    ("format", "size"), [("PNG", (3500, 3500)), ("GIF", (4000, 3001)), ("PNG", (20_000, 20_000))]
)
def test_s_134_too_many_pixels_are_refused_before_they_are_decoded(
    format: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    bomb = image(format, size, mode="1" if format == "PNG" else "P")
    monkeypatch.undo()
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("decoded"))
    with pytest.raises(ValidationError, match=r"pixels|Use a picture"):
        pictures.encode(io.BytesIO(bomb))


class TestThePage:
    @pytest.fixture(autouse=True)
    def signed_in(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)

    def upload(self, browser: Client, content: bytes, name: str = "me.png") -> Any:
        return browser.post("/account/picture", {"picture": SimpleUploadedFile(name, content)})

    def test_a_picture_is_what_apps_are_told_and_anybody_can_fetch(
        self, alice: User, browser: Client
    ) -> None:
        assert self.upload(browser, image("JPEG"))["Location"] == "/account/profile"
        alice.refresh_from_db()
        path = alice.picture.removeprefix("http://localhost:8000")
        response = Client().get(path)
        assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert path in browser.get("/account/profile").content.decode()
        assert event_types() == ["picture.changed"]

    def test_a_new_one_has_a_new_address_and_the_old_one_is_gone(self, alice: User, browser: Client) -> None:
        self.upload(browser, image("PNG"))
        first = Picture.objects.get().name
        self.upload(browser, image("GIF", mode="P"))
        assert Picture.objects.get().name != first
        assert Client().get(f"/pictures/{first}.webp").status_code == 404

    def test_it_can_be_removed(self, alice: User, browser: Client) -> None:
        self.upload(browser, image("PNG"))
        browser.post("/account/picture", {"remove": "1"})
        alice.refresh_from_db()
        assert alice.picture == ""
        assert not Picture.objects.exists()

    @pytest.mark.parametrize("content", [SVG, b"", b"x" * 300_000])
    def test_s_134_a_bad_one_is_refused_in_words(self, alice: User, browser: Client, content: bytes) -> None:
        response = self.upload(browser, content, "me.svg")
        assert response.status_code == 200
        assert 'role="alert"' in response.content.decode()
        assert not Picture.objects.exists()

    def test_s_014_a_body_may_be_larger_here_and_only_here(self, browser: Client) -> None:
        body = b"x" * 400_000
        kind = {"content_type": "multipart/form-data; boundary=b"}
        assert browser.post("/account/profile", body, **kind).status_code == 413
        assert browser.post("/account/picture", body, **kind).status_code != 413
        assert browser.post("/account/picture", b"x" * 7_000_000, **kind).status_code == 413

    def test_a_profile_that_is_saved_keeps_the_picture(self, alice: User, browser: Client) -> None:
        self.upload(browser, image("PNG"))
        browser.post("/account/profile", {"name": "Alice", "picture": "https://evil.example/x.png"})
        alice.refresh_from_db()
        assert alice.picture.startswith("http://localhost:8000/pictures/")
