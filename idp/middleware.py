"""What happens around every request: facts, limits, headers, and the answer while the database is away."""

import ipaddress
import logging
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.template.response import SimpleTemplateResponse
from django.urls import resolve

from idp.logs import request_id

Handler = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)

# Answered for programs, not people: no session, CSRF, message or page header work (DESIGN.md, decision 9).
MACHINE_PREFIXES = ("/.well-known/", "/oauth2/register/", "/scim/v2", "/livez", "/readyz")
MACHINE_PATHS = frozenset(
    f"/oauth2/{name}"
    for name in ("token", "userinfo", "introspect", "revoke", "par", "register", "device_authorization")
)
PROBES = ("/livez", "/readyz")  # a load balancer asks by address, not by name
MAX_PARAMETER_BYTES = 8 * 1024
UPLOADS = {"/account/picture": 6 * 1024 * 1024}  # where a photo goes; accounts.pictures has the cap


def is_machine(request: HttpRequest) -> bool:
    return request.path_info in MACHINE_PATHS or request.path_info.startswith(MACHINE_PREFIXES)


def client_address(remote: str, forwarded: str) -> str:
    """The nearest address that is not one of our proxies; X-Forwarded-For counts only behind one (S-091)."""
    address = remote
    hops = forwarded.split(",") if forwarded else []
    while hops and _is_trusted_proxy(address) and _is_address(hop := hops.pop().strip()):
        address = hop
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted_proxy(address: str) -> bool:
    if not settings.TRUSTED_PROXIES:
        return False
    if not address:  # a Unix socket: whoever may connect to it is a proxy of ours
        return True
    return any(ipaddress.ip_address(address) in network for network in settings.TRUSTED_PROXIES)


class RequestFacts:
    """Gives each request an id and its client's address, and each answer its length."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        request.client_address = client_address(  # type: ignore[attr-defined]
            meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", "")
        )
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class Limits:
    """Refuses what is too large, before parsing, and what is meant for another host (S-014, S-090)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if len(meta.get("QUERY_STRING", "")) > MAX_PARAMETER_BYTES:
            return HttpResponse("The address is too long.", status=414, content_type="text/plain")
        if int(meta.get("CONTENT_LENGTH") or 0) > UPLOADS.get(
            request.path_info, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        ):
            return HttpResponse("The request is too large.", status=413, content_type="text/plain")
        if "\0" in request.path_info:  # PostgreSQL takes none, so no look-up may meet one (S-015)
            return HttpResponse("This address can't be read.", status=400, content_type="text/plain")
        if request.path_info not in PROBES and not self._is_served(request):
            # Without the site's frame: its style sheet would come from the same host, and be refused too.
            return HttpResponse("This address is not served here.", status=400, content_type="text/plain")
        if _says_nul(request):
            return HttpResponse(
                "The request holds a character that is not allowed.", status=400, content_type="text/plain"
            )
        return self.get_response(request)

    @staticmethod
    def _is_served(request: HttpRequest) -> bool:
        if request.META.get("HTTP_HOST") == settings.ISSUER_HOST:
            return True
        try:
            request.get_host()
        except DisallowedHost:
            log.warning("refused: Host is neither IDP_ISSUER's nor in IDP_ALLOWED_HOSTS")
            return False
        return True


def _says_nul(request: HttpRequest) -> bool:
    """In a value or name of the address or of a form: the same look-ups may meet it. The protocol's endpoints read
    theirs themselves, and refuse it in their own words.
    """
    if is_machine(request) or request.path_info.startswith("/oauth2/"):
        return False
    if "%00" in request.META.get("QUERY_STRING", ""):
        return True
    said = request.POST.lists() if request.method == "POST" else ()
    return any("\0" in text for name, values in said for text in (name, *values))


def csp_nonce(request: HttpRequest) -> dict[str, str]:
    """Context processor: `csp_nonce`, for the one inline script or style that a page may have."""
    if not hasattr(request, "csp_nonce"):
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
    return {"csp_nonce": request.csp_nonce}  # type: ignore[attr-defined]


