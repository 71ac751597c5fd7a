/* SPDX-License-Identifier: MIT */
#include "kubelet.h"

#include "daemons.h"
#include "json_text.h"
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/var/lib/kubelet"
#define LOGS "/var/log/pods"

/* Of a file, in bytes; the usual ones are a few thousand long. */
#define TEXT_MAX ((size_t)1 << 20)

/* --- the configuration ------------------------------------------------------------------------ */

/* The keys that are wanted; the one with a dot stands in the object in front of it. */
enum key { KIND, MAX_PODS, IDS_PER_POD, LOGS_FOLDER, KEYS };
static const char *const keys[KEYS] = {"kind", "maxPods", "userNamespaces.idsPerPod", "podLogsDir"};

/* Their values as text; NULL: not there, or null. */
struct values {
        const char *list[KEYS];
};

static void take(struct values *values, const char *parent, const char *name, const char *value)
{
        const char *const key = *parent ? xasprintf("%s.%s", parent, name) : name;

        for (size_t i = 0; i < KEYS; i++)
                if (strcmp(key, keys[i]) == 0)
                        values->list[i] = value;
}

static void take_member(struct values *values, const char *parent, json_object *object,
                        const char *name)
{
        json_object *const value = json_object_object_get(object, name);

        take(values, parent, name, value ? json_object_get_string(value) : NULL);
}

static bool read_json(struct text text, struct values *values)
{
        enum json_text_fault fault;
        json_object *const object =
            json_text_parse(text.bytes, text.size, json_type_object, &fault);
        json_object *inner;

        if (!object)
                return false;
        for (size_t i = 0; i < KEYS; i++) {
                const char *const dot = strchr(keys[i], '.');
                const char *const outer = dot ? xstrndup(keys[i], (size_t)(dot - keys[i])) : "";

                if (!dot)
                        take_member(values, "", object, keys[i]);
                else if (json_object_object_get_ex(object, outer, &inner) && inner) {
                        if (!json_object_is_type(inner, json_type_object))
                                return false;
                        take_member(values, outer, inner, dot + 1);
                }
        }
        return true;
}

/*
 * Takes a scalar of one line from the beginning of a text: plain, or in quotation marks without
 * escapes. What stands behind it may be a comment. Returns NULL if it is something else, and the
 * empty text if there is none.
 */
static char *take_scalar(struct text *text)
{
        const char *const begin = text->bytes, *const end = begin + text->size, *p = begin;
        char *scalar;

        if (p < end && (*p == '"' || *p == '\'')) {
                const char quote = *p++;

                while (p < end && *p != quote)
                        if (*p++ == '\\')
                                return NULL;
                if (p == end)
                        return NULL;
                p++;
                scalar = xstrndup(begin + 1, (size_t)(p - begin) - 2);
        } else {
                /* A mark, a list, an object, or a text of several lines. */
                if (p < end && strchr("&*!|>{}[]%@`?", *p))
                        return NULL;
                while (p < end && !(*p == '#' && (p == begin || is_blank(p[-1]))) &&
                       !(*p == ':' && (p + 1 == end || is_blank(p[1]))))
                        p++;
                scalar = xstrndup(begin, (size_t)(p - begin));
                for (size_t length = strlen(scalar); length > 0 && is_blank(scalar[length - 1]);)
                        scalar[--length] = '\0';
        }
        *text = (struct text){p, (size_t)(end - p)};
        return scalar;
}

static void pass_blanks(struct text *text)
{
        while (text->size > 0 && is_blank(*text->bytes)) {
                text->bytes++;
                text->size--;
        }
}

/* Whether nothing follows but blanks and a comment. */
static bool is_over(struct text text)
{
        pass_blanks(&text);
        return text.size == 0 || *text.bytes == '#';
}

/* Takes "key: value". Returns false if it is something else; *value is NULL if that is no scalar.
 */
static bool take_pair(struct text line, char **key, char **value)
{
        *key = take_scalar(&line);
        pass_blanks(&line);
        if (!*key || !**key || line.size == 0 || *line.bytes != ':')
                return false;
        line.bytes++;
        line.size--;
        pass_blanks(&line);
        /* An object without members says no more than none does. */
        if (line.size >= 2 && memcmp(line.bytes, "{}", 2) == 0) {
                line.bytes += 2;
                line.size -= 2;
        }
        *value = take_scalar(&line);
        if (*value && !is_over(line))
                *value = NULL;
        return true;
}

static const char *not_null(const char *scalar)
{
        return strcmp(scalar, "") == 0 || strcmp(scalar, "~") == 0 || strcmp(scalar, "null") == 0
                   ? NULL
                   : scalar;
}

