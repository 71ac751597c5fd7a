/* SPDX-License-Identifier: MIT */
#include "difference.h"
#include "lock.h"
#include "nsswitch.h"
#include "nsswitch_edit.h"
#include "nsswitch_file.h"
#include "options.h"
#include "root.h"
#include "userdb.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int nothing_to_do(const struct nsswitch_file *file, bool dry_run)
{
        if (!dry_run)
                printf("%s: nothing to do\n", file->path);
        flush_output();
        return EXIT_SUCCESS;
}

/* Changes the file and prints what has changed, or what would. */
static int change(const struct nsswitch_file *file, struct text new, bool dry_run)
{
        if (text_is_same(file->text, new))
                return nothing_to_do(file, dry_run);
        if (!dry_run) {
                if (file->kept)
                        nsswitch_file_refuse(file);
                nsswitch_file_replace(file, new, true);
        }
        print_difference(file->path + strlen(root_folder()), NSSWITCH_FILE, file->text, new);
        flush_output();
        /* A dry run shows what its keeper has to change. */
        if (file->kept)
                nsswitch_file_refuse(file);
        return EXIT_SUCCESS;
}

int command_enable(const struct options *options, char **argv)
{
        struct nsswitch_wish wish = {.move = options->move};
        struct nsswitch_file file;
        struct text new;

        (void)argv;
        if (!options->dry_run)
                lock_take();
        nsswitch_file_open(&file);
        if (!file.exists)
                nsswitch_file_refuse(&file);
        for (int i = 0; i < 2; i++)
                wish.records[i] = userdb_record((enum subid_database)i);
        wish.path = file.path;
        new = file.text;
        if (!nsswitch_add(&new, &wish))
                return EXIT_FAILURE;
        return change(&file, new, options->dry_run);
}

int command_disable(const struct options *options, char **argv)
{
        struct nsswitch_file file;
        struct text new;

        (void)argv;
        if (!options->dry_run)
                lock_take();
        nsswitch_file_open(&file);
        if (!file.exists)
                return nothing_to_do(&file, options->dry_run);
        new = file.text;
        nsswitch_remove(&new);
        return change(&file, new, options->dry_run);
}
