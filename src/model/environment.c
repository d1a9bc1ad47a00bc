/* SPDX-License-Identifier: Apache-2.0 */
/* environment: see environment.h. */
#include "model/environment.h"

enum { NAME_BYTES_MAX = 40, READ_BYTES_MAX = 256 };

static bool is_fine(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.len > 0;
}

struct str environment_name(struct arena *arena, struct str text)
{
    char lower[READ_BYTES_MAX];
    size_t len = 0;
    for (; len < text.len && len < sizeof lower; len++)
        lower[len] = text.ptr[len] >= 'A' && text.ptr[len] <= 'Z' ? (char)(text.ptr[len] + 32)
                                                                  : text.ptr[len];
    struct str name = str_trim((struct str){lower, len});
    while (str_starts(name, STR("langfuse"))) {
        name = str_sub(name, 8, name.len);
        if (name.len && (name.ptr[0] == '-' || name.ptr[0] == '_'))
            name = str_sub(name, 1, name.len);
    }
    name = str_sub(name, 0, NAME_BYTES_MAX);
    return is_fine(name) ? arena_copy(arena, name) : STR("default");
}
