"""The services' configuration files: only what ties them to this machine; and no quotas unless a test sets some."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.real_servers.lab.places import PAGE, PASSWORD, Places

_AUTH = """
[{section}]
www_authenticate_uri = {keystone}/v3
auth_url = {keystone}/v3
auth_type = password
username = service
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""

_OCTAVIA = """
[DEFAULT]
transport_url = fake://
log_file = {home}/log/octavia{suffix}.log
host = lab
[api_settings]
auth_strategy = keystone
enabled_provider_drivers = amphora:the lab's amphora provider,octavia:alias of amphora
default_provider_driver = amphora
api_base_uri = {url}
{more}
[database]
connection = {database}
[health_manager]
heartbeat_key = lab
[controller_worker]
amphora_driver = lab_amphora_driver
compute_driver = compute_noop_driver
network_driver = network_noop_driver
image_driver = image_noop_driver
volume_driver = volume_noop_driver
amp_boot_network_list = 11111111-1111-1111-1111-111111111111
amp_flavor_id = 1
workers = 1
client_ca = {home}/conf/ca.pem
[certificates]
cert_generator = local_cert_generator
cert_manager = noop_cert_manager
ca_certificate = {home}/conf/ca.pem
ca_private_key = {home}/conf/ca.key
ca_private_key_passphrase = lab
server_certs_key_passphrase = insecure-key-do-not-use-this-key
[haproxy_amphora]
client_cert = {home}/conf/ca.pem
server_ca = {home}/conf/ca.pem
[oslo_messaging]
topic = octavia_lab
[task_flow]
engine = parallel
"""

_NEUTRON = """
[DEFAULT]
core_plugin = ml2
service_plugins =
auth_strategy = keystone
transport_url = fake://
log_file = {home}/log/neutron.log
state_path = {home}/state/neutron
api_paste_config = {home}/venv/etc/neutron/api-paste.ini
notify_nova_on_port_status_changes = False
notify_nova_on_port_data_changes = False
rpc_workers = 0
[quotas]
quota_security_group = -1
quota_security_group_rule = -1
[database]
connection = {database}
[oslo_concurrency]
lock_path = {home}/state/neutron/lock
[ml2]
type_drivers = flat,local
tenant_network_types = local
mechanism_drivers =
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[securitygroup]
enable_security_group = True
"""

_KEYSTONE = """
[DEFAULT]
log_file = {home}/log/keystone{suffix}.log
[database]
connection = {database}
[token]
provider = fernet
expiration = {seconds}
[fernet_tokens]
key_repository = {home}/state/fernet-keys
[fernet_receipts]
key_repository = {home}/state/fernet-receipts
[credential]
key_repository = {home}/state/credential-keys
"""

_CA = """
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
now = datetime.datetime.now(datetime.timezone.utc)
made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
pem = serialization.Encoding.PEM
with open(sys.argv[1], "wb") as file:
    file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"lab")))
with open(sys.argv[2], "wb") as file:
    file.write(made.public_bytes(pem))
"""


def database(places: Places, name: str) -> str:
    """The URL of a service's database."""
    return f"mysql+pymysql://{name}:{PASSWORD}@127.0.0.1:{places.ports['mariadb']}/{name}?charset=utf8"


def write(places: Places) -> None:
    """All configuration files, and the certificate authority that Octavia wants to see."""
    _octavia(places, "octavia", "", "")
    _octavia(places, "octavia-pages", "-pages", f"pagination_max_limit = {PAGE}")
    neutron = _NEUTRON.format(home=places.home, database=database(places, "neutron"))
    places.conf("neutron.conf").write_text(neutron + _auth(places, "keystone_authtoken"))
    keystone(places, places.conf("keystone.conf"), 3600, "")
    if not places.conf("ca.pem").exists():
        files = (places.conf("ca.key"), places.conf("ca.pem"))
        subprocess.run([str(places.python), "-c", _CA, *map(str, files)], check=True)
    init = "".join(
        f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb3;\n"
        f"CREATE USER IF NOT EXISTS '{name}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON {name}.* TO '{name}'@'127.0.0.1';\n"
        for name in ("octavia", "neutron", "keystone")
    )
    places.conf("init.sql").write_text(init)


def keystone(places: Places, file: Path, seconds: int, suffix: str) -> None:
    """Keystone's configuration, with tokens that live so many seconds."""
    url = database(places, "keystone")
    file.parent.mkdir(exist_ok=True)
    file.write_text(_KEYSTONE.format(home=places.home, database=url, seconds=seconds, suffix=suffix))


def _octavia(places: Places, name: str, suffix: str, more: str) -> None:
    text = _OCTAVIA.format(home=places.home, suffix=suffix, more=more, url=places.url(name),
                           database=database(places, "octavia"))  # fmt: skip
    auth = _auth(places, "keystone_authtoken") + "service_token_roles_required = true\n" + _auth(places, "service_auth")
    places.conf(f"{name}.conf").write_text(text + auth)


def _auth(places: Places, section: str) -> str:
    return _AUTH.format(section=section, keystone=places.url("keystone"), password=PASSWORD)