class SecurityHeaders:
    """The headers of S-081. A view widens its page's form targets with `response.form_action = [origin, …]`,
    what it may frame with `response.frame_src`, who may frame it with `response.frame_ancestors`, and where its
    pictures may come from with `response.img_src`.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        if settings.HTTPS:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if headers.get("Content-Type", "").startswith("text/html"):
            headers["Content-Security-Policy"] = self._policy(request, response)
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            if not getattr(response, "frame_ancestors", []):  # the older header knows no list of origins
                headers["X-Frame-Options"] = "DENY"
            headers.setdefault("Cache-Control", "no-store")
        return response

    @staticmethod
    def _policy(request: HttpRequest, response: HttpResponse) -> str:
        nonce = getattr(request, "csp_nonce", None)
        inline = f" 'nonce-{nonce}'" if nonce else ""
        # Chrome holds a form's whole redirect chain against form-action, so a page whose form leads on to an
        # app has to name that app's origin (shared measurement, DEPENDENCIES.md).
        targets = " ".join(["'self'", *getattr(response, "form_action", [])])
        frames = " ".join(getattr(response, "frame_src", [])) or "'none'"
        around = " ".join(getattr(response, "frame_ancestors", [])) or "'none'"
        pictures = " ".join(["'self'", "data:", *getattr(response, "img_src", [])])
        return (
            f"default-src 'none'; script-src 'self'{inline}; style-src 'self'{inline}; img-src {pictures}; "
            f"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors {around}; "
            f"form-action {targets}; frame-src {frames}"
        )


class Outage:
    """A database that is away is 503 with Retry-After, as JSON for programs and as a page for people (R-02)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return outage(request, error) if _is_outage(error) else None


def _is_outage(error: Exception) -> bool:
    """Away, or a replica that may only be read since another one took over (R-03): PostgreSQL's error 25006."""
    if isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", "") == "25006":
        if not connection.in_atomic_block:  # it works, so by itself it would be kept, and go on leading there
            connection.close()
        return True
    return isinstance(error, OperationalError | InterfaceError)


def outage(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("database unavailable: %s", type(error).__name__)
    if is_machine(request):
        response: HttpResponse = JsonResponse({"error": "temporarily_unavailable"}, status=503)
    else:
        response = SimpleTemplateResponse(
            "503.html", {"reference": getattr(request, "request_id", "")}, status=503
        )
        response.render()
    response["Retry-After"] = "5"
    response["Cache-Control"] = "no-store"
    return response


class Programs:
    """Answers the machine endpoints: what stands behind it is for people, who have cookies."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_machine(request):
            return self.get_response(request)
        try:
            if request.path_info in MACHINE_PATHS:
                return _view(request.path_info)(request)
            found = resolve(request.path_info)
            return found.func(request, *found.args, **found.kwargs)  # type: ignore[no-any-return]
        except (OperationalError, InterfaceError, InternalError) as error:
            if not _is_outage(error):
                raise
            return outage(request, error)


@lru_cache(maxsize=len(MACHINE_PATHS))
def _view(path: str) -> Handler:
    return resolve(path).func


class Csrf(CsrfViewMiddleware):
    """Django's, for browsers that were told to say nothing of where they come from."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        # Under Referrer-Policy no-referrer (S-081) a browser sends Origin: null with our own forms too (Fetch,
        # "append a request Origin header"); Sec-Fetch-Site, which no page can set, then tells whose it is.
        if request.META["HTTP_ORIGIN"] == "null":
            return bool(request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin")
        return bool(super()._origin_verified(request))  # type: ignore[misc]  # not in the stubs


class Messages(MessageMiddleware):
    """Django's, passing by the protocol's own pages, which have none."""

    def __call__(self, request: HttpRequest) -> Any:
        passes = request.path_info.startswith("/oauth2/")
        return self.get_response(request) if passes else super().__call__(request)
