"""The options of a Swift store, under the names operators know."""
from oslo_config import cfg

# A megabyte as these options have always counted it.
MEGABYTE = 1000 * 1024

OPTS = (
    cfg.StrOpt('swift_store_auth_address',
               help='Where the account is authenticated: http://host:5000/v3, http://host:8080/auth/v1.0.'),
    cfg.StrOpt('swift_store_auth_version', default='2', choices=['1', '2', '3'],
               help='Version of authentication: 1 is that of Swift itself, 2 and 3 are those of Keystone.'),
    cfg.StrOpt('swift_store_user', help='The account, as project:user.'),
    cfg.StrOpt('swift_store_key', secret=True, help='Its password.'),
    cfg.StrOpt('swift_store_config_file',
               help='A file of accounts: a section for each, with auth_address, auth_version, user, key and, with '
                    'version 3, user_domain_id or user_domain_name and project_domain_id or project_domain_name. '
                    'Addresses of data name the section only, so a password can be changed in one place.'),
    cfg.StrOpt('default_swift_reference', default='ref1',
               help='The section of swift_store_config_file whose account takes new images. Without that file, the '
                    'name that addresses of data have for the account given here.'),
    cfg.StrOpt('swift_store_container', default='glance', help='Container of the images.'),
    cfg.BoolOpt('swift_store_create_container_on_put', default=False, help='Make the container when it is missing.'),
    cfg.IntOpt('swift_store_multiple_containers_seed', default=0, min=0, max=32,
               help='Spread the images over containers: so many letters of the id are added to the name. 0: one '
                    'container.'),
    cfg.IntOpt('swift_store_large_object_size', default=5120, min=1,
               help='Megabytes (of 1024000 bytes) from which on an image is stored in segments.'),
    cfg.IntOpt('swift_store_large_object_chunk_size', default=200, min=1,
               help='Megabytes (of 1024000 bytes) of a segment. Data whose size is not known before is stored in '
                    'segments as well.'),
    cfg.IntOpt('swift_store_retry_get_count', default=3, min=0,
               help='How often a download that breaks off is taken up again where it was.'),
    cfg.StrOpt('swift_store_region', help='Region of the endpoint in the catalog. Any when unset.'),
    cfg.StrOpt('swift_store_endpoint_type', default='publicURL',
               help='Which endpoint of the catalog is used: publicURL, internalURL or adminURL.'),
    cfg.StrOpt('swift_store_service_type', default='object-store', help='Type of the service in the catalog.'),
    cfg.StrOpt('swift_store_endpoint', help='The storage URL, instead of the one that authentication gives.'),
    cfg.BoolOpt('swift_enable_snet', default=False,
                help='Put snet- before the host of the storage URL: the inner network of some providers.'),
    cfg.StrOpt('swift_store_cacert', help='File of the certificate authorities for HTTPS. The system\'s when unset.'),
    cfg.BoolOpt('swift_store_auth_insecure', default=False, help='Do not check certificates.'),
    cfg.BoolOpt('swift_store_multi_tenant', default=False,
                help='Keep each image in its owner\'s own account, in a container of its own that the account above '
                     'may read and write. Needs Keystone. The account above keeps the notes on uploads under way.'),
    cfg.BoolOpt('swift_store_use_trusts', default=True,
                help='With swift_store_multi_tenant and version 3: have the owner trust the account above for each '
                     'upload, so that it works with his rights however long it takes. Without it, and where an owner '
                     'cannot, it works with its own.'),
    cfg.ListOpt('swift_store_admin_tenants', default=[],
                help='With swift_store_multi_tenant: further projects (project:user, * for any) that may read and '
                     'write the containers.'),
)
