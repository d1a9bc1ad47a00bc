/* SPDX-License-Identifier: Apache-2.0 */
/* common: what commands say when they cannot go on. */
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
