"""Packaging. Each dependency carries the reason it is here; ranges keep a release reproducible."""
import pathlib
import re

from setuptools import find_packages, setup

REQUIRES = [
    'WebOb>=1.8.9,<2',              # request and response objects
    'PasteDeploy>=3.1,<4',          # pipelines from *-api-paste.ini
    'eventlet>=0.40,<1',            # green threads (essex/concurrency.py only)
    'kombu>=5.4,<6',                # messaging: memory:// and amqp:// under one interface
    'SQLAlchemy>=1.4.54,<2',        # sqlalchemy-migrate needs 1.4; used in its 2.0 style
    'sqlalchemy-migrate>=0.13,<0.14',  # schema versions (essex/db/migration.py only)
    'setuptools<81',                # sqlalchemy-migrate imports pkg_resources, which later releases drop
    'oslo.config>=9.6,<11',         # options in ini files, the operator's format
    'oslo.policy>=4.4,<6',          # the policy language operators know
    'stevedore>=5.3,<6',            # drivers by entry point
    'keystoneauth1>=5.8,<6',        # sessions between services
    'fastjsonschema>=2.20,<3',      # compiled body validation on every request
    'cryptography>=43',             # Fernet tokens, certificates, key pairs
    'bcrypt>=4.2,<6',               # password hashes
    'libpass>=1.9,<2',              # the other forms of password hashes, those of Essex too; passlib, kept up
    'orjson>=3.10,<4',              # JSON on hot paths
    'msgpack>=1.0.8,<2',            # the published Fernet token payload
    'PyMySQL>=1.1,<2',              # MariaDB, pure Python: green under eventlet
    'psycopg2-binary>=2.9.9,<3',    # PostgreSQL
    'Werkzeug>=3.0.6,<4',           # URL routing alone: a compiled state machine, well kept
    'PyYAML>=6.0.2,<7',             # policy files, cloud-config
    'defusedxml>=0.7.1,<1',         # XML from outside
    'requests>=2.32,<3',            # HTTP of keystoneauth
    'pymemcache>=4,<5',             # shared caches: object storage's, tokens
    'PyJWT>=2.9,<3',                # JWS tokens (ES256)
    'oauthlib>=3.2,<5',             # OAuth 1.0a signatures
    'Django>=5.2,<5.3',             # the dashboard; the release with long support
    'django-csp>=4,<5',             # its Content-Security-Policy
    'django-htmx>=1.27,<2',         # brings htmx itself, the one script library of its pages
    'whitenoise>=6.8,<7',           # serves its style sheet and scripts from any WSGI server
    'tzdata>=2025.1',               # time zones, where the system has none
]
EXTRAS = {
    # Builds against libvirt's headers, so only hosts that run guests install it.
    'libvirt': ['libvirt-python>=9.0'],
    # Users and groups of an LDAP directory; builds against libldap2-dev and libsasl2-dev.
    'ldap': ['python-ldap>=3.4.4,<4'],
    # Log-ins of the host's own accounts.
    'pam': ['python-pam>=2,<3'],
    # Assertions about this cloud's users for other clouds: XML signatures.
    'saml': ['signxml>=4,<6', 'lxml>=5,<7'],
    # Erasure-coded storage policies; its wheels bring liberasurecode and ISA-L along.
    'ec': ['pyeclib>=1.6.4,<2'],
    # Images in an S3 bucket.
    's3': ['boto3>=1.35,<2'],
    # Object storage's S3 API checks the checksums CRC32C and CRC64NVME with it; the others it knows by itself.
    's3api': ['awscrt>=0.23,<1'],
    # The filter cname_lookup of object storage asks for CNAME records through it.
    'dns': ['dnspython>=2.6,<3'],
    # The unmodified clients a user drives the cloud with; tools/start installs them.
    'clients': ['python-openstackclient>=7', 'python-novaclient>=18', 'python-glanceclient>=4',
                'python-keystoneclient>=5', 'python-swiftclient>=4', 'python-cinderclient>=9', 'openstacksdk>=4'],
    'test': ['pytest>=8.3,<10', 'pytest-xdist>=3.6,<4', 'pytest-timeout>=2.3,<3', 'hypothesis>=6.115,<7',
             'websocket-client>=1.8,<2', 'import-linter>=2.1,<3', 'ruff>=0.8,<1',
             'signxml>=4,<6',  # what the extra `saml` installs
             'pyeclib>=1.6.4,<2',   # and the extra `ec`
             'moto[server,s3]>=5,<6',   # an S3 server to keep images in
             'awscrt>=0.23,<1',     # what the extra `s3api` installs
             'awscli>=1.36,<2',     # a client of the S3 API that people have
             'playwright>=1.50,<2',     # drives Chromium through the dashboard
             'axe-playwright-python>=0.1.7,<1',  # finds what keeps people out of a page
             'jsonschema>=4.20,<5', 'openapi-spec-validator>=0.7,<1'],  # what the published documents of the APIs say
}

