"""Keystone's tables and the queries on them, one module an aggregate. Functions take the session to work in."""
