"""Storage policies: the [storage-policy:N] sections of swift.conf. Policy 0 is there even when none is named."""
import dataclasses
import re

from swift import erasure
from swift.exceptions import ConfigurationError
from swift.headers import true_value

REPLICATION, ERASURE_CODING = 'replication', 'erasure_coding'
_NAME = re.compile(r'[A-Za-z0-9-]+')


@dataclasses.dataclass(frozen=True)
class Policy:
    """How the objects of a container are kept. `idx` names its rings and directories."""

    idx: int
    name: str
    aliases: tuple = ()
    is_default: bool = False
    is_deprecated: bool = False
    code: erasure.Code | None = None    # what its objects are encoded with; None: they are replicated

    @property
    def policy_type(self):
        """As swift.conf says it."""
        return ERASURE_CODING if self.code else REPLICATION

    @property
    def names(self):
        """The name and the aliases."""
        return (self.name, *self.aliases)

    @property
    def ring_name(self):
        """`object`, `object-1` ...: the ring file without `.ring.gz`."""
        return self.suffixed('object')

    def suffixed(self, base):
        """`objects`, `objects-1`; `async_pending-1` ...: `base` for policy 0, else with the index."""
        return f'{base}-{self.idx}' if self.idx else base

    def info(self, default_name):
        """As /info shows it."""
        shown = {'name': self.name, 'aliases': ', '.join(self.names)}
        return {**shown, 'default': True} if self.name == default_name else shown

    @staticmethod
    def quorum(replicas):
        """How many of `replicas` must agree."""
        return (int(replicas) + 1) // 2


class Policies:
    """All policies of a cluster; iterates by index."""

    def __init__(self, policies):
        if not any(each.idx == 0 for each in policies):
            if policies:
                raise ConfigurationError('swift.conf names storage policies, but not [storage-policy:0]: every '
                                         'container made before has index 0.')
            policies = [Policy(0, 'Policy-0', is_default=True)]
        self._by_index = {each.idx: each for each in sorted(policies, key=lambda each: each.idx)}
        self._by_name = {name.upper(): each for each in policies for name in each.names}
        self._check(policies)
        self.default = next((each for each in policies if each.is_default), None) or policies[0]
        if self.default.is_deprecated:
            raise ConfigurationError(f'storage policy {self.default.name} is both default and deprecated')

    @staticmethod
    def _check(policies):
        names = [name.upper() for each in policies for name in each.names]
        for name in names:
            if not _NAME.fullmatch(name):
                raise ConfigurationError(f'storage policy name {name!r}: letters, digits and dashes only')
            if names.count(name) > 1:
                raise ConfigurationError(f'two storage policies are named {name}')
        if len({each.idx for each in policies}) != len(policies):
            raise ConfigurationError('two storage policies have the same index')
        defaults = [each.name for each in policies if each.is_default]
        if len(defaults) > 1:
            raise ConfigurationError(f'more than one default storage policy: {", ".join(defaults)}')
        if len(policies) > 1 and not defaults:
            raise ConfigurationError('several storage policies and none has `default = yes`')

    def __iter__(self):
        return iter(self._by_index.values())

    def __len__(self):
        return len(self._by_index)

    def by_index(self, index):
        """The policy with an index (int or its text; None or '' is 0), or None."""
        try:
            return self._by_index.get(int(index or 0))
        except ValueError:
            return None

    def by_name(self, name):
        """The policy of a name or alias (any case), or None."""
        return self._by_name.get(name.upper())


def parse(parser):
    """The Policies of swift.conf, a ConfigParser. Raises ConfigurationError."""
    made = []
    for section in parser.sections():
        kind, _, number = section.partition(':')
        if kind == 'storage-policy':
            if not number.isdecimal():
                raise ConfigurationError(f'[{section}]: the index must be a whole number')
            made.append(_policy(int(number), dict(parser.items(section))))
    return Policies(made)


def _policy(index, options):
    kind = options.get('policy_type', REPLICATION)
    if kind not in (REPLICATION, ERASURE_CODING):
        raise ConfigurationError(f'[storage-policy:{index}] policy_type = {kind}: {REPLICATION} or {ERASURE_CODING}')
    code = erasure.parse(f'storage-policy:{index}', options) if kind == ERASURE_CODING else None
    name = options.get('name') or ('Policy-0' if index == 0 else None)
    if not name:
        raise ConfigurationError(f'[storage-policy:{index}] has no name')
    aliases = tuple(each.strip() for each in options.get('aliases', '').split(',') if each.strip())
    return Policy(index, name, tuple(each for each in aliases if each != name), true_value(options.get('default')),
                  true_value(options.get('deprecated')), code)
