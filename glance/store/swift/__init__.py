"""Images as objects of object storage, this project's or any other that speaks the same protocol."""
from glance.store.swift.store import SwiftStore

__all__ = ['SwiftStore']
