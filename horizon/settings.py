"""Django's settings, made from horizon.conf: load the configuration first, then name this module."""
import hashlib
import pathlib

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy

from horizon.options import CONF, secret_key

_HERE = pathlib.Path(__file__).parent
_OPTIONS = CONF.horizon


_WEBROOT = _OPTIONS.webroot.rstrip('/')


def _digest(directory):
    """A name for the state of all assets: they are cached for ever under it."""
    seen = hashlib.sha256()
    for path in sorted(directory.rglob('*')):
        if path.is_file():
            seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


SECRET_KEY = secret_key()
DEBUG = _OPTIONS.debug_pages
ALLOWED_HOSTS = [*dict.fromkeys([*_OPTIONS.allowed_hosts, CONF.my_ip, str(CONF.bind_host)])]
FORCE_SCRIPT_NAME = _WEBROOT or None
ROOT_URLCONF = 'horizon.urls'
WSGI_APPLICATION = 'horizon.wsgi.application'
INSTALLED_APPS = ['django.contrib.messages', 'django.contrib.staticfiles', 'django.forms', 'django_htmx', 'horizon',
                  *_OPTIONS.plugins]
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
    'horizon.ui.packing.PackPages',
    'whitenoise.middleware.WhiteNoiseMiddleware',
    'csp.middleware.CSPMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.locale.LocaleMiddleware',
    'django.middleware.common.CommonMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    'django.contrib.messages.middleware.MessageMiddleware',
    'django.middleware.clickjacking.XFrameOptionsMiddleware',
    'django_htmx.middleware.HtmxMiddleware',
    'horizon.auth.middleware.LoginMiddleware',
    'horizon.ui.errors.ErrorMiddleware',
]
TEMPLATES = [{
    # A panel's pages lie beside its code: project/instances/index.html.
    'BACKEND': 'django.template.backends.django.DjangoTemplates',
    'DIRS': [_HERE / 'templates', _HERE], 'APP_DIRS': True,
    'OPTIONS': {
        'context_processors': ['django.template.context_processors.request',
                               'django.contrib.messages.context_processors.messages',
                               'django.template.context_processors.i18n', 'horizon.ui.context.site'],
        'builtins': ['django.templatetags.i18n', 'django.templatetags.static', 'horizon.ui.templatetags.ui'],
    },
}]
# A form's fields are shown by a template of ours.
FORM_RENDERER = 'horizon.ui.forms.Renderer'

_ENGINES = {'sealed_cookies': 'horizon.sessions', 'cache': 'django.contrib.sessions.backends.cache',
            'database': 'django.contrib.sessions.backends.db'}
SESSION_ENGINE = _ENGINES[_OPTIONS.session_engine]
SESSION_COOKIE_NAME = 'horizon'
SESSION_COOKIE_AGE = _OPTIONS.session_timeout
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = 'Lax'
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = (_OPTIONS.secure_cookies if _OPTIONS.secure_cookies is not None
                                              else bool(CONF.ssl_cert_file))
CSRF_FAILURE_VIEW = 'horizon.ui.errors.csrf_failure'
DATABASES = {}
if _OPTIONS.session_engine == 'database':
    INSTALLED_APPS.insert(0, 'django.contrib.sessions')
    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': _OPTIONS.session_database}}
CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache', 'OPTIONS': {'MAX_ENTRIES': 2000}}}
if _OPTIONS.memcached_servers:
    CACHES = {'default': {'BACKEND': 'django.core.cache.backends.memcached.PyMemcacheCache',
                          'LOCATION': _OPTIONS.memcached_servers}}
MESSAGE_STORAGE = 'django.contrib.messages.storage.cookie.CookieStorage'

# Nothing of another site, nothing inline. A console page adds the proxy it frames.
CONTENT_SECURITY_POLICY = {'DIRECTIVES': {
    'default-src': [NONE], 'script-src': [SELF], 'style-src': [SELF], 'img-src': [SELF, 'data:', 'blob:'],
    'connect-src': [SELF], 'font-src': [SELF], 'media-src': [SELF, 'blob:'], 'form-action': [SELF], 'base-uri': [NONE],
    'frame-ancestors': [NONE], 'manifest-src': [SELF]}}
X_FRAME_OPTIONS = 'DENY'
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = 'same-origin'
SECURE_CROSS_ORIGIN_OPENER_POLICY = 'same-origin'
if _OPTIONS.behind_tls_proxy:
    SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_HANDLERS = ['horizon.ui.uploads.Gate', 'django.core.files.uploadhandler.MemoryFileUploadHandler',
                        'django.core.files.uploadhandler.TemporaryFileUploadHandler']

STATIC_URL = f'{_WEBROOT}/static/{_digest(_HERE / "static")}/'
STATICFILES_FINDERS = ['django.contrib.staticfiles.finders.AppDirectoriesFinder']
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 365 * 86400
STATIC_ROOT = None

USE_I18N = USE_TZ = True
TIME_ZONE = 'UTC'
LANGUAGE_CODE = 'en'
LANGUAGES = [('en', gettext_lazy('English'))]
LOCALE_PATHS = [str(_HERE / 'locale')]
# Our own logging is set up by essex.config.
LOGGING_CONFIG = None
