"""What every page says about this provider, also where no context processor runs."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.utils import timezone

register = template.Library()


@register.simple_tag
def issuer_host() -> str:
    """The issuer's host and port, as people read it: id.example.com."""
    return urlsplit(settings.ISSUER).netloc


@register.filter
def moments_ago(when: datetime | None) -> bool:
    """Less than a minute, of which `timesince` would say that it is none."""
    return when is not None and timezone.now() - when < timedelta(minutes=1)
