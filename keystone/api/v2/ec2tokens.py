"""/v2.0/ec2tokens and /v2.0/s3tokens: tokens for requests that EC2 and S3 clients signed"""
from oslo_config import cfg

from essex import config, wsgi
from keystone.api import signed
from keystone.api.v2 import token_view
from keystone.api.v2.base import Controller

CONF = config.register([
    cfg.BoolOpt('open_v2_tokens', default=False,
                help='Whether /v2.0/ec2tokens and /v2.0/s3tokens answer without a token, as filters of the Essex era '
                     'need, which send none. Who gets hold of a signed request, such as a presigned URL, can then '
                     'get a token with it. By default they ask for the role service or admin, as v3 always does.'),
], 'ec2')


class SignedController(Controller):

    def _check(self, req, rule):
        if not CONF.ec2.open_v2_tokens:
            self.enforce(req, rule)

    def _reply(self, token):
        return wsgi.Reply(token_view.access(token, token_view.catalog_of(self.managers, token)),
                          headers={'Vary': 'X-Auth-Token'})

    @wsgi.route('POST', '/ec2tokens', schema=signed.EC2, no_auth=True)
    def ec2(self, req, body):
        self._check(req, 'ec2tokens_validate')
        return self._reply(signed.ec2_token(self.managers, body))

    @wsgi.route('POST', '/s3tokens', schema=signed.S3, no_auth=True)
    def s3(self, req, body):
        self._check(req, 's3tokens_validate')
        return self._reply(signed.s3_token(self.managers, body))
