/* SPDX-License-Identifier: MIT */
/*
 * containerd: each running task has the bundle that its runtime was given, in a folder of its
 * state: NAMESPACE/ID/config.json (runtime-spec). Docker's containers are tasks of its, too.
 */
#include "cgroup.h"
#include "reading.h"

#include "tool/daemons.h"
#include "tool/settings.h"

#include <stdlib.h>
#include <string.h>

#define TASKS "io.containerd.runtime.v2.task"

/* containerd's own; that of k3s and RKE2; the one that dockerd starts where it finds none. */
static const char *const default_states[] = {"/run/containerd", "/run/k3s/containerd",
                                             "/run/docker/containerd/daemon"};

enum { CONFIG_MAX = 4 << 20 };

/* Docker's namespace is "moby", with userns-remap "moby-UID.GID". */
static const char *engine_of(const char *namespace)
{
        return strcmp(namespace, "moby") == 0 || strncmp(namespace, "moby-", 5) == 0 ? "Docker"
                                                                                     : "containerd";
}

/* What the CRI plugin says of a pod's container, and nerdctl of its own. */
static void take_annotations(json_object *annotations, struct container *container)
{
        const char *const type = json_text_of(annotations, "io.kubernetes.cri.container-type");

        if (!type) {
                container->name = json_copy_of(annotations, "nerdctl/name");
                return;
        }
        container->is_sandbox = strcmp(type, "sandbox") == 0;
        container->name = json_copy_of(annotations, "io.kubernetes.cri.container-name");
        container->pod = json_copy_of(annotations, "io.kubernetes.cri.sandbox-name");
        container->namespace = json_copy_of(annotations, "io.kubernetes.cri.sandbox-namespace");
        container->pod_uid = json_copy_of(annotations, "io.kubernetes.cri.sandbox-uid");
}

static void read_task(struct reading *reading, struct place *place, const char *namespace,
                      const char *id)
{
        char *const name = xasprintf("%s/%s/config.json", namespace, id);
        char *const pid_name = xasprintf("%s/%s/init.pid", namespace, id);
        struct timespec since;
        struct container *container;
        struct text pid;
        json_object *const config =
            place_read_json(place, name, CONFIG_MAX, json_type_object, &since);
        json_object *const of_linux = json_member(config, "linux", json_type_object);
        const char *const cgroup = json_text_of(of_linux, "cgroupsPath");

        if (!config)
                return;
        container = reading_add(reading, engine_of(namespace), place_path(place, name));
        container->id = xasprintf("%s", id);
        container->since = since;
        if (place_read(place, pid_name, 64, &pid, NULL))
                container->running = is_running(reading, strtoll(pid.bytes, NULL, 10));
        container->cgroup = cgroup ? cgroup_of_config(cgroup) : NULL;
        take_annotations(json_member(config, "annotations", json_type_object), container);
        if (!take_maps(of_linux, "uidMappings", "gidMappings", &oci_mapping, container))
                place_odd(place, name);
        json_object_put(config);
}

static bool was_read(const struct reading *reading, const char *source)
{
        for (size_t i = 0; i < reading->source_count; i++)
                if (strcmp(reading->sources[i], source) == 0)
                        return true;
        return false;
}

static void read_state(struct reading *reading, const char *state)
{
        char **namespaces, **ids, *source;
        struct place place;

        if (!place_open(&place, xasprintf("%s/" TASKS, state)))
                return;
        source = place_path(&place, ".");
        /* It may be one daemon's as it is another's by default. */
        if (was_read(reading, source)) {
                place_close(&place);
                return;
        }
        reading_used(reading, source);
        for (namespaces = place_list(&place, "."); *namespaces; namespaces++)
                for (ids = place_list(&place, *namespaces); *ids; ids++)
                        if (is_container_id(*ids))
                                read_task(reading, &place, *namespaces, *ids);
        place_close(&place);
}

/* Where a daemon (NULL: none that runs) has its state; NULL: nothing says so. */
static const char *configured_state(const struct process *daemon)
{
        struct text arguments = {"", 0};
        const char *state, *config;
        struct settings settings;

        if (daemon)
                process_arguments(daemon, &arguments);
        state = option_of(arguments, (const char *const[]){"state", NULL});
        config = option_of(arguments, (const char *const[]){"config", "c", NULL});
        if (state)
                return state;
        if (!config || !is_absolute(config))
                config = "/etc/containerd/config.toml";
        return settings_read_toml(config, &settings) ? settings_text(&settings, "", "state") : NULL;
}

/* Docker's daemon may run beside that of a distribution of Kubernetes, say. */
void read_containerd(struct reading *reading)
{
        const struct process *daemon = daemon_find(reading->processes, "containerd");

        for (size_t i = 0; i < sizeof(default_states) / sizeof(*default_states); i++)
                read_state(reading, default_states[i]);
        do {
                const char *const state = configured_state(daemon);

                if (state && is_absolute(state))
                        read_state(reading, state);
                if (daemon)
                        daemon = daemon_next(reading->processes, "containerd", daemon);
        } while (daemon);
}
