"""Membership inference attacks: functions from records to scores, higher = more likely a member."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
