/* SPDX-License-Identifier: Apache-2.0 */
/* environment: names of environments as Langfuse makes them: lower case, without its own prefix, at
 * most 40 of a-z, 0-9, '-' and '_'; "default" for everything that cannot be one. */
#pragma once

#include "base/arena.h"

struct str environment_name(struct arena *arena, struct str text);
