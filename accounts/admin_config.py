"""Django's admin with our site: in INSTALLED_APPS it stands where django.contrib.admin would."""

from django.contrib.admin.apps import SimpleAdminConfig


class Admin(SimpleAdminConfig):
    default_site = "accounts.site.Site"
