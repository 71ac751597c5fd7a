/* SPDX-License-Identifier: MIT */
#include "account_name.h"

#include <string.h>

/* systemd's strict rules allow 31 bytes and no name that is a number (systemd, docs/USER_NAMES). */
_Static_assert(sizeof(NAME_PREFIX) > 1, "NAME_PREFIX must not be empty");
_Static_assert(ACCOUNT_NAME_SIZE - 1 <= 31, "NAME_PREFIX and ten digits must fit into 31 bytes");

size_t decimal_length(uint64_t number)
{
        size_t digits = 1;

        for (; number >= 10; number /= 10)
                digits++;
        return digits;
}

char *decimal_format(char *text, uint64_t number)
{
        char *const end = text + decimal_length(number);

        *end = '\0';
        for (char *p = end; p > text; number /= 10)
                *--p = (char)('0' + number % 10);
        return end;
}

size_t account_name_size(uint32_t id)
{
        return sizeof(NAME_PREFIX) + decimal_length(id);
}

char *account_name_format(char *name, uint32_t id)
{
        return decimal_format(stpcpy(name, NAME_PREFIX), id);
}

bool account_name_parse(const char *name, uint32_t *id)
{
        const size_t prefix_length = sizeof(NAME_PREFIX) - 1;
        const char *p;
        uint64_t number = 0;

        if (strncmp(name, NAME_PREFIX, prefix_length) != 0)
                return false;
        p = name + prefix_length;
        if (*p == '0' && p[1] != '\0')
                return false;
        do {
                if (*p < '0' || *p > '9')
                        return false;
                number = number * 10 + (uint64_t)(*p - '0');
                if (number > UINT32_MAX)
                        return false;
        } while (*++p != '\0');
        *id = (uint32_t)number;
        return true;
}
