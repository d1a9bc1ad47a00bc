/* SPDX-License-Identifier: Apache-2.0 */
/* raw: a price file as libcyaml loads it, all scalars still text. Freed as a whole by raw.c. */
#pragma once

#include "price/price_private.h"

struct raw_factors {
    char *tiers[TIER_COUNT]; /* [TIER_DEFAULT] stays NULL */
    char *regional;
};

struct raw_row {
    char *from, *until, *above, *tier, *hours;
    char **scope;
    unsigned scope_count;
    char *rates[PRICE_COMPONENT_COUNT];
};

struct raw_entry {
    char *id;
    char **match, **providers;
    unsigned match_count, providers_count;
    struct raw_factors *factors;
    struct raw_row *prices;
    unsigned prices_count;
};

struct raw_alias {
    char *provider, *from, *to, *to_provider;
};

struct raw_file {
    char **providers, **vendors, **gateways;
    unsigned providers_count, vendors_count, gateways_count;
    char *home_scope;
    char *without_provider;
    bool *shared_api;
    struct raw_factors *factors;
    struct raw_entry *entries;
    unsigned entries_count;
    struct raw_alias *aliases;
    unsigned aliases_count;
};

/* *out_file is NULL for an empty file. Free it with raw_free(). */
enum status raw_load(struct str name, struct str text, struct raw_file **out_file,
                     struct error *error);
void raw_free(struct raw_file *file);
