"""A token's parts: what it claims, and what it comes to once looked up."""
import base64
import dataclasses
import datetime
import uuid


def iso(seconds):
    """A time in seconds since 1970 as v3 writes it."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def new_audit_id():
    """16 random bytes in base64url without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b'=').decode()


@dataclasses.dataclass
class Claims:
    """What is written in a token. Times are seconds since 1970."""

    user_id: str
    methods: list
    audit_ids: list
    issued_at: int
    expires_at: float
    project_id: str = None
    domain_id: str = None
    system: bool = False
    # What marks a special kind of token (TokenManager.extend): by a trust, an application credential, an OAuth1
    # access token, or a user of an identity provider (with that provider's groups, a list).
    trust_id: str = None
    app_cred_id: str = None
    access_token_id: str = None
    idp_id: str = None
    protocol_id: str = None
    group_ids: list = None
    # SHA-256 of the client certificate an OAuth2 token is bound to (RFC 8705), base64url.
    thumbprint: str = None


@dataclasses.dataclass
class Token:
    """Claims with the user, scope and roles they name, as they are today."""

    id: str
    claims: Claims
    user: dict
    project: dict = None
    project_domain: dict = None
    domain: dict = None
    roles: list = dataclasses.field(default_factory=list)
    # What a special kind adds: members of the v3 document, and values for the fields of revocation events.
    shown: dict = dataclasses.field(default_factory=dict)
    more_facts: dict = dataclasses.field(default_factory=dict)
    # When it was remembered, in seconds since 1970.
    looked_up_at: float = 0.0
    # The v3 document without its catalog, rendered once.
    document: bytes = None

    @property
    def scoped(self):
        """Whether the token is for a project, a domain or the system."""
        return bool(self.project or self.domain or self.claims.system)

    def facts(self):
        """{field of a revocation event: values of it this token answers to}."""
        audits = self.claims.audit_ids
        domains = {self.user['domain_id']}
        if self.domain:
            domains.add(self.domain['id'])
        if self.project:
            domains.add(self.project_domain['id'])
        return {'audit_id': audits[:1], 'audit_chain_id': audits[-1:], 'user_id': (self.user['id'],),
                'project_id': (self.project['id'],) if self.project else (), 'domain_id': domains,
                'role_id': [role['id'] for role in self.roles], **self.more_facts}
