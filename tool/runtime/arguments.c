/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <stddef.h>
#include <string.h>

struct option {
        const char *name;
        bool has_value;
};

static const struct option global_options[] = {
    {"--cgroup-manager", true},
    {"--criu", true},
    {"--debug", false},
    {"--log", true},
    {"--log-format", true},
    {"--log-level", true},
    {"--root", true},
    {"--rootless", true},
    {"--systemd-cgroup", false},
    {0},
};

/* Of "create", "run" and "restore". Without crun's --config: it names another file. */
static const struct option verb_options[] = {
    {"-b", true},
    {"-d", false},
    {"--auto-dedup", false},
    {"--bundle", true},
    {"--console-socket", true},
    {"--detach", false},
    {"--empty-ns", true},
    {"--ext-unix-sk", false},
    {"--file-locks", false},
    {"--image-path", true},
    {"--keep", false},
    {"--lazy-pages", false},
    {"--lsm-mount-context", true},
    {"--lsm-profile", true},
    {"--manage-cgroups-mode", true},
    {"--no-new-keyring", false},
    {"--no-pivot", false},
    {"--no-subreaper", false},
    {"--pid-file", true},
    {"--pidfd-socket", true},
    {"--preserve-fds", true},
    {"--shell-job", false},
    {"--tcp-close", false},
    {"--tcp-established", false},
    {"--work-path", true},
    {0},
};

/* Which option an argument is, its value in it or not; NULL if none is known for certain. */
static const struct option *find_option(const struct option *options, const char *argument)
{
        const size_t length = strcspn(argument, "=");

        for (; options->name; options++)
                if (strlen(options->name) == length && memcmp(options->name, argument, length) == 0)
                        break;
        /* A flag takes no value in crun; "-b=X" is X in runc and =X in crun. */
        if (!options->name || (argument[length] == '=' && (!options->has_value || length == 2)))
                return NULL;
        return options;
}

/*
 * Takes an option and its value, if it has one, from the list. Returns it, or NULL if it is not
 * known or its value is missing.
 */
static const struct option *next_option(const struct option *options, char *const **argv,
                                        const char **value)
{
        const char *const argument = *(*argv)++;
        const struct option *const option = find_option(options, argument);

        *value = "";
        if (!option || !option->has_value)
                return option;
        if (argument[strlen(option->name)] == '=')
                *value = argument + strlen(option->name) + 1;
        else if (**argv)
                *value = *(*argv)++;
        else
                return NULL;
        return option;
}

static const char *read_global_options(char *const **argv, bool *systemd_cgroup)
{
        while (**argv && ***argv == '-') {
                const char *value;
                const struct option *const option = next_option(global_options, argv, &value);

                if (!option)
                        return "an option before the verb is not known";
                if (strcmp(option->name, "--systemd-cgroup") == 0)
                        *systemd_cgroup = true;
                else if (strcmp(option->name, "--cgroup-manager") == 0)
                        *systemd_cgroup = strcmp(value, "systemd") == 0;
        }
        return NULL;
}

static const char *read_verb_options(char *const **argv, const char **bundle)
{
        *bundle = NULL;
        while (**argv && ***argv == '-') {
                const char *value;
                const struct option *const option = next_option(verb_options, argv, &value);

                if (!option)
                        return "an option behind the verb is not known";
                if (strcmp(option->name, "--bundle") != 0 && strcmp(option->name, "-b") != 0)
                        continue;
                if (*bundle)
                        return "two bundles";
                *bundle = value;
        }
        return NULL;
}

static bool makes_container(const char *verb)
{
        return strcmp(verb, "create") == 0 || strcmp(verb, "run") == 0 ||
               strcmp(verb, "restore") == 0;
}

const char *arguments_read(char *const *argv, struct arguments *arguments)
{
        bool systemd_cgroup = false;
        const char *bundle, *why;

        if (!*argv++)
                return "no verb";
        why = read_global_options(&argv, &systemd_cgroup);
        if (why)
                return why;
        if (!*argv)
                return "no verb";
        if (!makes_container(*argv++))
                return "no create, run or restore";
        why = read_verb_options(&argv, &bundle);
        if (why)
                return why;
        /* crun reads options behind the ID, too. */
        if (!argv[0] || argv[1])
                return "not one ID, at the end";
        if (bundle && !*bundle)
                return "an empty name of a bundle";
        arguments->systemd_cgroup = systemd_cgroup;
        arguments->bundle = bundle ? bundle : ".";
        return NULL;
}
