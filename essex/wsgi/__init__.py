"""What an HTTP API is made of: requests, routes, validation, faults, versions, pages."""
from essex.wsgi.application import Application, drop_unknown
from essex.wsgi.controller import Controller, Reply, route
from essex.wsgi.pagination import limit_and_marker, next_link
from essex.wsgi.request import Request, json_response
from essex.wsgi.urls import base_url
from essex.wsgi.validation import compile_schema
from essex.wsgi.versions import APIVersion, Microversions

__all__ = ['APIVersion', 'Application', 'Controller', 'Microversions', 'Reply', 'Request', 'base_url', 'compile_schema',
           'drop_unknown', 'json_response', 'limit_and_marker', 'next_link', 'route']
