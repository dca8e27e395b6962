"""What stands around a Signet that really runs: gunicorn, PostgreSQL, a clock, a visitor, Chromium, Node."""
