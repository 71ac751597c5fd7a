/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "clock.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { AFTER_MS = 2000, STEP_MS = 200, LINE_MAX_BYTES = 128 };

/* To the beginning of the line, which is emptied. */
#define ERASE "\r\033[K"

static bool active;
static int64_t begin, due; /* when a line is shown first, and when again */
static char line[LINE_MAX_BYTES];

/* A line that fills the last column of a terminal may wrap. */
static int columns(void)
{
        struct winsize size;
        const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;

        return known ? size.ws_col - 1 : 79;
}

/* A shell that has put the command into the background has the terminal for itself. */
static bool is_in_background(void)
{
        const pid_t foreground = tcgetpgrp(STDERR_FILENO);

        return foreground > 0 && foreground != getpgrp();
}

static void show(const char *text)
{
        char bytes[sizeof(ERASE) + sizeof(line)];
        const int size = snprintf(bytes, sizeof(bytes), ERASE "%.*s", columns(), text);

        if (!is_in_background() && write(STDERR_FILENO, bytes, (size_t)size) < 0)
                active = false;
}

void progress_start(void)
{
        const char *const terminal = getenv("TERM");

        active = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
        begin = due = now_ms() + AFTER_MS;
        if (active)
                atexit(progress_end);
}

void progress(const char *format, ...)
{
        va_list arguments;

        if (!active)
                return;
        va_start(arguments, format);
        vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        for (char *p = line; *p; p++)
                if (*p < ' ' || *p > '~')
                        *p = '?';
        progress_tick(0);
}

int64_t progress_tick(int64_t left)
{
        const int64_t now = active ? now_ms() : 0;

        if (!active)
                return left;
        if (now >= due) {
                show(line);
                due = now + STEP_MS;
        }
        return left < due - now ? left : due - now;
}

void progress_clear(void)
{
        /* A child's message clears what its parent shows, so it does not count who has shown it. */
        if (active && now_ms() >= begin)
                show("");
}

void progress_end(void)
{
        progress_clear();
        active = false;
}
