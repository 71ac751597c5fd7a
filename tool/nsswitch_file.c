/* SPDX-License-Identifier: MIT */
#include "nsswitch_file.h"

#include "caches.h"
#include "nsswitch.h"
#include "replace.h"
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/etc"
#define NAME "nsswitch.conf"

/* A link is there because something else writes the file, and knows it better. */
static const char *advice_for_link(int folder, const char *target)
{
        if (faccessat(folder, "authselect", F_OK, 0) == 0 || strstr(target, "authselect"))
                return "add subuid in a profile of your own (authselect create-profile) and select "
                       "that";
        if (strncmp(target, "/etc/static", 11) == 0 || strncmp(target, "/nix/", 5) == 0)
                return "set system.nssModules and system.nssDatabases in the NixOS configuration";
        return "change the file that it leads to, as its keeper wants it, or make it a file";
}

static void find_keeper(struct nsswitch_file *file)
{
        if (S_ISLNK(file->status.st_mode)) {
                char target[256] = "";

                if (readlinkat(file->folder, NAME, target, sizeof(target) - 1) < 0)
                        die("%s: %m", file->path);
                file->kept = "a symbolic link";
                file->advice = advice_for_link(file->folder, target);
        } else if (file->is_in_etc && is_mount_point(file->folder, NAME)) {
                file->kept = "a mount point";
                file->advice = "change the file that is mounted there";
        } else if (!file->exists) {
                file->kept = "missing";
                file->advice = "write it with the lines \"passwd: files\" and \"group: files\"";
        }
}

void nsswitch_file_open(struct nsswitch_file *file)
{
        const int folder = root_open(FOLDER, O_RDONLY | O_DIRECTORY);
        const char *const path = nsswitch_path();

        *file = (struct nsswitch_file){.path = xasprintf("%s%s", root_folder(), path),
                                       .folder = folder};
        if (folder < 0)
                root_die(FOLDER, folder);
        if (fstatat(folder, NAME, &file->status, AT_SYMLINK_NOFOLLOW) == 0)
                file->is_in_etc = true;
        else if (errno != ENOENT)
                die("%s: %m", file->path);
        if (file->is_in_etc || strcmp(path, NSSWITCH_FILE) != 0) {
                const int r = root_read(path, &file->text);

                if (r < 0 && r != -ENOENT)
                        root_die(path, r);
                /* A link may lead nowhere. */
                file->exists = r == 0;
        }
        find_keeper(file);
}

void nsswitch_file_refuse(const struct nsswitch_file *file)
{
        die("%s: %s; %s", file->path, file->kept, file->advice);
}

void nsswitch_file_replace(const struct nsswitch_file *file, struct text text, bool keeps_old)
{
        const struct replacement replacement = {
            .folder = file->folder,
            .name = NAME,
            .drops_old = !keeps_old,
            .exists = file->is_in_etc,
            .status = file->status,
            .text = file->text,
            /* The distribution's is copied: the caller's own, and for all to read. */
            .owner = file->is_in_etc ? file->status.st_uid : geteuid(),
            .group = file->is_in_etc ? file->status.st_gid : getegid(),
            .mode = file->is_in_etc ? file->status.st_mode & 07777 : 0644,
        };
        const char *const failed = replace_file(&replacement, text);

        if (failed)
                die("%s" NSSWITCH_FILE ": left as it is: %s", root_folder(), failed);
        if (fsync(file->folder) < 0)
                die("%s" NSSWITCH_FILE ": changed, but a crash now may undo it: %m", root_folder());
        if (root_is_running())
                nscd_forget();
}
