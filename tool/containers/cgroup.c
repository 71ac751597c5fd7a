/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include "tool/util.h"

#include <stdlib.h>
#include <string.h>

struct name {
        const char *text;
        size_t length;
};

static bool is(struct name name, const char *text)
{
        return name.length == strlen(text) && memcmp(name.text, text, name.length) == 0;
}

/* Takes a prefix or suffix off. */
static bool take_prefix(struct name *name, const char *prefix)
{
        const size_t length = strlen(prefix);

        if (name->length <= length || memcmp(name->text, prefix, length) != 0)
                return false;
        *name = (struct name){name->text + length, name->length - length};
        return true;
}

static bool take_suffix(struct name *name, const char *suffix)
{
        const size_t length = strlen(suffix);

        if (name->length <= length ||
            memcmp(name->text + name->length - length, suffix, length) != 0)
                return false;
        name->length -= length;
        return true;
}

static bool is_id(struct name name)
{
        for (size_t i = 0; i < name.length; i++)
                if (!memchr("0123456789abcdef", name.text[i], 16))
                        return false;
        return name.length == CGROUP_ID_LENGTH;
}

/* Where the path is. */
struct place_in_tree {
        bool pods;    /* below the kubelet's */
        bool docker;  /* below Docker's, without systemd */
        bool service; /* below one, or below a scope: there podman splits the unit's cgroup */
};

/* Whether a name is that of a container's cgroup. */
static bool is_container(struct name name, const struct place_in_tree *in,
                         struct cgroup_names *names)
{
        static const struct {
                const char *prefix, *engine;
                bool in_service;
        } engines[] = {
            {"cri-containerd-", "containerd", false},
            {"nerdctl-", "containerd", false},
            {"crio-", "CRI-O", false},
            {"docker-", "Docker", false},
            {"libpod-", "podman", false},
            {"libpod-payload-", "podman", true},
        };

        take_suffix(&name, ".scope");
        names->engine = NULL;
        if (is_id(name) && in->pods)
                names->engine = "kubelet";
        else if (is_id(name) && in->docker)
                names->engine = "Docker";
        for (size_t i = 0; i < sizeof(engines) / sizeof(*engines) && !names->engine; i++) {
                struct name rest = name;

                if (engines[i].in_service >= in->service && take_prefix(&rest, engines[i].prefix) &&
                    is_id(rest)) {
                        names->engine = engines[i].engine;
                        name = rest;
                }
        }
        if (!names->engine)
                return false;
        memcpy(names->id, name.text, CGROUP_ID_LENGTH);
        names->id[CGROUP_ID_LENGTH] = '\0';
        return true;
}

/* The UID of a pod. For systemd, "-" in it is "_". */
static void take_pod(struct name name, struct cgroup_names *names)
{
        free(names->pod_uid);
        names->pod_uid = xstrndup(name.text, name.length);
        for (char *p = names->pod_uid; *p; p++)
                if (*p == '_')
                        *p = '-';
}

/* "kubepods-burstable-podUID.slice", for example; its suffix is taken. */
static void pass_slice(struct name name, struct place_in_tree *in, struct cgroup_names *names)
{
        const char *const pods = memmem(name.text, name.length, "kubepods", strlen("kubepods"));

        if (!pods || (pods > name.text && pods[-1] != '-'))
                return;
        in->pods = true;
        for (const char *p = pods; (p = memchr(p, '-', name.length - (size_t)(p - name.text)));
             p++) {
                struct name pod = {p + 1, name.length - (size_t)(p + 1 - name.text)};

                if (take_prefix(&pod, "pod")) {
                        take_pod(pod, names);
                        return;
                }
        }
}

/* Passes a cgroup in which containers are. Returns false if there are none in it. */
static bool pass(struct name name, struct place_in_tree *in, struct cgroup_names *names)
{
        static const char *const quality[] = {"besteffort", "burstable", "guaranteed"};
        struct name rest = name;

        if (take_suffix(&rest, ".slice")) {
                pass_slice(rest, in, names);
                return true;
        }
        if (take_suffix(&rest, ".service") || take_suffix(&rest, ".scope")) {
                /* In the systemd of a user there are slices and scopes again. */
                in->service = !take_prefix(&rest, "user@");
                return true;
        }
        if (is(name, "kubepods"))
                return in->pods = true;
        if (is(name, "docker"))
                return in->docker = true;
        if (in->pods && take_prefix(&rest, "pod")) {
                take_pod(rest, names);
                return true;
        }
        for (size_t i = 0; i < 3; i++)
                if (in->pods && is(name, quality[i]))
                        return true;
        /* What is above our own cgroup namespace. */
        return is(name, "libpod_parent") || is(name, "..");
}

bool cgroup_names_read(const char *path, struct cgroup_names *names)
{
        const char *const top = path;
        struct place_in_tree in = {.pods = false};

        *names = (struct cgroup_names){.engine = NULL};
        while (*(path += strspn(path, "/"))) {
                const struct name name = {path, strcspn(path, "/")};
                struct name rest = name;

                if (is_container(name, &in, names)) {
                        names->cgroup = xstrndup(top, (size_t)(path - top) + name.length);
                        return true;
                }
                if (!pass(name, &in, names))
                        break;
                path += name.length;
                if (!take_suffix(&rest, ".service") && !take_suffix(&rest, ".scope"))
                        continue;
                free(names->within);
                names->within = xstrndup(top, (size_t)(path - top));
        }
        free(names->pod_uid);
        free(names->within);
        *names = (struct cgroup_names){.engine = NULL};
        return false;
}

/* "a-b.slice" is in "a.slice". */
static char *slice_path(const char *slice)
{
        struct name name = {slice, strlen(slice)};
        char *path = xstrndup("", 0);

        if (strcmp(slice, "-.slice") == 0)
                return path;
        if (!take_suffix(&name, ".slice") || strchr(slice, '/'))
                return NULL;
        for (size_t i = 1; i <= name.length; i++)
                if (i == name.length || slice[i] == '-')
                        path = xasprintf("%s/%.*s.slice", path, (int)i, slice);
        return path;
}

char *cgroup_of_config(const char *cgroups_path)
{
        const char *const colon = strchr(cgroups_path, ':');
        const char *const second = colon ? strchr(colon + 1, ':') : NULL;
        const char *name, *slice;
        char *path;

        if (*cgroups_path == '/')
                return cgroups_path[strspn(cgroups_path, "/")] ? xasprintf("%s", cgroups_path)
                                                               : NULL;
        if (!second || strchr(second + 1, ':'))
                return NULL;
        name = second + 1;
        slice = colon == cgroups_path ? "system.slice"
                                      : xstrndup(cgroups_path, (size_t)(colon - cgroups_path));
        path = slice_path(slice);
        if (!path || !*name || strchr(colon, '/'))
                return NULL;
        if (second == colon + 1)
                return xasprintf("%s/%s.scope", path, name);
        return xasprintf("%s/%.*s-%s.scope", path, (int)(second - colon - 1), colon + 1, name);
}
