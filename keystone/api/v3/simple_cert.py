"""/v3/OS-SIMPLE-CERT: the certificates of PKI tokens, which there are no more."""
from essex import wsgi
from essex.exception import Gone
from keystone.api.base import Controller


class SimpleCertController(Controller):

    @wsgi.route('GET', '/OS-SIMPLE-CERT/ca', no_auth=True)
    @wsgi.route('GET', '/OS-SIMPLE-CERT/certificates', no_auth=True)
    def gone(self, req):
        raise Gone('PKI tokens are gone, and their certificates with them.')