/* Whether this is a key that is wanted, or the object that it stands in. */
static bool is_wanted(const char *parent, const char *name)
{
        const char *const key = *parent ? xasprintf("%s.%s", parent, name) : name;
        const size_t length = strlen(key);

        for (size_t i = 0; i < KEYS; i++)
                if (strncmp(keys[i], key, length) == 0 &&
                    (keys[i][length] == '\0' || keys[i][length] == '.'))
                        return true;
        return false;
}

/* Whether a document begins or ends with this line. */
static bool is_marker(struct text line)
{
        return line.size >= 3 &&
               (memcmp(line.bytes, "---", 3) == 0 || memcmp(line.bytes, "...", 3) == 0) &&
               is_over((struct text){line.bytes + 3, line.size - 3});
}

/*
 * YAML as people and kubeadm write it: a key and its value on a line, an object's members further
 * in. Whatever else stands where a wanted key is, or where no indent tells what a line belongs to,
 * is not guessed at.
 */
static bool read_yaml(struct text text, struct values *values)
{
        const char *parent = "";
        size_t inner = 0;
        bool begun = false, has_key = false;
        struct text line;

        while (take_line(&text, &line)) {
                size_t indent = 0;
                char *key, *value;

                while (indent < line.size && line.bytes[indent] == ' ')
                        indent++;
                line.bytes += indent;
                line.size -= indent;
                if (is_over(line))
                        continue;
                if (indent == 0 && is_marker(line)) {
                        if (begun)
                                break;
                        begun = true;
                        continue;
                }
                begun = true;
                /* Members of a list, which may stand no further in than its key. */
                if (*line.bytes == '-' && (line.size == 1 || is_blank(line.bytes[1])))
                        continue;
                if (indent > 0 && !has_key)
                        return false;
                has_key = true;
                if (indent == 0)
                        parent = "";
                else if (!*parent)
                        continue;
                if (indent > 0 && inner == 0)
                        inner = indent;
                if (indent > 0 && indent != inner)
                        continue;
                /* What is merged into it stands elsewhere. */
                if (!take_pair(line, &key, &value) || strcmp(key, "<<") == 0)
                        return false;
                if (!is_wanted(parent, key))
                        continue;
                if (!value)
                        return false;
                if (indent == 0) {
                        parent = key;
                        inner = 0;
                        take(values, "", key, not_null(value));
                } else {
                        take(values, parent, key, not_null(value));
                }
        }
        return true;
}

/* Returns what is wrong, or NULL. */
static const char *read_values(const char *path, struct values *values)
{
        static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as some editors write it */
        struct text text, rest;
        const int r = root_read(path, &text);

        if (r < 0)
                return root_reason(r);
        if (text.size > TEXT_MAX)
                return root_reason(-EFBIG);
        if (text.size >= strlen(mark) && memcmp(text.bytes, mark, strlen(mark)) == 0)
                text = (struct text){text.bytes + strlen(mark), text.size - strlen(mark)};
        rest = text;
        pass_blanks(&rest);
        if (rest.size > 0 && *rest.bytes == '{' ? read_json(rest, values) : read_yaml(text, values))
                return NULL;
        return "neither JSON nor plain YAML";
}

/* Returns false if it is no number that counts; 0 is none, too, and means what is usual. */
static bool take_number(const char *text, uint64_t *number)
{
        unsigned long long value;

        if (!text)
                return true;
        /* One that begins with 0 is octal in YAML. */
        if (!*text || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text) ||
            (*text == '0' && text[1]))
                return false;
        value = strtoull(text, NULL, 10);
        if (value > UINT32_MAX)
                return false;
        if (value > 0)
                *number = value;
        return true;
}

static void set_trouble(struct kubelet *kubelet, const char *path, const char *why)
{
        if (!kubelet->trouble)
                kubelet->trouble = xasprintf("%s%s: %s", root_folder(),
                                             printable(path, strlen(path), SIZE_MAX), why);
}

/* Takes what a file says, over what others have said. */
static void take_values(struct kubelet *kubelet, const char *path, const struct values *values)
{
        if (!take_number(values->list[MAX_PODS], &kubelet->max_pods) ||
            !take_number(values->list[IDS_PER_POD], &kubelet->ids_per_pod))
                set_trouble(kubelet, path, "a number is none");
        if (values->list[IDS_PER_POD])
                kubelet->file = path;
        if (values->list[LOGS_FOLDER] && is_absolute(values->list[LOGS_FOLDER]))
                kubelet->logs = values->list[LOGS_FOLDER];
}

static void read_file(struct kubelet *kubelet, const char *path)
{
        struct values values = {{NULL}};
        const char *const wrong = read_values(path, &values);

        if (wrong)
                set_trouble(kubelet, path, wrong);
        else
                take_values(kubelet, path, &values);
}

