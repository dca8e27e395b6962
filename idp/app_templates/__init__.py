"""App templates: a page of docs/apps for each app, from which it is registered, set up and documented.

Decision 45 has the format and why it is Markdown.
"""
