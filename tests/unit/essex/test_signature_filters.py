"""ec2_token and s3_token before a service."""
import base64

import pytest
import webob
import webob.dec

from essex.middleware import ec2_token, s3_token
from tests.fixtures.recorded_keystone import Keystone
from tests.unit.essex.test_auth_token import GROUP

V4 = 'AWS4-HMAC-SHA256 Credential=KEY/20261128/R/ec2/aws4_request, SignedHeaders=host, Signature=%s'


@pytest.fixture
def keystone(conf):
    made = Keystone()
    conf.set('auth_url', made.url + '/v3', GROUP)
    conf.set('http_request_max_retries', 0, GROUP)
    yield made
    made.close()


@webob.dec.wsgify
def service(req):
    return webob.Response(json={'token': req.headers.get('X-Auth-Token'), 'path': req.path_info,
                                'storage': req.headers.get('X-Storage-Token')})


def call(app, path='/', method='GET', body=b'', **headers):
    request = webob.Request.blank(path, method=method, body=body)
    request.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return request.get_response(app)


class TestEc2:
    QUERY = '/services/Cloud?Action=DescribeInstances&AWSAccessKeyId=KEY&SignatureVersion=2&Signature='

    def test_a_good_signature_becomes_a_token(self, keystone):
        app = ec2_token.filter_factory({})(service)
        assert call(app, self.QUERY + 'good').json['token'] == 'made'
        path, sent, body = keystone.asked[0]
        assert (path, sent['X-Auth-Token']) == ('/v3/ec2tokens', 'token-of-the-service')
        credentials = body['ec2Credentials']
        assert credentials['params'] == {'Action': 'DescribeInstances', 'AWSAccessKeyId': 'KEY',
                                         'SignatureVersion': '2'}
        assert (credentials['access'], credentials['verb'], credentials['path'], credentials['host']) == (
            'KEY', 'GET', '/services/Cloud', 'localhost:80')

    def test_forms_and_headers(self, keystone):
        app = ec2_token.filter_factory({}, keystone_ec2_url=keystone.url + '/v2.0/ec2tokens')(service)
        response = call(app, '/', 'POST', b'Action=X&AWSAccessKeyId=KEY&Signature=good',
                        Content_Type='application/x-www-form-urlencoded')
        assert response.json['token'] == 't'
        assert keystone.asked[0][0] == '/v2.0/ec2tokens'
        assert call(app, '/', Authorization=V4 % 'abc').status_int == 400
        assert keystone.asked[-1][2]['ec2Credentials']['signature'] == 'abc'
        assert keystone.asked[-1][2]['ec2Credentials']['headers']['Authorization'] == V4 % 'abc'

    def test_all_else_is_a_400_of_ec2(self, keystone):
        app = ec2_token.filter_factory({})(service)
        for path, code in (('/', 'MissingParameter'), ('/?Signature=x', 'MissingParameter'),
                           (self.QUERY + 'bad', 'AuthFailure'), ('/?Signature=%ff', 'InvalidParameterValue')):
            response = call(app, path)
            assert response.status_int == 400
            assert f'<Code>{code}</Code>' in response.text
        keystone.close()
        assert call(app, self.QUERY + 'good').status_int == 503


class TestS3:
    SIGNED = base64.urlsafe_b64encode(b'GET\n\n\n\n/bucket').decode()

    def test_the_account_becomes_that_of_the_keys_project(self, keystone):
        app = s3_token.filter_factory({})(service)
        response = call(app, '/v1/KEY/bucket/a/b', Authorization='AWS KEY:good', X_Storage_Token=self.SIGNED)
        assert response.json == {'token': 'made', 'path': '/v1/AUTH_work-id/bucket/a/b', 'storage': None}
        assert keystone.asked[0][0] == '/v3/s3tokens'
        assert keystone.asked[0][2] == {'credentials': {'access': 'KEY', 'token': self.SIGNED, 'signature': 'good'}}

    def test_a_project_may_be_named_and_keystone_be_an_old_one(self, keystone):
        app = s3_token.filter_factory({}, reseller_prefix='S3_', auth_uri=keystone.url + '/v2.0/')(service)
        headers = {'X_Auth_Token': self.SIGNED}
        assert call(app, '/v1/KEY', Authorization='AWS KEY:good', **headers).json['path'] == '/v1/S3_work-id'
        assert call(app, '/v1/KEY', Authorization='AWS KEY:other:good', **headers).json['path'] == '/v1/S3_other'
        assert keystone.asked[-1][2]['credentials']['access'] == 'KEY'

    def test_what_is_not_signed_passes_and_the_rest_is_refused(self, keystone):
        app = s3_token.filter_factory({})(service)
        for path, headers in (('/v1/A/c', {'X_Auth_Token': 't'}), ('/v1/A/c', {'Authorization': 'AWS a:b'}),
                              ('/info', {'X_Auth_Token': 't', 'Authorization': 'AWS a:b'})):
            assert call(app, path, **headers).json['path'] == path
        for authorization in ('AWS KEY:bad', 'AWS :', 'Basic x', 'AWS ', V4 % 'abc'):
            response = call(app, '/v1/KEY/c', Authorization=authorization, X_Auth_Token=self.SIGNED)
            assert response.status_int == 400, authorization
            assert '<Code>' in response.text
