#!/bin/bash
# SPDX-License-Identifier: MIT
# OpenSCAP's rules for files without an owner list all accounts (getpwent). These users are in no list, so
# such a rule reports the files of containers as before, though "find -nouser" does not.
set -u
. "$(dirname "$0")/security.sh"
security_root oscap find

mkdir /srv/files
touch /srv/files/{ann,container,nobodys}
chown ann /srv/files/ann
chown 200193:200193 /srv/files/container
chown 300000:300000 /srv/files/nobodys
# As the SCAP Security Guide asks: a file whose user_id is none of all the accounts' is wrong.
cat >/tmp/oval.xml <<'END'
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
    xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"
    xmlns:unix="http://oval.mitre.org/XMLSchema/oval-definitions-5#unix">
  <generator>
    <oval:schema_version>5.11</oval:schema_version>
    <oval:timestamp>2026-01-01T00:00:00</oval:timestamp>
  </generator>
  <definitions>
    <definition class="compliance" id="oval:test:def:1" version="1">
      <metadata><title>Each file has an owner</title><description/></metadata>
      <criteria><criterion test_ref="oval:test:tst:1"/></criteria>
    </definition>
  </definitions>
  <tests>
    <unix:file_test check="all" check_existence="none_exist" comment="none" id="oval:test:tst:1" version="1">
      <unix:object object_ref="oval:test:obj:1"/>
    </unix:file_test>
  </tests>
  <objects>
    <unix:file_object id="oval:test:obj:1" version="1" comment="files of nobody">
      <unix:path>/srv/files</unix:path>
      <unix:filename operation="pattern match">^.*$</unix:filename>
      <filter xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" action="exclude">oval:test:ste:1</filter>
    </unix:file_object>
    <unix:password_object id="oval:test:obj:2" version="1" comment="all accounts">
      <unix:username operation="pattern match">.*</unix:username>
    </unix:password_object>
  </objects>
  <states>
    <unix:file_state id="oval:test:ste:1" version="1">
      <unix:user_id datatype="int" var_ref="oval:test:var:1" var_check="at least one"/>
    </unix:file_state>
  </states>
  <variables>
    <local_variable id="oval:test:var:1" version="1" datatype="int" comment="their numbers">
      <object_component item_field="user_id" object_ref="oval:test:obj:2"/>
    </local_variable>
  </variables>
</oval_definitions>
END
# reported: the files that the rule finds.
reported() {
        timeout 120 oscap oval eval --results /tmp/results.xml /tmp/oval.xml >/tmp/oscap.log 2>&1
        python3 - <<'END'
import re
print(*sorted(set(re.findall(r"<unix-sys:filename>([^<]+)<", open("/tmp/results.xml").read()))))
END
}

is "$(find /srv/files -nouser -printf '%f\n')" nobodys 'find -nouser reports what is nobody'\''s'
is "$(reported)" 'container nobodys' 'oscap reports the files of containers, too'
disable_module
is "$(reported)" 'container nobodys' 'as it did without the module'
is "$(find /srv/files -nouser -printf '%f\n' | sort | tr '\n' ' ')" 'container nobodys ' 'as did find'

done_testing
