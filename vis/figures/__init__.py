"""Signals as pictures, figures of them, and how similar two of them are."""

from typing import TYPE_CHECKING

from ..moved import ROOMS

if not TYPE_CHECKING:
    __getattr__ = ROOMS.names_of("figures")
