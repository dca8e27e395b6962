"""The second factors that a sign-in can ask for, each a file of its own."""
