"""What a server shall be, as its user asked."""
import dataclasses

# The value of what is not asked to change: None may be a value.
UNCHANGED = object()


@dataclasses.dataclass
class ServerRequest:
    """Ids are those users see; nothing is looked up yet."""

    name: str
    flavor_id: str                                   # flavors.flavorid
    image_id: str = None
    min_count: int = 1
    max_count: int = 1
    key_name: str = None
    metadata: dict = dataclasses.field(default_factory=dict)
    personality: list = dataclasses.field(default_factory=list)     # [{'path', 'contents' (base64)}]
    user_data: str = None                            # base64
    security_groups: list = None                     # names or uuids; None: ['default']
    networks: list = None                            # [{'uuid'?, 'fixed_ip'?}]; None: the default, []: no card at all
    availability_zone: str = None                    # 'zone', or 'zone:host' (administrators)
    host: str = None                                 # a host to be on (administrators)
    access_ip_v4: str = None
    access_ip_v6: str = None
    config_drive: bool = False
    scheduler_hints: dict = dataclasses.field(default_factory=dict)
    disk_config: str = 'AUTO'                        # or MANUAL
    description: str = None
    hostname: str = None                             # made from the name when None
    tags: list = dataclasses.field(default_factory=list)
    kernel_id: str = None                            # instead of the image's own (EC2)
    ramdisk_id: str = None


@dataclasses.dataclass
class RebuildRequest:
    """A server's new image, and what else of it shall change."""

    image_id: str
    name: str = UNCHANGED
    metadata: dict = UNCHANGED
    personality: list = UNCHANGED
    access_ip_v4: str = UNCHANGED
    access_ip_v6: str = UNCHANGED
    disk_config: str = UNCHANGED
    preserve_ephemeral: bool = False