/* Drop-ins are laid over the file one after another. */
static void read_folder(struct kubelet *kubelet, const char *folder)
{
        char **paths;
        const int r = root_list(folder, ".conf", &paths);

        if (r < 0)
                set_trouble(kubelet, folder, root_reason(r));
        else
                for (; *paths; paths++)
                        read_file(kubelet, *paths);
}

/* Whether there is anything at a path, readable or not. */
static bool is_there(const char *path)
{
        const int fd = root_open(path, O_PATH);

        if (fd >= 0)
                close(fd);
        return fd != -ENOENT && fd != -ENOTDIR;
}

/*
 * Where kubeadm, OpenShift, Amazon's and Google's images have it. Some have a file of another kind
 * there. Returns whether it is found.
 */
static bool read_usual_file(struct kubelet *kubelet)
{
        static const char *const usual[] = {
            "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf",
            "/etc/kubernetes/kubelet/config.json", "/etc/kubernetes/kubelet/kubelet-config.json",
            "/home/kubernetes/kubelet-config.yaml"};

        for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
                struct values values = {{NULL}};
                const char *wrong;

                if (!is_there(usual[i]))
                        continue;
                wrong = read_values(usual[i], &values);
                if (wrong)
                        set_trouble(kubelet, usual[i], wrong);
                else if (!values.list[KIND] ||
                         strcmp(values.list[KIND], "KubeletConfiguration") != 0)
                        continue;
                else
                        take_values(kubelet, usual[i], &values);
                return true;
        }
        return false;
}

/* k3s is the kubelet itself, so no process of that name runs; RKE2 starts one. */
static bool read_usual_folder(struct kubelet *kubelet)
{
        static const char *const usual[] = {"/var/lib/rancher/k3s/agent/etc/kubelet.conf.d",
                                            "/var/lib/rancher/rke2/agent/etc/kubelet.conf.d"};

        for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
                if (is_there(usual[i])) {
                        read_folder(kubelet, usual[i]);
                        return true;
                }
        return false;
}

/* --- the process ------------------------------------------------------------------------------ */

static const char *option(struct text arguments, const char *name)
{
        const char *const value = option_of(arguments, (const char *const[]){name, NULL});

        return value && *value ? value : NULL;
}

static void take_options(struct kubelet *kubelet, struct text arguments)
{
        const char *const file = option(arguments, "config");
        const char *const folder = option(arguments, "config-dir");
        const char *const root = option(arguments, "root-dir");
        const char *const pods = option(arguments, "max-pods");

        if (file && is_absolute(file))
                read_file(kubelet, file);
        else if (file)
                set_trouble(kubelet, file, "no absolute path");
        else if (arguments.size == 0 && (read_usual_file(kubelet) || read_usual_folder(kubelet)))
                kubelet->here = true;
        if (folder && is_absolute(folder))
                read_folder(kubelet, folder);
        else if (folder)
                set_trouble(kubelet, folder, "no absolute path");
        if (root && is_absolute(root))
                kubelet->folder = root;
        if (pods && !take_number(pods, &kubelet->max_pods))
                set_trouble(kubelet, "--max-pods", "a number is none");
}

/* NULL: it may not be read. */
static const char *path_of(const struct process *process)
{
        struct text variables;

        if (!process_environment(process, &variables))
                return NULL;
        /* Behind the last one is a NUL. */
        for (const char *variable = variables.bytes, *end = variable + variables.size;
             variable < end; variable += strlen(variable) + 1)
                if (strncmp(variable, "PATH=", 5) == 0)
                        return variable + 5;
        return "";
}

/* Who is not root does not get to see which program a process of root's is, so what it is told. */
static void look_for_hidden(const struct processes *processes, struct kubelet *kubelet)
{
        for (size_t i = 0; processes && geteuid() != 0 && i < processes->count; i++) {
                const struct process *const process = &processes->list[i];

                if (strcmp(process->name, "kubelet") == 0 && process->ids[SUBID_USERS] == 0 &&
                    userns_is_whole(&processes->namespaces[process->userns]))
                        set_trouble(kubelet, xasprintf("PID %d (kubelet)", (int)process->pid),
                                    "its command line is trusted by root alone");
        }
}

void kubelet_find(const struct processes *processes, struct kubelet *kubelet)
{
        const struct process *const process = daemon_find(processes, "kubelet");

        *kubelet = (struct kubelet){.here = process != NULL,
                                    .folder = FOLDER,
                                    .logs = LOGS,
                                    .path = process ? path_of(process) : ROOT_PATH,
                                    .ids_per_pod = 65536,
                                    .max_pods = 110};
        look_for_hidden(processes, kubelet);
        take_options(kubelet, daemon_arguments(processes, "kubelet"));
        kubelet->here |= root_exists(xasprintf("%s/pods", kubelet->folder));
}
