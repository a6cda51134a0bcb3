"""ETags of what was uploaded in parts."""
import hashlib

from swift.middleware.s3.errors import S3Error


def tag_of(parts):
    """`<md5 of the parts' MD5s>-<count>`. Raises S3Error for a part that has none."""
    try:
        whole = b''.join(bytes.fromhex(each) for each in parts)
    except ValueError:
        raise S3Error('InvalidPart') from None
    return f'{hashlib.md5(whole, usedforsecurity=False).hexdigest()}-{len(parts)}'
