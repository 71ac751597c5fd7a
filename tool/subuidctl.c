/* SPDX-License-Identifier: MIT */
#include "subuidctl.h"

#include "nss_subuid.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/openat2.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct options options = {.root = ""};

/* The options of a command are letters; those in capitals but J, V have no short form. */
static const struct command {
        const char *name;
        int (*run)(char **argv);
        const char *options;
        int failure; /* exit status */
        int arguments_min, arguments_max;
} commands[] = {
    {"list", command_list, "JrnoR", 1, 0, INT_MAX},
    {"whois", command_whois, "JrnoN", 1, 1, INT_MAX},
    {"check", command_check, "JR", 3, 0, 0},
    {"enable", command_enable, "DR", 1, 0, 0},
    {"disable", command_disable, "DR", 1, 0, 0},
    {"import", command_import, "GP", 1, 0, INT_MAX},
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},       {"version", no_argument, NULL, 'V'},
    {"json", no_argument, NULL, 'J'},       {"raw", no_argument, NULL, 'r'},
    {"noheadings", no_argument, NULL, 'n'}, {"output", required_argument, NULL, 'o'},
    {"root", required_argument, NULL, 'R'}, {"names", no_argument, NULL, 'N'},
    {"dry-run", no_argument, NULL, 'D'},    {"group", required_argument, NULL, 'G'},
    {"prune", no_argument, NULL, 'P'},      {0},
};

static const struct command *command;

static void message(const char *format, va_list arguments)
{
        fflush(stdout);
        fputs("subuidctl: ", stderr);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
}

void error(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        message(format, arguments);
        va_end(arguments);
}

void die(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        message(format, arguments);
        va_end(arguments);
        exit(command ? command->failure : EXIT_FAILURE);
}

void *reallocate(void *memory, size_t size)
{
        memory = realloc(memory, size ? size : 1);
        if (!memory)
                die("out of memory");
        return memory;
}

void *allocate(size_t size)
{
        void *const memory = reallocate(NULL, size);

        memset(memory, 0, size);
        return memory;
}

char *text_of(const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                die("out of memory");
        va_end(arguments);
        return text;
}

char *printable(const char *text, size_t length, size_t max)
{
        char *const copy = text_of("%.*s", (int)(length < max ? length : max), text);

        for (char *p = copy; *p; p++)
                if (*p < ' ' || *p > '~')
                        *p = '?';
        return copy;
}

