/* SPDX-License-Identifier: Apache-2.0 */
/* must: says which invariant broke, then aborts so that a core file shows where. */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void must__failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "bug: %s:%d: must(%s)\n", file, line, condition);
    abort();
}
