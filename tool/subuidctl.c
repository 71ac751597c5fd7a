/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "nss_subuid.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static const struct command {
        const char *name, *arguments, *help;
        int (*run)(const struct options *options, char **argv);
        int failure; /* exit status */
        int arguments_min, arguments_max;
} commands[] = {
    {"list", "[OWNER...]", "the ranges of all owners, or of these", command_list, 1, 0, INT_MAX},
    {"whois", "ID|NAME...", "whose it is, and who uses it now", command_whois, 1, 1, INT_MAX},
    {"check", "", "what is wrong with the ranges and with nsswitch.conf", command_check, 3, 0, 0},
    {"enable", "", "add subuid to passwd and group in /etc/nsswitch.conf", command_enable, 1, 0, 0},
    {"disable", "", "remove it from there", command_disable, 1, 0, 0},
    {"import", "[OWNER...]", "write the ranges of a directory to /etc/nss-subuid", command_import,
     1, 0, INT_MAX},
};

enum { NO_LETTER = 256 }; /* from here on: options without a short form */

/* Parsing and --help are made of this. What an option fills in is a bool, or text if it wants some.
 */
static const struct choice {
        int letter; /* 0: none */
        const char *name, *argument, *help;
        const char *commands; /* that take it; NULL: none is wanted */
        size_t offset;        /* in struct options */
} choices[] = {
    {'J', "json", NULL, "JSON", "list, whois, check", offsetof(struct options, table.json)},
    {'r', "raw", NULL, "no alignment", "list, whois", offsetof(struct options, table.raw)},
    {'n', "noheadings", NULL, "no headings", "list, whois",
     offsetof(struct options, table.noheadings)},
    {'o', "output", "LIST", "these columns, or with + in front these too", "list, whois",
     offsetof(struct options, table.output)},
    {'q', "quiet", NULL, "print nothing: the exit status tells", "check",
     offsetof(struct options, quiet)},
    {0, "root", "FOLDER", "the system below this folder", "list, check, enable, disable",
     offsetof(struct options, root)},
    {0, "names", NULL, "also the names that containers give it", "whois",
     offsetof(struct options, names)},
    {0, "dry-run", NULL, "only print what would change", "enable, disable",
     offsetof(struct options, dry_run)},
    {0, "move", NULL, "also from in front of a directory", "enable",
     offsetof(struct options, move)},
    {0, "group", "NAME", "the members of this group", "import", offsetof(struct options, group)},
    {0, "prune", NULL, "drop owners without ranges, and those not asked for", "import",
     offsetof(struct options, prune)},
    {'h', "help", NULL, "print this", NULL, 0},
    {'V', "version", NULL, "print the version", NULL, 0},
};

static void print_help(void)
{
        puts("Usage: subuidctl [OPTION...] COMMAND [ARGUMENT...]\n"
             "\n"
             "Subordinate user and group IDs: what they are, who uses them, whether they are "
             "right.\n"
             "\n"
             "Commands:");
        for (size_t i = 0; i < COUNT_OF(commands); i++)
                printf("  %-20s %s\n", xasprintf("%s %s", commands[i].name, commands[i].arguments),
                       commands[i].help);
        puts("\nOptions:");
        for (size_t i = 0; i < COUNT_OF(choices); i++) {
                const struct choice *const this = &choices[i];
                char *const letter = this->letter ? xasprintf("-%c,", this->letter) : NULL;
                char *const name = xasprintf("--%s%s%s", this->name, this->argument ? " " : "",
                                             this->argument ? this->argument : "");

                printf("  %3s %-16s %s", letter ? letter : "", name, this->help);
                printf(this->commands ? " (%s)\n" : "\n", this->commands);
        }
        columns_print("list", list_columns);
        columns_print("whois", whois_columns);
        puts("\nSee subuidctl(8).");
}