int open_any_below_root(const char *path, int flags)
{
        enum { TRIES_MAX = 100000 };
        const struct open_how how = {.flags = (unsigned int)flags, .resolve = RESOLVE_IN_ROOT};
        int fd;

        if (*options.root) {
                const int root = open(options.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
                int tries = 0;

                if (root < 0)
                        die("%s: %m", options.root);
                /*
                 * EAGAIN: something was renamed, wherever, while it followed a "..". A process that
                 * does nothing else may make a thousand tries fail.
                 */
                do
                        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
                while (fd < 0 && errno == EAGAIN && ++tries < TRIES_MAX);
                close(root);
        } else {
                fd = open(path, flags);
        }
        return fd < 0 ? -errno : fd;
}

int open_below_root(const char *path)
{
        const int fd = open_any_below_root(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat status;

        if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
                return fd;
        close(fd);
        return -EINVAL;
}

const char *reason(int r)
{
        return r == -EINVAL ? "no regular file" : strerror(-r);
}

int read_below_root(const char *path, char **text, size_t *size)
{
        size_t room = 8192;
        ssize_t n = -1;
        int fd;

        fd = open_below_root(path);
        if (fd < 0)
                return fd;
        *text = reallocate(NULL, room + 1);
        for (*size = 0; (n = read(fd, *text + *size, room - *size)) > 0;) {
                *size += (size_t)n;
                if (*size == room)
                        *text = reallocate(*text, (room *= 2) + 1);
        }
        if (n < 0)
                n = -errno;
        close(fd);
        (*text)[*size] = '\0';
        return (int)n;
}

bool write_all(int fd, const char *bytes, size_t size)
{
        while (size) {
                const ssize_t n = write(fd, bytes, size);

                if (n < 0)
                        return false;
                bytes += n;
                size -= (size_t)n;
        }
        return true;
}

void flush_output(void)
{
        if (fflush(stdout) != 0 || ferror(stdout))
                die("standard output: %m");
}

static void print_help(void)
{
        fputs(
            "Usage: subuidctl [OPTION...] COMMAND [ARGUMENT...]\n"
            "\n"
            "Subordinate user and group IDs: what they are, who uses them, whether they are "
            "right.\n"
            "\n"
            "Commands:\n"
            "  list [OWNER...]      the ranges of all owners, or of these\n"
            "  whois ID|NAME...     whose it is, and who uses it now\n"
            "  check                what is wrong with the ranges and with nsswitch.conf\n"
            "  enable, disable      add subuid to passwd and group in /etc/nsswitch.conf, or "
            "remove it\n"
            "  import [OWNER...]    write the ranges of a directory to /etc/nss-subuid\n"
            "\n"
            "Options:\n"
            "  -J, --json           JSON (list, whois, check)\n"
            "  -r, --raw            no alignment (list, whois)\n"
            "  -n, --noheadings     no headings (list, whois)\n"
            "  -o, --output LIST    these columns, or with + in front these too\n"
            "                       (list, whois)\n"
            "      --root FOLDER    the system below this folder (list, check, enable, disable)\n"
            "      --names          also the names that containers give it (whois)\n"
            "      --dry-run        only print what would change (enable, disable)\n"
            "      --group NAME     the members of this group (import)\n"
            "      --prune          drop owners without ranges, and those not asked for (import)\n"
            "  -h, --help\n"
            "  -V, --version\n",
            stdout);
        columns_print("list", list_columns);
        columns_print("whois", whois_columns);
        puts("\nSee subuidctl(8).");
}

/* A folder's name without slashes at its end; "" for "/". */
static char *without_slashes(const char *folder)
{
        size_t length = strlen(folder);

        while (length > 0 && folder[length - 1] == '/')
                length--;
        return text_of("%.*s", (int)length, folder);
}

static void apply(int option, const char *argument)
{
        switch (option) {
        case 'J':
                options.json = true;
                break;
        case 'r':
                options.raw = true;
                break;
        case 'n':
                options.noheadings = true;
                break;
        case 'o':
                options.output = argument;
                break;
        case 'D':
                options.dry_run = true;
                break;
        case 'R':
                options.root = without_slashes(argument);
                break;
        case 'N':
                options.names = true;
                break;
        case 'G':
                options.group = argument;
                break;
        case 'P':
                options.prune = true;
                break;
        }
}

static const char *option_name(int letter)
{
        const struct option *option = long_options;

        while (option->val != letter)
                option++;
        return option->name;
}

static const struct command *find_command(const char *name)
{
        for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        return NULL;
}

int main(int argc, char **argv)
{
        char given[16] = "";
        bool mistaken = false; /* the status tells whose mistake it is: that is known later */
        int option;

        /* What a set-user-ID program may do for everybody, this one does not know. */
        if (getauxval(AT_SECURE))
                die("refuses to run set-user-ID, set-group-ID or with capabilities of its file");
        setlocale(LC_ALL, "");
        setlinebuf(stderr); /* a message is one write: several commands may share a log */
        argv[0] = (char[]){"subuidctl"}; /* for getopt's messages */
        while ((option = getopt_long(argc, argv, "hVJrno:", long_options, NULL)) != -1) {
                switch (option) {
                case 'h':
                        print_help();
                        flush_output();
                        return EXIT_SUCCESS;
                case 'V':
                        puts("subuidctl (nss-subuid) " NSS_SUBUID_VERSION);
                        flush_output();
                        return EXIT_SUCCESS;
                case '?':
                        mistaken = true;
                        continue;
                }
                /* A script's empty variable must not stand for the running system. */
                if (option == 'R' && !*optarg) {
                        error("--root: the name of the folder is empty");
                        mistaken = true;
                }
                apply(option, optarg);
                if (!strchr(given, option))
                        given[strlen(given)] = (char)option;
        }
        if (optind == argc)
                die("a command is missing; try 'subuidctl --help'");
        command = find_command(argv[optind]);
        if (!command)
                die("%s: no such command; try 'subuidctl --help'", argv[optind]);
        if (mistaken)
                die("try 'subuidctl --help'");
        for (const char *letter = given; *letter; letter++)
                if (!strchr(command->options, *letter))
                        die("%s takes no --%s", command->name, option_name(*letter));
        argv += optind;
        argc -= optind + 1;
        if (argc < command->arguments_min)
                die("%s: an argument is missing; try 'subuidctl --help'", command->name);
        if (argc > command->arguments_max)
                die("%s: '%s' is one argument too many", command->name,
                    argv[command->arguments_max + 1]);
        return command->run(argv);
}
