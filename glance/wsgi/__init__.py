"""Modules for other WSGI servers (mod_wsgi, gunicorn, uWSGI): each has `application`."""
