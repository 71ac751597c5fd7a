/* SPDX-License-Identifier: MIT */
/*
 * replay INPUT...: shows a harness inputs that are kept in files. It needs no libFuzzer, so it also
 * runs where that is missing.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                FILE *const file = fopen(argv[i], "re");
                uint8_t *data = NULL;
                size_t size = 0, room;

                if (!file) {
                        perror(argv[i]);
                        return 1;
                }
                do {
                        room = size + 4096;
                        data = realloc(data, room);
                        if (!data)
                                die("no memory");
                        size += fread(data + size, 1, room - size, file);
                } while (size == room);
                fclose(file);
                fprintf(stderr, "%s\n", argv[i]);
                LLVMFuzzerTestOneInput(data, size);
                free(data);
        }
        printf("%d inputs replayed\n", argc - 1);
        return 0;
}
