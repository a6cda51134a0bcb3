"""The controllers of v2.0."""
from keystone.api.v2.catalog import EndpointController, ServiceController
from keystone.api.v2.credentials import Ec2Controller
from keystone.api.v2.extensions import ExtensionController
from keystone.api.v2.roles import RoleController
from keystone.api.v2.tenants import TenantController
from keystone.api.v2.tokens import TokenController
from keystone.api.v2.users import UserController

ALL = (TokenController, TenantController, UserController, RoleController, ServiceController, EndpointController,
       Ec2Controller, ExtensionController)


def controllers(managers, enforcer, admin):
    """All of them; `admin` says that they serve the admin port."""
    return [make(managers, enforcer, admin) for make in ALL]
