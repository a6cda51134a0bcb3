"""The applications a Paste file names: the public one and the one for the admin port."""
from essex import wsgi
from keystone.api import faults, loaded
from keystone.api.v2.app import application as v2_application
from keystone.api.v2.xml import XmlBody
from keystone.api.v3.app_creds import ApplicationCredentialController
from keystone.api.v3.auth import AuthController
from keystone.api.v3.catalog import EndpointController, RegionController, ServiceController
from keystone.api.v3.credentials import CredentialController
from keystone.api.v3.domain_config import DomainConfigController
from keystone.api.v3.domains import DomainController
from keystone.api.v3.ec2 import Ec2Controller
from keystone.api.v3.endpoint_filters import EndpointFilterController, EndpointGroupController
from keystone.api.v3.federation import (
    IdentityProviderController,
    MappingController,
    ServiceProviderController,
)
from keystone.api.v3.federation_auth import FederationAuthController
from keystone.api.v3.grants import GrantController
from keystone.api.v3.groups import GroupController
from keystone.api.v3.limits import LimitController, RegisteredLimitController
from keystone.api.v3.oauth1 import Oauth1Controller
from keystone.api.v3.oauth2 import Oauth2Controller
from keystone.api.v3.policies import EndpointPolicyController, PolicyController
from keystone.api.v3.projects import ProjectController
from keystone.api.v3.revocations import RevocationController
from keystone.api.v3.role_assignments import RoleAssignmentController
from keystone.api.v3.roles import ImpliedRoleController, RoleController
from keystone.api.v3.signed import SignedController
from keystone.api.v3.simple_cert import SimpleCertController
from keystone.api.v3.trusts import TrustController
from keystone.api.v3.users import UserController
from keystone.api.versions import VersionController

V3 = (AuthController, DomainController, ProjectController, UserController, GroupController, RoleController,
      ImpliedRoleController, GrantController, RoleAssignmentController, ServiceController, EndpointController,
      RegionController, Ec2Controller, SignedController, RevocationController,
      CredentialController,
      TrustController, ApplicationCredentialController, Oauth1Controller, Oauth2Controller,
      IdentityProviderController, MappingController, ServiceProviderController, FederationAuthController,
      PolicyController, EndpointPolicyController, EndpointGroupController, EndpointFilterController,
      RegisteredLimitController, LimitController, DomainConfigController, SimpleCertController)


class Faces:
    """Hands a request to the face its path begins with. `admin` tells v2.0 which port this is."""

    def __init__(self, admin):
        managers, enforcer = loaded.managers(), loaded.enforcer()
        managers.warm()
        controllers = [make(managers, enforcer) for make in V3]
        v3 = wsgi.Application(controllers, faults.render, prefix='/v3')
        self.faces = {'/v3/': v3, '/v2.0/': v2_application(managers, enforcer, admin)}
        self.versions = XmlBody(wsgi.Application([VersionController(controllers)], faults.render), faults.render)

    def __call__(self, environ, start_response):
        path = environ.get('PATH_INFO', '')
        for prefix, face in self.faces.items():
            if path.startswith(prefix) and len(path) > len(prefix):
                return face(environ, start_response)
        return self.versions(environ, start_response)


def public_factory(global_conf, **local_conf):
    """Paste: port 5000."""
    return Faces(admin=False)


def admin_factory(global_conf, **local_conf):
    """Paste: port 35357, where v2.0 lists every tenant."""
    return Faces(admin=True)
