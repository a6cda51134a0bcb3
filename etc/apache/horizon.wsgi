# What mod_wsgi runs. HORIZON_CONFIG in Apache's own environment (/etc/apache2/envvars) names another file.
import os

os.environ.setdefault('HORIZON_CONFIG', '/etc/horizon/horizon.conf')

from horizon.wsgi import application  # noqa: E402, F401
