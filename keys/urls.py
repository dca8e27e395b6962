"""Where the public keys are: for apps, and for people."""

from django.urls import path

from keys import views

app_name = "keys"
urlpatterns = [
    path(".well-known/jwks.json", views.jwks, name="jwks"),
    path("jwks", views.jwks),  # where some look without discovery
    path("keys", views.keys, name="keys"),
    path("keys.json", views.keys_json, name="keys-json"),
]
