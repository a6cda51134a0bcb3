"""Thin clients of the services' public HTTP APIs, on keystoneauth1: the only way one service reaches another."""
