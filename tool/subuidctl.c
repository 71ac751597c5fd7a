/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "account_name.h"
#include "nss_subuid.h"
#include "root.h"
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static int command_help(const struct options *options, char **argv);
static int command_version(const struct options *options, char **argv);

static const struct command {
        const char *name, *arguments, *help;
        int (*run)(const struct options *options, char **argv);
        int failure; /* exit status */
        int arguments_min, arguments_max;
        const char *examples;         /* lines, for its own --help; or NULL */
        const struct column *columns; /* of its table, or NULL */
} commands[] = {
    {"list", "[OWNER...]", "the ranges of all owners, or of these", command_list, 1, 0, INT_MAX,
     "  subuidctl list             all ranges\n"
     "  subuidctl list joe         those of joe, by name and by UID\n"
     "  subuidctl list --json | jq '.ranges[] | select(.start >= 1000000) | .owner'\n",
     list_columns},
    {"whois", "ID|PATH|-...", "whose an ID is, and who uses it now", command_whois, 1, 0, INT_MAX,
     "  subuidctl whois 200193     whose ID it is, and which container uses it\n"
     "  subuidctl whois --names " NAME_PREFIX "200193\n"
     "                             and what the container calls it\n"
     "  subuidctl whois -p 4711    whose process it is\n"
     "  subuidctl whois ./file     whose file it is\n"
     "  find /var -printf '%U\\n' | sort -u | subuidctl whois -\n"
     "                             all owners of files there\n"
     "  subuidctl whois --json 200193 | jq -r '.users[].pod'\n",
     whois_columns},
    {"check", "", "what is wrong with the ranges and with nsswitch.conf", command_check, 3, 0, 0,
     "  subuidctl check            nothing is printed, status 0: all is well\n"
     "  subuidctl check --json | jq -r '.findings[].advice'\n",
     NULL},
    {"enable", "", "add subuid to passwd and group in /etc/nsswitch.conf", command_enable, 1, 0, 0,
     "  subuidctl enable --dry-run\n"
     "                             what would be changed\n"
     "  subuidctl enable           do it\n",
     NULL},
    {"disable", "", "take subuid out of /etc/nsswitch.conf", command_disable, 1, 0, 0,
     "  subuidctl disable --dry-run\n"
     "                             what would be changed\n"
     "  subuidctl disable          do it\n",
     NULL},
    {"add", "OWNER", "give an owner a free range, in /etc/subuid and /etc/subgid", command_add, 1,
     1, 1,
     "  subuidctl add joe          65536 IDs\n"
     "  subuidctl add containers --count 268435456\n"
     "  subuidctl add kubelet --pods 110\n",
     NULL},
    {"remove", "OWNER", "take an owner's lines out of /etc/subuid and /etc/subgid", command_remove,
     1, 1, 1,
     "  subuidctl remove joe --dry-run\n"
     "                             what would be taken out\n"
     "  subuidctl remove joe       do it, unless a container uses the IDs\n",
     NULL},
    {"import", "[OWNER...]", "write the ranges of a directory to /etc/nss-subuid", command_import,
     1, 0, INT_MAX,
     "  subuidctl import           the owners in /etc/nss-subuid/owners\n"
     "  subuidctl import alice bob\n"
     "  subuidctl import --group containers\n",
     NULL},
    {"help", "[COMMAND]", "what there is, or how to use this", command_help, 1, 0, 1, NULL, NULL},
    {"version", "", "the version", command_version, 1, 0, 0, NULL, NULL},
};

enum { NO_LETTER = 256 }; /* from here on: options without a short form */

/* Parsing and --help are made of this. What an option fills in is a bool, or text if it wants some.
 */
