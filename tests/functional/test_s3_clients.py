"""The S3 API and the clients people have, unmodified: boto3, awscli, rclone, curl; with tempauth and with Keystone."""
import io
import json
import os
import subprocess
import urllib.request

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fixtures.cloud import ROOT
from tests.fixtures.swift import SwiftCluster

KEYS = 'test:tester', 'testing'
PARTS = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
LARGE = os.urandom(12 << 20)


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


def client(url, keys=KEYS, verify=None, **options):
    return boto3.client('s3', endpoint_url=url, aws_access_key_id=keys[0], aws_secret_access_key=keys[1],
                        region_name='us-east-1', verify=verify,
                        config=Config(retries={'max_attempts': 1}, **options))


def run(url, *command, **options):
    """A program's standard output."""
    known = {name: value for name, value in os.environ.items() if name != 'AWS_CA_BUNDLE'}
    env = {**known, 'AWS_ACCESS_KEY_ID': KEYS[0], 'AWS_SECRET_ACCESS_KEY': KEYS[1], 'AWS_DEFAULT_REGION': 'us-east-1',
           'AWS_ENDPOINT_URL': url, 'AWS_EC2_METADATA_DISABLED': 'true', 'RCLONE_CONFIG_S_TYPE': 's3',
           'RCLONE_CONFIG_S_PROVIDER': 'Other', 'RCLONE_CONFIG_S_ENDPOINT': url, 'RCLONE_CONFIG_S_ENV_AUTH': 'true'}
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60, check=False,
                          env=env, **options)
    assert done.returncode == 0, f'{command}: {done.returncode}\n{done.stdout}\n{done.stderr}'
    return done.stdout


@pytest.mark.parametrize('version', ['s3v4', 's3'])
def test_boto3(cluster, version):
    s3, bucket = client(cluster.url, signature_version=version), f'boto-{version}'
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key='a/é b+c~', Body=b'hello', Metadata={'colour': 'blue'}, ContentType='text/x')
    found = s3.get_object(Bucket=bucket, Key='a/é b+c~')
    assert (found['Body'].read(), found['Metadata'], found['ContentType']) == (b'hello', {'colour': 'blue'}, 'text/x')
    s3.upload_fileobj(io.BytesIO(LARGE), bucket, 'large', Config=PARTS)
    assert s3.head_object(Bucket=bucket, Key='large')['ETag'].endswith('-3"')
    s3.copy({'Bucket': bucket, 'Key': 'large'}, bucket, 'copy', Config=PARTS)
    back = io.BytesIO()
    s3.download_fileobj(bucket, 'copy', back)
    assert back.getvalue() == LARGE
    pages = s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, PaginationConfig={'PageSize': 1})
    assert [each['Key'] for page in pages for each in page['Contents']] == ['a/é b+c~', 'copy', 'large']
    link = s3.generate_presigned_url('get_object', Params={'Bucket': bucket, 'Key': 'a/é b+c~'})
    assert urllib.request.urlopen(link, timeout=10).read() == b'hello'
    with pytest.raises(ClientError, match='NoSuchKey'):
        s3.get_object(Bucket=bucket, Key='none')
    gone = s3.delete_objects(Bucket=bucket, Delete={'Objects': [{'Key': key} for key in ('a/é b+c~', 'copy', 'large')]})
    assert len(gone['Deleted']) == 3
    url, token = cluster.token()
    assert cluster.request('GET', f'{url}/{bucket}+segments', token).body == b''
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize('algorithm', ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'])
def test_boto3_with_every_checksum(cluster, algorithm):
    s3 = client(cluster.url)
    s3.create_bucket(Bucket=f'sums-{algorithm.lower()}')
    s3.put_object(Bucket=f'sums-{algorithm.lower()}', Key='key', Body=b'hello', ChecksumAlgorithm=algorithm)


def test_awscli(cluster, tmp_path):
    def s3(*arguments):
        return run(cluster.url, ROOT / '.venv/bin/aws', 's3', *arguments, cwd=tmp_path)
    (tmp_path / 'tree/dir').mkdir(parents=True)
    (tmp_path / 'tree/large').write_bytes(LARGE)
    (tmp_path / 'tree/dir/é').write_text('small')
    s3('mb', 's3://cli-bucket')
    s3('sync', 'tree', 's3://cli-bucket/tree')
    assert 'tree/dir/é' in s3('ls', '--recursive', 's3://cli-bucket')
    s3('cp', 's3://cli-bucket/tree/large', 'back')
    assert (tmp_path / 'back').read_bytes() == LARGE
    s3('rb', '--force', 's3://cli-bucket')


def test_rclone(cluster, tmp_path):
    (tmp_path / 'tree/dir').mkdir(parents=True)
    (tmp_path / 'tree/large').write_bytes(LARGE)
    (tmp_path / 'tree/dir/é').write_text('small')
    run(cluster.url, 'rclone', 'sync', tmp_path / 'tree', 's:rclone-bucket/x', '--s3-upload-cutoff', '6M')
    run(cluster.url, 'rclone', 'check', tmp_path / 'tree', 's:rclone-bucket/x')
    run(cluster.url, 'rclone', 'purge', 's:rclone-bucket')


def test_curl(cluster, tmp_path):
    (tmp_path / 'file').write_text('content')
    where = cluster.url.replace('://', '://test%3Atester:testing@')
    curl = ('curl', '-sf', '--aws-sigv4', 'aws:amz:us-east-1:s3', '-H', 'x-amz-content-sha256: UNSIGNED-PAYLOAD')
    run(cluster.url, *curl, '-X', 'PUT', f'{where}/curl-bucket')
    run(cluster.url, *curl, '-T', tmp_path / 'file', f'{where}/curl-bucket/file')
    assert run(cluster.url, *curl, f'{where}/curl-bucket/file') == 'content'


def test_keys_of_keystone(cloud):
    keys = json.loads(cloud.openstack('ec2', 'credentials', 'create', '-f', 'json'))
    endpoints = cloud.json('catalog', 'show', 's3')['endpoints']
    url = next(each['url'] for each in endpoints if each['interface'] == 'public')
    known = {name[3:].lower(): value for name, value in cloud.credentials('demo').items()}
    s3 = client(url, (keys['access'], keys['secret']), known.get('cacert'))
    s3.create_bucket(Bucket='keystone-bucket')
    s3.put_object(Bucket='keystone-bucket', Key='key', Body=b'hello')
    assert cloud.json('object', 'list', 'keystone-bucket') == [{'Name': 'key'}]
    s3.delete_object(Bucket='keystone-bucket', Key='key')
    s3.delete_bucket(Bucket='keystone-bucket')
    with pytest.raises(ClientError, match='SignatureDoesNotMatch'):
        client(url, (keys['access'], 'x' * 32), known.get('cacert')).list_buckets()
