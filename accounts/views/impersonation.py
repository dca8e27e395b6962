"""/support/stop: back from somebody else's pages."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import impersonation
from accounts import login as logins
from accounts.middleware import Request
from accounts.views.going_on import SeeOther


@require_POST
def stop(request: Request) -> HttpResponse:
    session = request.sso
    if session is None or not session.impersonated_by:
        raise PermissionDenied("Nobody's pages are being looked at.")
    back = impersonation.stop(request, session, now=timezone.now())
    person = reverse("admin:accounts_user_change", args=[session.user_id]) if settings.ADMIN_PATH else "/"
    response = SeeOther(person if back else logins.url())
    response.delete_cookie(impersonation.BACK_COOKIE, path="/", samesite="Lax")
    return response
