/* SPDX-License-Identifier: Apache-2.0 */
/* asset: looks through the table that tools/embed writes. A few dozen entries: a walk is enough. */
#include "base/asset.h"

extern const struct asset asset_table[];
extern const size_t asset_count;

const struct asset *asset_find(struct str name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (str_equal(str_from(asset_table[i].name), name))
            return &asset_table[i];
    return NULL;
}

const struct asset *asset_at(struct str prefix, size_t n)
{
    for (size_t i = 0; i < asset_count; i++)
        if (str_starts(str_from(asset_table[i].name), prefix) && n-- == 0)
            return &asset_table[i];
    return NULL;
}
