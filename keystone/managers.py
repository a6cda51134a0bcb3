"""All managers of the service, made for each other. One set a process (a test makes its own)."""
from keystone.assignment.grants import GrantManager
from keystone.assignment.listing import AssignmentLister
from keystone.assignment.membership import MembershipManager
from keystone.assignment.roles import RoleManager
from keystone.auth.manager import AuthManager
from keystone.auth.signed import SignedRequests
from keystone.catalog.filters import EndpointFilterManager
from keystone.catalog.grouped import TemplateManager
from keystone.catalog.manager import CatalogManager
from keystone.catalog.policies import PolicyManager
from keystone.changes import Changes
from keystone.credential.ec2 import Ec2Manager
from keystone.credential.manager import CredentialManager
from keystone.delegation import app_creds, oauth1, oauth2, trusts
from keystone.federation.providers import ProviderManager
from keystone.federation.shadow import ShadowManager
from keystone.federation.store import MappingManager, ServiceProviderManager
from keystone.identity.groups import GroupManager
from keystone.identity.manager import IdentityManager
from keystone.limit.manager import LimitManager, RegisteredLimitManager
from keystone.resource.domain_config import DomainConfigManager
from keystone.resource.domains import DomainManager
from keystone.resource.manager import ResourceManager
from keystone.revocation.manager import RevocationManager
from keystone.token.manager import TokenManager


class Managers:
    """Lower ones first: each is given what it needs."""

    def __init__(self):
        self.changes = Changes()
        self.revocation = RevocationManager(self.changes)
        self.resource = ResourceManager(self.changes, self.revocation)
        self.domains = DomainManager(self.changes, self.resource)
        self.domain_config = DomainConfigManager(self.changes, self.resource)
        self.identity = IdentityManager(self.changes, self.resource, self.revocation, self.domain_config)
        self.groups = GroupManager(self.changes, self.resource, self.identity)
        self.roles = RoleManager(self.changes, self.resource)
        self.grants = GrantManager(self.changes, self.resource, self.identity, self.groups, self.roles,
                                   self.revocation)
        self.memberships = MembershipManager(self.changes, self.grants, self.roles)
        self.assignments = AssignmentLister(self.roles, self.identity)
        self.endpoint_filters = EndpointFilterManager(self.changes, self.resource)
        self.catalog = CatalogManager(self.changes, self.endpoint_filters)
        self.endpoint_templates = TemplateManager(self.changes, self.catalog, self.endpoint_filters)
        self.policies = PolicyManager(self.catalog)
        self.registered_limits, self.limits = RegisteredLimitManager(self.changes), LimitManager(self.changes)
        self.tokens = TokenManager(self.changes, self.identity, self.grants, self.revocation)
        self.ec2 = Ec2Manager(self.identity, self.resource)
        self.credentials = CredentialManager(self.changes)
        self.providers = ProviderManager(self.changes, self.resource)
        self.shadows = ShadowManager(self.changes, self.resource, self.identity, self.groups, self.grants)
        self.mappings = MappingManager(self.changes)
        self.service_providers = ServiceProviderManager(self.changes)
        self.app_creds = app_creds.AppCredManager(self.changes, self.identity, self.roles)
        self.oauth1 = oauth1.Oauth1Manager(self.changes, self.identity, self.resource, self.roles, self.grants,
                                           self.revocation)
        self.trusts = trusts.TrustManager(self.changes, self.resource, self.identity, self.roles, self.grants,
                                          self.revocation)
        self.auth = AuthManager(self)
        self.oauth2 = oauth2.ClientCredentials(self)
        self.tokens.extend('trust_id', self.trusts.complete)
        self.tokens.extend('app_cred_id', self.app_creds.complete)
        self.tokens.extend('access_token_id', self.oauth1.complete)
        self.auth.scopes.extend(trusts.SCOPE, self.trusts.scope)
        self.signed = SignedRequests(self)

    def warm(self):
        """Read what every request needs, so that the first one waits no longer than others."""
        self.changes.check()
        self.roles.graph()
        self.catalog.enabled()
