"""What must hold when many ask at once, and when what Signet stands on goes away (SECURITY.md, section 4)."""
