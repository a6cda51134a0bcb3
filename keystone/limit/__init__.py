"""Limits of resources: what a service registers, what projects and domains get instead."""
