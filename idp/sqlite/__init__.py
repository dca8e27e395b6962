"""Django's SQLite backend with its conversions made once or made short: `base` is where Django looks for it."""
