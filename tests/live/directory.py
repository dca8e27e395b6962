"""OpenLDAP's slapd for tests: a small company's directory on loopback, with ldaps and StartTLS, thrown away after."""

import base64
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import ldap3
import pytest

from tests.live.tls import certificate

SLAPD = "/usr/sbin/slapd"
BASE = "dc=corp,dc=example"
ADMIN, ADMIN_PASSWORD = f"cn=reader,{BASE}", "reads people"
PASSWORD = "a pass phrase of the directory"
GUID = uuid.UUID("5c28ae2a-0028-5b29-0000-5d7b00000000")  # with bytes that a filter minds: ( ) * and NUL
START_SECONDS = 20
_RELAX = (
    "1.3.6.1.4.1.4203.666.5.12",
    True,
    None,
)  # the relax control: states that only the server itself writes

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.99.1 NAME 'asInActiveDirectory' SUP top AUXILIARY
  MAY ( userAccountControl $ objectGUID $ sAMAccountName ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {certificate}
TLSCACertificateFile {certificate}
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw "{admin_password}"
directory {folder}/db
dbnosync
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to * by dn="{admin}" read by * none
"""

_LDIF = """
dn: {base}
objectClass: organization
objectClass: dcObject
o: Corp
dc: corp

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: uid=dora,ou=people,{base}
objectClass: inetOrgPerson
uid: dora
cn: Dora Directory
givenName: Dora
sn: Directory
mail: dora@corp.example
userPassword: {password}

dn: uid=weird,ou=people,{base}
objectClass: inetOrgPerson
uid: weird*(name)\\20
cn: Weird *(x)
sn: Weird
userPassword: {password}

dn: cn=Comma\\, Carl,ou=people,{base}
objectClass: inetOrgPerson
uid: carl
cn: Comma, Carl
sn: Carl
mail: shared@corp.example
userPassword: {password}

dn: uid=twin,ou=people,{base}
objectClass: inetOrgPerson
uid: twin
cn: Twin
sn: Twin
mail: shared@corp.example
userPassword: {password}

dn: uid=locked,ou=people,{base}
objectClass: inetOrgPerson
uid: locked
cn: Locked
sn: Locked
userPassword: {password}
pwdAccountLockedTime: 000001010000Z

dn: uid=gone,ou=people,{base}
objectClass: inetOrgPerson
objectClass: shadowAccount
uid: gone
cn: Gone
sn: Gone
shadowExpire: 1
userPassword: {password}

dn: cn=Ada Active,ou=people,{base}
objectClass: inetOrgPerson
objectClass: asInActiveDirectory
cn: Ada Active
sn: Active
sAMAccountName: ada
objectGUID:: {guid}
userAccountControl: 512
userPassword: {password}

dn: cn=Staff,ou=groups,{base}
objectClass: groupOfNames
cn: Staff
member: uid=dora,ou=people,{base}
member: cn=Comma\\, Carl,ou=people,{base}

dn: cn=Board,ou=groups,{base}
objectClass: groupOfUniqueNames
cn: Board
uniqueMember: uid=twin,ou=people,{base}
"""


class Directory:
    """`with Directory(folder) as directory:`; its names are those of _LDIF."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which(SLAPD):
            pytest.skip(f"{SLAPD} is not installed: `apt-get install slapd`, or `make test` as root")
        # Short, for Debian's slapd may be held to some folders by its profile, and /tmp is none of a tree of links.
        self.folder = Path(tempfile.mkdtemp(prefix="signet-slapd-", dir="/tmp"))
        (self.folder / "db").mkdir()
        self.certificate = certificate(self.folder, names=("localhost",))
        self.ca = folder / "directory-ca.pem"
        shutil.copy(self.certificate, self.ca)
        guid = base64.b64encode(GUID.bytes_le).decode()
        names = {
            "guid": guid,
            "base": BASE,
            "admin": ADMIN,
            "admin_password": ADMIN_PASSWORD,
            "password": PASSWORD,
        }
        (self.folder / "conf").write_text(
            _CONFIG.format(folder=self.folder, certificate=self.certificate, **names)
        )
        (self.folder / "ldif").write_text(_LDIF.format(**names))
        self._load()
        self._process: subprocess.Popen[bytes] | None = None
        self.plain, self.secure = _free_port(), _free_port()

    @property
    def url(self) -> str:
        """Of StartTLS."""
        return f"ldap://localhost:{self.plain}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://localhost:{self.secure}"

    def settings(self, **changes: object) -> dict[str, object]:
        """For `settings` of a test, without the prefix."""
        return {
            "LDAP_URL": self.url,
            "LDAP_CA_FILE": str(self.ca),
            "LDAP_BIND_DN": ADMIN,
            "LDAP_BIND_PASSWORD": ADMIN_PASSWORD,
            "LDAP_BASE": f"ou=people,{BASE}",
            "LDAP_GROUP_BASE": f"ou=groups,{BASE}",
            **changes,
        }

    def __enter__(self) -> "Directory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """In the foreground, as a child of ours."""
        addresses = f"ldap://127.0.0.1:{self.plain}/ ldaps://127.0.0.1:{self.secure}/"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [SLAPD, "-f", str(self.folder / "conf"), "-h", addresses, "-d", "0"], stdout=log, stderr=log
            )
        until = time.monotonic() + START_SECONDS
        while not _listens(self.secure):
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=START_SECONDS)

    def change(self, dn: str, **attributes: object) -> None:
        """`change("uid=dora,ou=people", sn="New")`; None takes one away."""
        changes = {
            name: [(ldap3.MODIFY_REPLACE, [] if value is None else [value])]
            for name, value in attributes.items()
        }
        self._as_admin(lambda connection: connection.modify(f"{dn},{BASE}", changes, controls=[_RELAX]))

    def rename(self, dn: str, rdn: str) -> None:
        self._as_admin(lambda connection: connection.modify_dn(f"{dn},{BASE}", rdn))

    def _as_admin(self, act: Callable[[ldap3.Connection], object]) -> None:
        server = ldap3.Server("127.0.0.1", self.plain, get_info=ldap3.NONE)
        with ldap3.Connection(
            server, ADMIN, ADMIN_PASSWORD, raise_exceptions=True, check_names=False
        ) as connection:
            act(connection)

    def _load(self) -> None:
        done = subprocess.run(
            [SLAPD, "-T", "add", "-f", str(self.folder / "conf"), "-l", str(self.folder / "ldif")],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"slapadd: {done.stdout}{done.stderr}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