static const struct choice {
        int letter; /* 0: none */
        const char *name, *argument, *help;
        const char *commands; /* that take it; NULL: all do, and none is wanted */
        size_t offset;        /* in struct options */
} choices[] = {
    {'J', "json", NULL, "JSON", "list, whois, check", offsetof(struct options, table.json)},
    {'P', "pairs", NULL, "NAME=\"value\"", "list, whois", offsetof(struct options, table.pairs)},
    {'r', "raw", NULL, "no alignment", "list, whois", offsetof(struct options, table.raw)},
    {'n', "noheadings", NULL, "no headings", "list, whois",
     offsetof(struct options, table.noheadings)},
    {'u', "notruncate", NULL, "wider than the terminal", "list",
     offsetof(struct options, table.notruncate)},
    {'o', "output", "LIST", "these columns, or with + in front these too", "list, whois",
     offsetof(struct options, table.output)},
    {0, "output-all", NULL, "all columns", "list, whois",
     offsetof(struct options, table.output_all)},
    {'H', "list-columns", NULL, "print what columns there are", "list, whois",
     offsetof(struct options, list_columns)},
    {'q', "quiet", NULL, "print nothing: the exit status tells", "check",
     offsetof(struct options, quiet)},
    {0, "root", "FOLDER", "the system below this folder",
     "list, check, enable, disable, add, remove", offsetof(struct options, root)},
    {'p', "pid", "PID", "the IDs of this process", "whois", offsetof(struct options, pid)},
    {0, "verbose", NULL, "name the files that tell of containers", "whois",
     offsetof(struct options, verbose)},
    {0, "names", NULL, "also the names that containers give it", "whois",
     offsetof(struct options, names)},
    {0, "dry-run", NULL, "only print what would change", "enable, disable, add, remove",
     offsetof(struct options, dry_run)},
    {0, "move", NULL, "also from in front of a directory", "enable",
     offsetof(struct options, move)},
    {0, "count", "N", "so many IDs", "add", offsetof(struct options, count)},
    {0, "pods", "N", "65536 IDs for each of so many pods", "add", offsetof(struct options, pods)},
    {0, "start", "N", "from this ID on", "add", offsetof(struct options, start)},
    {0, "force", NULL, "even if a container uses them", "remove", offsetof(struct options, force)},
    {0, "group", "GROUP", "the members of this group", "import", offsetof(struct options, group)},
    {0, "prune", NULL, "drop owners without ranges, and those not asked for", "import",
     offsetof(struct options, prune)},
    {'h', "help", NULL, "print this", NULL, offsetof(struct options, help)},
    {'V', "version", NULL, "print the version", NULL, offsetof(struct options, version)},
};

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

