/* SPDX-License-Identifier: Apache-2.0 */
/* common: what several commands do, and say when they cannot go on. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

int cli_usage_error(const char *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "vitrine %s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry `vitrine %s --help`.\n", command);
    return 2;
}

int cli_failure(const char *command, const struct error *error)
{
    fprintf(stderr, "vitrine %s: %s\n", command, error->text);
    return 1;
}

enum status cli_control_open(const char *data, struct control **out_control, struct error *error)
{
    enum { PATH_BYTES = 4096 };
    char path[PATH_BYTES];
    bool first;
    struct key_pair pair;
    snprintf(path, sizeof path, "%s/control.db", data);
    FILE *there = fopen(path, "r");
    if (!there)
        return fail(error, STATUS_NOT_FOUND, "%.400s: there is no data directory here", data);
    fclose(there);
    return control_open(path, NULL, NULL, out_control, &first, &pair, error);
}
