# SPDX-License-Identifier: MIT
# Tarball and packages; the Makefile includes it.

.PHONY: dist deb rpm machine-config check-packages

# --- release and packages -------------------------------------------------------------------------

VERSION := $(shell sed -n 's/^.define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)

# The sources as they are committed, or as they lie here where there is no git: in a tarball of them.
release = nss-subuid-$(VERSION)

dist: ## the sources as a tarball
	@mkdir -p build
ifneq ($(wildcard .git),)
	@tests/lib/deps.sh dist
	git archive --prefix=$(release)/ -o build/$(release).tar HEAD
	@git status --short | sed '1i The tarball has what is committed. These are not in it, or not as they are here:' >&2
else
	tar -cf build/$(release).tar --exclude=./build --sort=name --owner=0 --group=0 --transform='s|^\.|$(release)|' .
endif
	gzip -nf build/$(release).tar

# Debian packages, in build/deb. debhelper wants its folder at the top.
deb: ## Debian packages, in build/deb
	@tests/lib/deps.sh packaging
	$(MAKE) --no-print-directory dist
	rm -rf build/deb
	mkdir -p build/deb
	cp build/$(release).tar.gz build/deb/nss-subuid_$(VERSION).orig.tar.gz
	tar -C build/deb -xf build/$(release).tar.gz
	cp -r build/deb/$(release)/packaging/debian build/deb/$(release)/debian
	cd build/deb/$(release) && dpkg-buildpackage -us -uc $(DEB_BUILD)
	rm -rf build/deb/$(release)

# RPMs, in build/rpm. "make check" is run here, not once more in %check. Debian's rpmbuild knows neither
# Fedora's macros nor what is installed.
rpm: ## RPMs, in build/rpm
	@tests/lib/deps.sh rpm
	$(MAKE) --no-print-directory dist
	rm -rf build/rpm
	rpmbuild -ba --nocheck $(if $(shell rpm --eval '%{?_unitdir}'),,--nodeps --load=packaging/rpm.macros) \
		--define '_topdir $(CURDIR)/build/rpm' --define '_sourcedir $(CURDIR)/build' $(RPM_BUILD) \
		packaging/nss-subuid.spec

# For the scripts of a package that edits nsswitch.conf: the parts of "subuidctl enable" that need libc alone.
hook_objects = $(patsubst %,build/tool/%.o,nsswitch_hook caches child libraries listing lock nsswitch nsswitch_edit nsswitch_file \
	nsswitch_place progress ranges replace root segments userdb util) $(shared_objects)

build/nsswitch-hook: $(hook_objects)
	$(link) $(hardened) -o $@ $^

# What OpenShift's nodes need besides the module; needs python3-yaml.
machine-config: packaging/openshift/99-worker-subuid.yaml ## the MachineConfig for OpenShift of its Butane file

packaging/openshift/%.yaml: packaging/openshift/%.bu packaging/openshift/machine-config.py
	@mkdir -p build
	packaging/openshift/machine-config.py $< >build/$(@F)
	mv build/$(@F) $@

# Needs root and a mirror: the Debian packages in bare roots, the rest of packaging/ in private ones.
check-packages: ## the Debian packages in bare roots; the RPMs and files for nodes unpacked
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases rpm nixos
	$(MAKE) --no-print-directory all rpm
	$(prove) $(addprefix tests/packaging/,dist.t authselect.t nixos.t openshift.t rpm.t)
	$(MAKE) --no-print-directory -j 2 check-packages-bookworm check-packages-trixie

check-packages-%:
	SUITE=$* $(prove) tests/packaging/deb.t
