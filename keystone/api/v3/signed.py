"""/v3/ec2tokens and /v3/s3tokens: tokens for requests that EC2 and S3 clients signed"""
from essex import wsgi
from keystone.api import signed
from keystone.api.base import Controller
from keystone.api.v3.token_view import TokenView


class SignedController(Controller):
    """Services alone ask: who gets hold of a signed request must not get a token with it."""

    def __init__(self, managers, enforcer):
        super().__init__(managers, enforcer)
        self.view = TokenView(managers)

    @wsgi.route('POST', '/ec2tokens', schema=signed.EC2)
    def ec2(self, req, body):
        self.enforce(req, 'ec2tokens_validate')
        return self.view.reply(req, signed.ec2_token(self.managers, body))

    @wsgi.route('POST', '/s3tokens', schema=signed.S3)
    def s3(self, req, body):
        self.enforce(req, 's3tokens_validate')
        return self.view.reply(req, signed.s3_token(self.managers, body))
