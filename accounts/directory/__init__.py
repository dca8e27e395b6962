"""The company's directory (LDAP, Active Directory) as the judge of passwords: accounts here, passwords there."""
