"""/account/picture, and the pictures themselves at /pictures/…, for the apps that were told of them."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import pictures
from accounts.forms import PictureForm
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import Picture, User
from accounts.views.going_on import SeeOther


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request) -> HttpResponse:
    user = User.objects.get(pk=request.person.pk)
    if "remove" in request.POST:
        pictures.remove(user, request=request)
        messages.success(request, _("Your picture is removed."))
        return SeeOther(reverse("accounts:profile"))
    form = PictureForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        pictures.put(user, form.cleaned_data["picture"], request=request, now=timezone.now())
        messages.success(request, _("Your picture is saved."))
        return SeeOther(reverse("accounts:profile"))
    return render(
        request,
        "accounts/picture.html",
        {"form": form.focus(), "picture": pictures.path(user), "tab": "profile", "wide": True},
    )


@require_http_methods(["GET", "HEAD"])
def show(request: Request, name: str) -> HttpResponse:
    """For everybody who knows the name, which is never given to another picture."""
    picture = Picture.objects.filter(name=name).first()
    if picture is None:
        raise Http404
    response = HttpResponse(bytes(picture.content), content_type="image/webp")
    response["Cache-Control"] = "public, max-age=86400, immutable"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Content-Disposition"] = "inline"
    return response
