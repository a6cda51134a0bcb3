"""Who asks: the identity and ids of a request, carried through HTTP, RPC and logs."""
import contextvars
import dataclasses
import random

# The first two bits of the fourth group are 10 (RFC 9562).
_VARIANT = {f'{digit:x}': f'{digit & 3 | 8:x}' for digit in range(16)}
_current = contextvars.ContextVar('essex_request_context', default=None)


def new_request_id():
    """A fresh request id, `req-<uuid4>`. It marks a request and is no secret, so that no system call is needed."""
    digits = f'{random.getrandbits(128):032x}'
    return f'req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}'


@dataclasses.dataclass
class RequestContext:
    """The caller of a request. Immutable by habit: `elevated()` returns a copy."""

    user_id: str = None
    project_id: str = None
    roles: tuple = ()
    is_admin: bool = False
    request_id: str = None
    global_request_id: str = None
    auth_token: str = dataclasses.field(default=None, repr=False)
    user_name: str = None
    project_name: str = None
    user_domain_id: str = None
    project_domain_id: str = None
    domain_id: str = None
    system_scope: str = None
    service_catalog: list = dataclasses.field(default=None, repr=False)
    remote_address: str = None
    service_roles: tuple = ()
    is_admin_project: bool = True

    def __post_init__(self):
        self.roles = tuple(self.roles or ())
        self.service_roles = tuple(self.service_roles or ())
        if self.request_id is None:
            self.request_id = new_request_id()

    def to_dict(self):
        """A JSON-able dict from which `from_dict` makes an equal context."""
        values = dict(self.__dict__)
        values['roles'], values['service_roles'] = list(self.roles), list(self.service_roles)
        return values

    @classmethod
    def from_dict(cls, values):
        """The context in `values`; unknown keys (of a newer peer) are ignored."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})

    def to_policy_values(self):
        """What policy rules can compare with, under oslo.policy's names."""
        return {'user_id': self.user_id, 'project_id': self.project_id, 'tenant_id': self.project_id,
                'roles': list(self.roles), 'is_admin': self.is_admin, 'domain_id': self.domain_id,
                'user_domain_id': self.user_domain_id, 'project_domain_id': self.project_domain_id,
                'system_scope': self.system_scope, 'service_roles': list(self.service_roles),
                'is_admin_project': self.is_admin_project,
                'token': {'domain': {'id': self.domain_id}, 'project': {'domain': {'id': self.project_domain_id}}}}

    def elevated(self):
        """A copy that may do everything, for work the cloud does on its own account."""
        return dataclasses.replace(self, is_admin=True)


def current():
    """The context bound to this green thread, or None."""
    return _current.get()


def bind(context):
    """Make `context` the current one of this green thread; returns a token for `unbind`."""
    return _current.set(context)


def unbind(token):
    """Undo a `bind`."""
    _current.reset(token)