/* Whether a name stands in a list such as "list, whois". */
static bool stands_in(const char *name, const char *list)
{
        const size_t length = strlen(name);

        for (; *list; list += *list == ',' ? 2 : 0) {
                const size_t word = strcspn(list, ",");

                if (word == length && memcmp(list, name, length) == 0)
                        return true;
                list += word;
        }
        return false;
}

static const struct command *find_command(const char *name)
{
        for (size_t i = 0; i < COUNT_OF(commands); i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        return NULL;
}

static void apply(struct options *options, const struct choice *choice, const char *argument)
{
        char *const member = (char *)options + choice->offset;

        if (choice->argument)
                *(const char **)(void *)member = argument;
        else
                *(bool *)member = true;
}

static int print_and_end(void (*print)(void))
{
        print();
        flush_output();
        return EXIT_SUCCESS;
}

static void print_version(void)
{
        puts("subuidctl (nss-subuid) " NSS_SUBUID_VERSION);
}

/* What getopt_long(3) wants to know of the table. */
static void make_getopt(struct option *options, char *letters)
{
        for (size_t i = 0; i < COUNT_OF(choices); i++) {
                const struct choice *const this = &choices[i];

                options[i] =
                    (struct option){.name = this->name,
                                    .has_arg = this->argument ? required_argument : no_argument,
                                    .val = NO_LETTER + (int)i};
                if (this->letter) {
                        *letters++ = (char)this->letter;
                        if (this->argument)
                                *letters++ = ':';
                }
        }
        *letters = '\0';
}

static size_t choice_of(int option)
{
        size_t i = 0;

        if (option >= NO_LETTER)
                return (size_t)(option - NO_LETTER);
        while (choices[i].letter != option)
                i++;
        return i;
}

int main(int argc, char **argv)
{
        struct option long_options[COUNT_OF(choices) + 1] = {{0}};
        char letters[2 * COUNT_OF(choices) + 1];
        struct options options = {.root = NULL};
        bool given[COUNT_OF(choices)] = {false};
        bool mistaken = false; /* the status tells whose mistake it is: that is known later */
        const struct command *command;
        int option;

        open_standard_descriptors();
        program_invocation_short_name = (char[]){"subuidctl"};
        argv[0] = program_invocation_short_name; /* for getopt's messages */
        /* What a set-user-ID program may do for everybody, this one does not know. */
        if (getauxval(AT_SECURE))
                die("refuses to run set-user-ID, set-group-ID or with capabilities of its file");
        setlocale(LC_ALL, "");
        make_getopt(long_options, letters);
        while ((option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
                const struct choice *choice;

                if (option == '?') {
                        mistaken = true;
                        continue;
                }
                given[choice_of(option)] = true;
                choice = &choices[choice_of(option)];
                if (choice->commands)
                        apply(&options, choice, optarg);
                else
                        return print_and_end(choice->letter == 'h' ? print_help : print_version);
        }
        if (optind == argc)
                die("a command is missing; try 'subuidctl --help'");
        command = find_command(argv[optind]);
        if (!command)
                die("%s: no such command; try 'subuidctl --help'", argv[optind]);
        die_status = command->failure;
        /* A script's empty variable must not stand for the running system. */
        if (options.root && !*options.root) {
                warn("--root: the name of the folder is empty");
                mistaken = true;
        }
        if (mistaken)
                die("try 'subuidctl --help'");
        for (size_t i = 0; i < COUNT_OF(choices); i++)
                if (given[i] && !stands_in(command->name, choices[i].commands))
                        die("%s takes no --%s", command->name, choices[i].name);
        argv += optind;
        argc -= optind + 1;
        if (argc < command->arguments_min)
                die("%s: an argument is missing; try 'subuidctl --help'", command->name);
        if (argc > command->arguments_max)
                die("%s: '%s' is one argument too many", command->name,
                    argv[command->arguments_max + 1]);
        if (options.root)
                root_set(options.root);
        return command->run(&options, argv);
}
