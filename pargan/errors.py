"""Errors written for the person who will read them."""


class ParganError(Exception):
    """Bad input: one sentence with the key, the value and the remedy; entries print it and exit with 1."""
