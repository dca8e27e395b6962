"""The Django around what docs/apps/authlib.md prints: SITE_CODE is a file with that, and is the site's URLs."""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

CODE = Path(os.environ["SITE_CODE"])
sys.path.insert(0, str(CODE.parent))

settings.configure(
    SECRET_KEY="the site's own",
    DEBUG=True,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=CODE.stem,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    SESSION_FILE_PATH=str(CODE.parent),
)
application = get_wsgi_application()
