"""Static files under names that change with their content, also where one module of JavaScript imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types to inherit
    """Without this, new modules would import old ones from a browser's cache for an hour after an upgrade."""

    support_js_module_import_aggregation = True
