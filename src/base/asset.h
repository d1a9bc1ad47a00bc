/* SPDX-License-Identifier: Apache-2.0 */
/* asset: files that travel inside the binary (tools/embed): "prices/openai.yaml", "openapi.json",
 * "ui/index.html". */
#pragma once

#include "base/str.h"

struct asset {
    const char *name;
    const char *bytes;
    size_t size;
};

const struct asset *asset_find(struct str name); /* NULL when there is none */
/* The n-th asset whose name starts so, in order of names within a folder; NULL at the end. */
const struct asset *asset_at(struct str prefix, size_t n);
static inline struct str asset_str(const struct asset *asset)
{
    return (struct str){asset->bytes, asset->size};
}
