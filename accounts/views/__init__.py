"""The pages of people: sign in and out, account, password, sessions, one-time links."""
