"""The configuration, shipped as package data."""
