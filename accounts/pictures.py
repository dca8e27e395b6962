"""Pictures of people: an upload is decoded, cut square and encoded anew, so nothing else of it is kept (S-134)."""

import io
import threading
from datetime import datetime
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Picture, User

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_BYTES = 5 * 1024 * 1024
# By format: what a phone takes, and for those that can only be decoded at full size what fits into memory.
MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 12_000_000, "WEBP": 12_000_000, "GIF": 12_000_000}
SIDE = 256
_turn = threading.Lock()  # one at a time a process, for decoding takes tens of megabytes


def encode(file: IO[bytes]) -> bytes:
    """A square WebP without anything that came along: no place, no comment, no second image. ValidationError."""
    from PIL import Image  # of use to few requests, and large

    try:
        with _turn, Image.open(file, formats=list(MAX_PIXELS)) as image:
            _check_pixels(image)
            return _square(image)
    except ValidationError:
        raise
    except Exception as error:  # decoders fail in many ways at what is not meant for them
        raise ValidationError(_("Use a picture in JPEG, PNG, WebP or GIF."), code="picture") from error


def _check_pixels(image: "ImageFile") -> None:
    """Before a single one is decoded."""
    if image.width * image.height > MAX_PIXELS[image.format or ""]:
        raise ValidationError(_("This picture has too many pixels."), code="pixels")


def _square(image: "ImageFile") -> bytes:
    from PIL import Image, ImageOps

    image.thumbnail((SIDE * 8, SIDE * 8))  # a JPEG is decoded no larger than needed
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    square = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    square.info.clear()  # what came along: a writer of images may take it over
    encoded = io.BytesIO()
    square.save(encoded, "WEBP", quality=85)
    return encoded.getvalue()


def path(user: User) -> str:
    """Of the picture that is kept here; "" where there is none, or an address elsewhere."""
    prefix = f"{settings.ISSUER}/pictures/"
    return user.picture.removeprefix(settings.ISSUER) if user.picture.startswith(prefix) else ""


def put(user: User, content: bytes, *, request: HttpRequest, now: datetime) -> None:
    with transaction.atomic():
        Picture.objects.filter(user=user).delete()
        picture = Picture.objects.create(user=user, content=content, created_at=now)
        address = f"{settings.ISSUER}{reverse('accounts:picture-file', args=[picture.name])}"
        _save(user, address, request=request)


def remove(user: User, *, request: HttpRequest) -> None:
    with transaction.atomic():
        Picture.objects.filter(user=user).delete()
        _save(user, "", request=request)


def _save(user: User, address: str, *, request: HttpRequest) -> None:
    before, user.picture = user.picture, address
    user.save(update_fields=["picture", "updated_at"])
    audit.record("picture.changed", request=request, actor=user, subject=user, before=before, after=address)
