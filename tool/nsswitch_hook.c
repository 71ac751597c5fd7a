/* SPDX-License-Identifier: MIT */
/*
 * What a package's scripts call, when it is installed and when it is removed: "subuidctl enable"
 * and "disable" that need libc alone, move no word that stands, print nothing where all went well
 * and one line where the file is left alone.
 */
#include "lock.h"
#include "nsswitch_edit.h"
#include "nsswitch_file.h"
#include "root.h"
#include "userdb.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(const struct nsswitch_file *file, struct text *text)
{
        struct nsswitch_wish wish = {.path = file->path, .add_only = true};

        if (!file->exists)
                nsswitch_file_refuse(file);
        for (int i = 0; i < 2; i++)
                wish.records[i] = userdb_record((enum subid_database)i);
        return nsswitch_add(text, &wish);
}

int main(int argc, char **argv)
{
        static char name[] = "libnss-subuid";
        const char *const verb = argc > 1 ? argv[1] : "";
        const bool adds = strcmp(verb, "add") == 0;
        struct nsswitch_file file;
        struct text text;

        open_standard_descriptors();
        /* A file beyond a limit is an error that is told, as a full disk is. */
        signal(SIGXFSZ, SIG_IGN);
        program_invocation_short_name = name;
        if (argc > 3 || (!adds && strcmp(verb, "remove") != 0)) {
                puts("Usage: nsswitch-hook add|remove [ROOT]");
                return strcmp(verb, "--help") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        root_set(argc > 2 ? argv[2] : "");
        lock_take();
        nsswitch_file_open(&file);
        text = file.text;
        if (adds && !add(&file, &text))
                return EXIT_FAILURE;
        if (!adds && file.exists)
                nsswitch_remove(&text);
        if (text.size == file.text.size)
                return EXIT_SUCCESS;
        if (file.kept)
                nsswitch_file_refuse(&file);
        /* A package leaves no copy behind: what it added, it takes out. */
        nsswitch_file_replace(&file, text, false);
        return EXIT_SUCCESS;
}
