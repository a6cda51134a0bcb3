"""Reseller prefixes: which accounts (`AUTH_...`) an auth filter answers for, and options of a prefix."""
from swift import conf as conf_file


class Resellers:
    """The prefixes of an auth filter, each ending in `_` or empty, and their options.

    Option `reseller_prefix` lists them (`AUTH, SERVICE`, `''` for the empty one). An option named in `defaults`
    may be set for all (`operator_roles`) or for one (`SERVICE_operator_roles`); its value is a list of words.
    """

    def __init__(self, conf, **defaults):
        words = [word.strip() for word in conf.get('reseller_prefix', 'AUTH').split(',')]
        self.prefixes = list(dict.fromkeys(self._prefix(word) for word in words))
        self._longest_first = sorted(self.prefixes, key=len, reverse=True)
        self._options = {prefix: {name: self._option(conf, prefix, name, default) for name, default in defaults.items()}
                         for prefix in self.prefixes}

    @staticmethod
    def _prefix(word):
        if word in ('', "''", '""'):
            return ''
        return word if word.endswith('_') else word + '_'

    @staticmethod
    def _option(conf, prefix, name, default):
        value = conf.get(name, default)
        if prefix:
            value = conf.get(prefix + name, value)
        return conf_file.words({name: value}, name)

    @property
    def first(self):
        return self.prefixes[0]

    def prefix_of(self, account):
        """The prefix of an account (its longest match), None when the account is not ours."""
        for prefix in self._longest_first:
            # Hidden accounts (`.expiring_objects`) belong to the cluster, not to somebody with an empty prefix.
            if account.startswith(prefix):
                rest = account[len(prefix):]
                return prefix if rest and rest[0] != '.' else None
        return None

    def options_of(self, account):
        """{option: [words]} of the account's prefix."""
        return self._options[self.prefix_of(account)]
