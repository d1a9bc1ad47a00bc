/* SPDX-License-Identifier: Apache-2.0 */
/* version: what is running. */
#include <stdio.h>

#include "cli/cli.h"

int cli_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("vitrine %s\n", VITRINE_VERSION);
    return 0;
}
