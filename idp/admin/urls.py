"""Addresses of the admin, which its first request loads: a server spends most of its life without one.

Whoever needs the site filled without such a request imports this module.
"""

from django.contrib import admin

admin.autodiscover()
urlpatterns = admin.site.get_urls()
