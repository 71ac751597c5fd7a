/* SPDX-License-Identifier: MIT */
#include "util.h"

#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int die_status = EXIT_FAILURE;

/*
 * A message is one line, whatever names are in it. They may be UTF-8, which has control characters
 * of two bytes, too.
 */
static void mask_controls(char *text)
{
        for (char *p = text; *p; p++) {
                if (*p == '\xc2' && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0)
                        p[0] = p[1] = '?';
                else if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = '?';
        }
}

static void message(const char *format, va_list arguments)
{
        char *text;

        fflush(stdout);
        progress_clear();
        if (vasprintf(&text, format, arguments) < 0)
                return;
        mask_controls(text);
        /* Several programs may share a log: a message is one write. */
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
        fflush(stderr);
        free(text);
}

void warn(const char *format, ...)
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
        exit(die_status);
}

void open_standard_descriptors(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd > STDERR_FILENO)
                close(fd);
}

void *xcalloc(size_t count, size_t size)
{
        void *const memory = calloc(count ? count : 1, size ? size : 1);

        if (!memory)
                die("out of memory");
        return memory;
}

void *xrealloc(void *memory, size_t size)
{
        memory = realloc(memory, size ? size : 1);
        if (!memory)
                die("out of memory");
        return memory;
}

char *xasprintf(const char *format, ...)
{
        va_list arguments;
        char *text;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                die("out of memory");
        va_end(arguments);
        return text;
}

char *xstrndup(const char *text, size_t length)
{
        char *const copy = xrealloc(NULL, length + 1);

        memcpy(copy, text, length);
        copy[length] = '\0';
        return copy;
}

void *grow(void *array, size_t count, size_t *room, size_t size)
{
        if (count < *room)
                return array;
        *room = *room ? 2 * *room : 16;
        return xrealloc(array, *room * size);
}

char *printable(const char *text, size_t length, size_t max)
{
        char *const copy = xstrndup(text, strnlen(text, length < max ? length : max));

        for (char *p = copy; *p; p++)
                if (*p < ' ' || *p > '~')
                        *p = '?';
        return copy;
}

char *quoted(const char *text, size_t length, size_t max)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "%+-./:=@_~";
        char *const copy = printable(text, length, max);
        char *result, *to;

        if (*copy && copy[strspn(copy, plain)] == '\0')
                return copy;
        to = result = xcalloc(2 * strlen(copy) + sizeof("\"\""), 1);
        *to++ = '"';
        for (const char *from = copy; *from; from++) {
                if (*from == '"' || *from == '\\')
                        *to++ = '\\';
                *to++ = *from;
        }
        *to++ = '"';
        *to = '\0';
        free(copy);
        return result;
}

bool write_all(int fd, const char *bytes, size_t size)
{
        while (size) {
                const ssize_t n = write(fd, bytes, size);

                if (n < 0 && errno == EINTR)
                        continue;
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

int text_compare(struct text a, struct text b)
{
        const int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);

        return order ? order : (a.size > b.size) - (a.size < b.size);
}

int text_compare_elements(const void *a, const void *b)
{
        return text_compare(*(const struct text *)a, *(const struct text *)b);
}

bool take_line(struct text *rest, struct text *line)
{
        const char *newline;

        if (rest->size == 0)
                return false;
        newline = memchr(rest->bytes, '\n', rest->size);
        *line = (struct text){rest->bytes, newline ? (size_t)(newline - rest->bytes) : rest->size};
        rest->bytes += line->size + (newline != NULL);
        rest->size -= line->size + (newline != NULL);
        return true;
}

bool is_absolute(const char *path)
{
        const size_t length = strlen(path);

        return *path == '/' && length < PATH_MAX && !strstr(path, "/../") &&
               !(length >= 3 && strcmp(path + length - 3, "/..") == 0);
}