# Drivers are chosen by these names in the configuration; a site adds its own the same way.
ENTRY_POINTS = {
    'console_scripts': [
        'keystone-api = keystone.cmd.api:main',
        'keystone-all = keystone.cmd.api:main',   # its name in 2012
        'keystone-manage = keystone.cmd.manage:main',
        'glance-api = glance.cmd.api:main',
        'glance-registry = glance.cmd.registry:main',
        'glance-all = glance.cmd.all:main',
        'glance-manage = glance.cmd.manage:main',
        'glance-cache-manage = glance.cmd.cache_manage:main',
        'glance-cache-pruner = glance.cmd.cache_pruner:main',
        'glance-cache-cleaner = glance.cmd.cache_cleaner:main',
        'glance-cache-prefetcher = glance.cmd.cache_prefetcher:main',
        'glance-scrubber = glance.cmd.scrubber:main',
        'glance-control = glance.cmd.control:main',
        'glance-replicator = glance.cmd.replicator:main',
        'horizon = horizon.cmd.server:main',
        'nova-all = nova.cmd.all:main',
        'nova-api = nova.cmd.api:main',
        'nova-api-metadata = nova.cmd.metadata:main',
        'nova-scheduler = nova.cmd.scheduler:main',
        'nova-compute = nova.cmd.compute:main',
        'nova-network = nova.cmd.network:main',
        'nova-volume = nova.cmd.volume:main',
        'nova-consoleauth = nova.cmd.consoleauth:main',
        'nova-novncproxy = nova.cmd.novncproxy:main',
        'nova-manage = nova.cmd.manage:main',
        'swift-proxy-server = swift.cmd.servers:proxy',
        'swift-account-server = swift.cmd.servers:account',
        'swift-container-server = swift.cmd.servers:container',
        'swift-object-server = swift.cmd.servers:obj',
        'swift-account-auditor = swift.cmd.daemons:account_auditor',
        'swift-account-replicator = swift.cmd.daemons:account_replicator',
        'swift-account-reaper = swift.cmd.daemons:account_reaper',
        'swift-container-auditor = swift.cmd.daemons:container_auditor',
        'swift-container-replicator = swift.cmd.daemons:container_replicator',
        'swift-container-updater = swift.cmd.daemons:container_updater',
        'swift-container-sync = swift.cmd.daemons:container_sync',
        'swift-container-reconciler = swift.cmd.daemons:container_reconciler',
        'swift-object-auditor = swift.cmd.daemons:object_auditor',
        'swift-object-replicator = swift.cmd.daemons:object_replicator',
        'swift-object-reconstructor = swift.cmd.daemons:object_reconstructor',
        'swift-object-updater = swift.cmd.daemons:object_updater',
        'swift-object-expirer = swift.cmd.daemons:object_expirer',
        'swift-ring-builder = swift.cmd.ring_builder:main',
        'swift-ring-builder-analyzer = swift.cmd.ring_builder_analyzer:main',
        'swift-get-nodes = swift.cmd.get_nodes:main',
        'swift-init = swift.cmd.init:main',
        'swift-recon = swift.cmd.recon:main',
        'swift-recon-cron = swift.cmd.recon_cron:main',
        'swift-dispersion-populate = swift.cmd.dispersion_populate:main',
        'swift-dispersion-report = swift.cmd.dispersion_report:main',
        'swift-object-info = swift.cmd.object_info:main',
        'swift-container-info = swift.cmd.container_info:main',
        'swift-account-info = swift.cmd.account_info:main',
        'swift-drive-audit = swift.cmd.drive_audit:main',
        'swift-object-relinker = swift.cmd.object_relinker:main',
        'swift-temp-url = swift.cmd.temp_url:main',
        'swift-form-signature = swift.cmd.form_signature:main',
        'swift-config = swift.cmd.config:main',
        'swift-container-deleter = swift.cmd.container_deleter:main',
        'swift-reconciler-enqueue = swift.cmd.reconciler_enqueue:main',
        'swift-account-audit = swift.cmd.account_audit:main',
        'swift-ring-composer = swift.cmd.ring_composer:main',
        'swift-oldies = swift.cmd.oldies:main',
        'swift-orphans = swift.cmd.orphans:main',
        'swift-storage = swift.cmd.storage:main',
        'essex-operator = essex.operator.cmd:main',
        'essex = essex.cloud.cli:main',
    ],
    'essex.glance.store': ['file = glance.store.filesystem:FilesystemStore', 'http = glance.store.http:HttpStore',
                           'rbd = glance.store.rbd:RbdStore', 's3 = glance.store.s3:S3Store',
                           'swift = glance.store.swift:SwiftStore'],
    'essex.glance.cache': ['sqlite = glance.cache.sqlite:SqliteIndex', 'xattr = glance.cache.xattr:XattrIndex',
                           'centralized_db = glance.cache.centralized:CentralizedIndex'],
    'essex.nova.virt': ['fake = nova.virt.fake:FakeDriver', 'libvirt = nova.virt.libvirt.driver:LibvirtDriver'],
    'essex.nova.network': ['linux = nova.network.linux:LinuxDriver', 'fake = nova.network.fake:FakeDriver'],
    'essex.nova.volume': ['file = nova.volume.drivers.file:FileDriver', 'fake = nova.volume.drivers.fake:FakeDriver'],
    'essex.nova.scheduler.filters': [f'{name} = nova.scheduler.filters:{name}' for name in (
        'RetryFilter', 'AvailabilityZoneFilter', 'ComputeFilter', 'RamFilter', 'CoreFilter', 'DiskFilter',
        'ImagePropertiesFilter', 'SameHostFilter', 'DifferentHostFilter')],
    'essex.nova.scheduler.weighers': [f'{name} = nova.scheduler.weighers:{name}' for name in (
        'RamWeigher', 'CpuWeigher', 'DiskWeigher')],
}

setup(
    name='essex',
    version=re.search(r"^__version__ = '(.+)'", pathlib.Path('essex/__init__.py').read_text(), re.MULTILINE)[1],
    description='A complete private cloud in the shape of OpenStack Essex',
    license='Apache-2.0',
    python_requires='>=3.11',
    packages=find_packages(include=['essex*', 'keystone*', 'glance*', 'nova*', 'swift*', 'horizon*']),
    package_data={'nova.console': ['static/*', 'static/**/*'],
                  **{f'{service}.db.migrations': ['migrate.cfg'] for service in ('keystone', 'glance', 'nova')},
                  'glance.metadef': ['definitions/*.json'],
                  'horizon': ['static/**/*', '**/*.html'],
                  'essex': ['*.S']},
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    entry_points=ENTRY_POINTS,
)
