"""What every page says about this provider, also where no context processor runs."""

from urllib.parse import urlsplit

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def issuer_host() -> str:
    """The issuer's host and port, as people read it: id.example.com."""
    return urlsplit(settings.ISSUER).netloc
