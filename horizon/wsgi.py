"""The WSGI application, for Apache's mod_wsgi and other servers: HORIZON_CONFIG names horizon.conf."""
import logging
import os


def make():
    """The dashboard with request ids, trace and access log. The configuration must have been loaded."""
    import django
    os.environ['DJANGO_SETTINGS_MODULE'] = 'horizon.settings'
    django.setup()
    # What strangers ask for in vain is in the access log. As warnings they would push those that matter out of the last
    # ones the operator API tells.
    for name, level in (('django.request', 'ERROR'), ('django.security', 'ERROR'),
                        ('django.security.DisallowedHost', 'CRITICAL')):
        logging.getLogger(name).setLevel(level)
    from django.core.handlers.wsgi import WSGIHandler

    from essex.middleware.access_log import AccessLog
    from essex.middleware.healthcheck import Healthcheck
    from essex.middleware.request_id import RequestId
    from horizon import registry
    registry.load()
    return RequestId(AccessLog(Healthcheck(WSGIHandler())))


def _from_environment():
    from essex import config, trace
    path = os.environ.get('HORIZON_CONFIG')
    import horizon.options  # noqa: F401 - declares what the file may say
    config.load('horizon', ['--config-file', path] if path else [])
    trace.name_process('horizon')
    return make()


def __getattr__(name):
    # mod_wsgi asks for `application`; whoever only imports this module starts nothing.
    if name == 'application':
        globals()[name] = _from_environment()
        return globals()[name]
    raise AttributeError(name)
