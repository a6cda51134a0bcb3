"""A signed request between the filter that reads signatures and those that know the secrets (tempauth, s3token)."""
import hmac

KEY = 's3api.signed'    # of the WSGI environment


class Signed:
    """Who claims to have signed a request, and how that is checked.

    s3api sends it down the pipeline while `pending`; whoever knows the key calls accept() when it fits, and answers at
    once. Without accept() nobody vouches for it. What s3api asks for afterwards carries the identity on.
    """

    def __init__(self, access, signature, strings_to_sign, compute):
        self.access, self.signature, self._compute = access, signature, compute
        # More than one where clients differ.
        self.strings_to_sign = strings_to_sign
        self.pending, self.account, self.identity, self.secret = True, None, None, None
        self.unavailable = None     # what could not be asked

    def __repr__(self):
        return f'<Signed {self.access}>'

    def matches(self, secret):
        """Whether it is signed with `secret` (text). Takes the same time whatever differs."""
        given, found = self.signature.encode('utf-8', 'replace'), False
        for text in self.strings_to_sign:
            found |= hmac.compare_digest(self._compute(secret, text).encode(), given)
        return found

    def accept(self, account, identity, secret=None):
        """It is right: the account's name, what of the WSGI environment tells who it is, the secret if it is known."""
        self.account, self.identity, self.secret = account, identity, secret
