"""Limits of names, metadata and listings: [swift-constraints] of swift.conf."""
import dataclasses

from swift.exceptions import ConfigurationError


@dataclasses.dataclass(frozen=True)
class Constraints:
    """Sizes in bytes, counts and lengths (bytes of UTF-8)."""

    max_file_size: int = 5 * 1024 ** 3 + 2
    max_meta_name_length: int = 128
    max_meta_value_length: int = 256
    max_meta_count: int = 90
    max_meta_overall_size: int = 4096
    max_header_size: int = 8192
    max_object_name_length: int = 1024
    container_listing_limit: int = 10000
    account_listing_limit: int = 10000
    max_account_name_length: int = 256
    max_container_name_length: int = 256
    extra_header_count: int = 0
    auto_create_account_prefix: str = '.'
    valid_api_versions: tuple = ('v1', 'v1.0')


def parse(options):
    """Constraints from the options of a section. Raises ConfigurationError."""
    values = {}
    for field in dataclasses.fields(Constraints):
        text = options.get(field.name)
        if text is None:
            continue
        if field.type is tuple:
            values[field.name] = tuple(text.replace(',', ' ').split())
        elif field.type is str:
            values[field.name] = text
        elif text.isdecimal():
            values[field.name] = int(text)
        else:
            raise ConfigurationError(f'[swift-constraints] {field.name} = {text}: a whole number is needed')
    return Constraints(**values)