/* Dies if there is none of this name. */
static const struct command *find_command(const char *name)
{
        for (size_t i = 0; i < COUNT_OF(commands); i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        die("%s: no such command; try 'subuidctl --help'", name);
}

static void apply(struct options *options, const struct choice *choice, const char *argument)
{
        char *const member = (char *)options + choice->offset;

        if (choice->argument)
                *(const char **)(void *)member = argument;
        else
                *(bool *)member = true;
}

static bool takes(const struct command *command, const struct choice *choice)
{
        return !choice->commands || stands_in(command->name, choice->commands);
}

/* The options of a command, or, without one, those of all. */
static void print_options(const struct command *command)
{
        puts("\nOptions:");
        for (size_t i = 0; i < COUNT_OF(choices); i++) {
                const struct choice *const this = &choices[i];
                char *const letter = this->letter ? xasprintf("-%c,", this->letter) : NULL;
                char *const name = xasprintf("--%s%s%s", this->name, this->argument ? " " : "",
                                             this->argument ? this->argument : "");

                if (command ? takes(command, this) : !this->commands)
                        printf("  %3s %-18s %s\n", letter ? letter : "", name, this->help);
        }
}

static void print_help(void)
{
        puts("Usage: subuidctl COMMAND [OPTION...] [ARGUMENT...]\n"
             "\n"
             "Subordinate user and group IDs: what they are, who uses them, whether they are "
             "right.\n"
             "\n"
             "Commands:");
        for (size_t i = 0; i < COUNT_OF(commands); i++)
                printf("  %-20s %s\n", xasprintf("%s %s", commands[i].name, commands[i].arguments),
                       commands[i].help);
        print_options(NULL);
        puts("\nSee 'subuidctl COMMAND --help' and subuidctl(8).");
}

static void print_help_of(const struct command *command)
{
        printf("Usage: subuidctl %s [OPTION...]%s%s\n\n", command->name,
               *command->arguments ? " " : "", command->arguments);
        printf("%c%s.\n", toupper(*command->help), command->help + 1);
        if (command->examples)
                printf("\nExamples:\n%s", command->examples);
        print_options(command);
        puts("\nSee subuidctl(8).");
}

/* What there is, or how one command is used. */
static int command_help(const struct options *options, char **argv)
{
        (void)options;
        if (argv[1])
                print_help_of(find_command(argv[1]));
        else
                print_help();
        flush_output();
        return EXIT_SUCCESS;
}

static int command_version(const struct options *options, char **argv)
{
        (void)options;
        (void)argv;
        puts("subuidctl (nss-subuid) " NSS_SUBUID_VERSION);
        flush_output();
        return EXIT_SUCCESS;
}

/* What getopt_long(3) wants to know of the table. */
static void make_getopt(struct option *options, char *letters)
{
        *letters++ = '+';
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

struct parsed {
        struct options options;
        bool given[COUNT_OF(choices)];
        bool mistaken; /* the status tells whose mistake it is: that is known later */
};

/*
 * Takes options up to a command, or those of a command wherever they stand among its arguments,
 * but with POSIXLY_CORRECT. argv[0] is passed over. Returns where the rest begins.
 */
static int parse(int argc, char **argv, bool to_command, struct parsed *parsed)
{
        struct option long_options[COUNT_OF(choices) + 1] = {{0}};
        char letters[2 * COUNT_OF(choices) + 2];
        int option;

        argv[0] = program_invocation_short_name; /* for getopt's messages */
        make_getopt(long_options, letters);
        optind = 0;
        while ((option = getopt_long(argc, argv, letters + !to_command, long_options, NULL)) !=
               -1) {
                if (option == '?') {
                        parsed->mistaken = true;
                        continue;
                }
                parsed->given[choice_of(option)] = true;
                apply(&parsed->options, &choices[choice_of(option)], optarg);
        }
        return optind;
}

/* Dies if these are not what the command takes. */
static void require_sense(const struct command *command, const struct parsed *parsed, int argc,
                          char **argv)
{
        bool mistaken = parsed->mistaken;

        /* A script's empty variable must not stand for the running system. */
        if (parsed->options.root && !*parsed->options.root) {
                warn("--root: the name of the folder is empty");
                mistaken = true;
        }
        if (mistaken)
                die("try 'subuidctl %s --help'", command->name);
        for (size_t i = 0; i < COUNT_OF(choices); i++)
                if (parsed->given[i] && !takes(command, &choices[i]))
                        die("%s takes no --%s", command->name, choices[i].name);
        if (argc < command->arguments_min && !parsed->options.list_columns)
                die("%s: an argument is missing; try 'subuidctl %s --help'", command->name,
                    command->name);
        if (argc > command->arguments_max)
                die("%s: '%s' is one argument too many", command->name,
                    argv[command->arguments_max]);
}

int main(int argc, char **argv)
{
        struct parsed parsed = {.mistaken = false};
        const struct options *const options = &parsed.options;
        const struct command *command;
        char *word;
        int begin;

        open_standard_descriptors();
        /* A file beyond a limit is an error that is told, as a full disk is. */
        signal(SIGXFSZ, SIG_IGN);
        program_invocation_short_name = (char[]){"subuidctl"};
        /* What a set-user-ID program may do for everybody, this one does not know. */
        if (getauxval(AT_SECURE))
                die("refuses to run set-user-ID, set-group-ID or with capabilities of its file");
        setlocale(LC_ALL, "");
        begin = parse(argc, argv, true, &parsed);
        if (options->version)
                return command_version(options, NULL);
        if (begin == argc && options->help)
                return command_help(options, (char *[]){NULL, NULL});
        if (begin == argc)
                die("a command is missing; try 'subuidctl --help'");
        word = argv[begin];
        command = find_command(word);
        argc -= begin;
        argv += begin;
        begin = parse(argc, argv, false, &parsed);
        if (options->version)
                return command_version(options, NULL);
        if (options->help)
                return command_help(options, (char *[]){NULL, word, NULL});
        die_status = command->failure;
        require_sense(command, &parsed, argc - begin, argv + begin);
        if (options->list_columns) {
                columns_print(command->name, command->columns, &options->table);
                return EXIT_SUCCESS;
        }
        if (options->root)
                root_set(options->root);
        argv += begin - 1;
        argv[0] = word;
        return command->run(options, argv);
}
