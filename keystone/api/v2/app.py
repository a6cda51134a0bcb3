"""The application of v2.0."""
from essex import wsgi
from keystone.api import faults
from keystone.api.v2.catalog import EndpointController, ServiceController
from keystone.api.v2.credentials import Ec2Controller
from keystone.api.v2.ec2tokens import SignedController
from keystone.api.v2.extensions import ExtensionController
from keystone.api.v2.kscatalog import EndpointTemplateController
from keystone.api.v2.ksec2 import CredentialController, S3CredentialController
from keystone.api.v2.roles import RoleController
from keystone.api.v2.stats import Counted, StatsController
from keystone.api.v2.tenants import TenantController
from keystone.api.v2.tokens import TokenController
from keystone.api.v2.users import UserController
from keystone.api.v2.xml import XmlBody

ALL = (TokenController, TenantController, UserController, RoleController, ServiceController, EndpointController,
       EndpointTemplateController, Ec2Controller, SignedController, CredentialController, S3CredentialController,
       StatsController, ExtensionController)


def application(managers, enforcer, admin):
    """v2.0 in JSON and XML; `admin` says that it serves the admin port."""
    made = [make(managers, enforcer, admin) for make in ALL]
    app = wsgi.Application(made, faults.render, prefix='/v2.0')
    return Counted(XmlBody(app, faults.render), 'admin' if admin else 'public')
