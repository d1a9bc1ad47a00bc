/* SPDX-License-Identifier: Apache-2.0 */
/* price, inside: the book in memory and what its files share. */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "price/price.h"

#include <pthread.h>

enum {
    PRICE_ID_MAX = 512,         /* bytes of a model id */
    PRICE_FORMS_MAX = 16,       /* shorter spellings tried for one id */
    PRICE_CACHE_MAX = 8192,     /* answers remembered */
    PRICE_FILE_MAX = 4 << 20,   /* bytes of one file */
    PRICE_ENTRIES_MAX = 10000,  /* in one file */
    PRICE_LIST_MAX = 256,       /* items of any other list in a file */
    PRICE_GROUPS_MAX = 512,     /* sets of providers: one a file, more by `providers` of an entry */
    PRICE_PROVIDER_GROUPS = 32, /* groups one provider name may belong to */
};
/* More tokens than any call can have: beyond it the count is refused, so products stay in range. */
#define PRICE_TOKENS_MAX INT64_C(1000000000000000)

/* --- name.c: the spellings of a model id, most exact first ---------------------------------- */

struct price_name {
    struct str forms[PRICE_FORMS_MAX]; /* forms[0] is the id itself, in lower case */
    size_t form_count;
    struct str scope;  /* geography in front of a Bedrock id */
    struct str region; /* cloud region, from an ARN or a path */
    struct str vendor; /* first path segment that is not a route: "openai" of "openai/gpt-4o" */
    bool needs_alias;  /* an ARN that hides its model */
    size_t used;
    char text[2 * PRICE_ID_MAX + 64];
};
/* False when the id is empty or too long. `out_name` borrows nothing but itself. */
bool price__name_parse(struct str model, struct price_name *out_name);

/* --- parse.c: one YAML file into the book ---------------------------------------------------- */

struct price_alias {
    struct str provider;    /* empty: any */
    struct str from;        /* pattern over the id as sent, lower case */
    struct str to;          /* the id to use in its place */
    struct str to_provider; /* empty: the provider stays */
};

/* When a group is asked about a name whose provider is not known: makers before resellers. */
enum price_turn { TURN_FIRST, TURN_LAST, TURN_NEVER };

/* Entries that answer for the same providers. */
struct price_group {
    struct str *providers, *vendors;
    size_t provider_count, vendor_count;
    bool shared_api; /* other vendors are called through this provider's client */
    enum price_turn turn;
};

struct price_pattern {
    struct str text;
    size_t literal_bytes; /* without the stars */
    uint32_t group, entry;
    uint32_t next; /* 1 + index of another entry's pattern with the same text, or 0 */
    bool from_override;
};

struct customs;

struct price_book {
    struct arena arena; /* everything below but the maps */
    struct price_entry *entries;
    size_t entry_count, entry_capacity;
    struct price_group *groups;
    size_t group_count, group_capacity;
    struct price_alias *aliases;
    size_t alias_count, alias_capacity;
    struct price_pattern *globs; /* longest literal first, override files before the book */
    size_t glob_count, glob_capacity;
    struct str *gateways; /* providers that resell under `vendor/model` */
    size_t gateway_count, gateway_capacity;
    struct price_pattern *names; /* the patterns without stars */
    size_t name_count, name_capacity;
    struct map ids;       /* "o|id" or "b|id" -> entry */
    struct map exact[2];  /* [1] override files: text -> the newest of its patterns in names */
    struct map providers; /* provider name -> index into provider_groups */
    struct provider_groups {
        uint32_t groups[PRICE_PROVIDER_GROUPS];
        size_t count;
    } * provider_groups;
    size_t provider_count, provider_capacity;
    uint64_t version_hash;
    struct str version;

    pthread_mutex_t lock; /* guards what follows */
    struct map cache;     /* "provider\nmodel" -> index into answers */
    struct price_answer *answers;
    size_t answer_count;
    struct customs *customs; /* NULL: no project has prices of its own */
};

/* A remembered price_match(), without what points into the caller's text. */
struct price_answer {
    struct price_match match;
    uint32_t region_offset, region_len; /* in the id as sent */
};

/* Adds the file's entries, aliases and groups. `is_override`: they stand in front. */
enum status price__parse(struct price_book *book, struct str file, struct str text,
                         bool is_override, struct error *error);
/* Adds keys for one entry's pattern; called by parse.c once the entry is whole. */
enum status price__index_entry(struct price_book *book, uint32_t entry, uint32_t group,
                               struct error *error);

/* --- custom.c: prices that projects set themselves ------------------------------------------- */

struct custom;
/* The one that holds for the call, or NULL. */
const struct custom *price__custom_find(struct price_book *book,
                                        const struct price_request *request);
struct price_match price__custom_match(const struct custom *custom);
/* The first tier whose conditions hold, with the tokens of each component. */
const struct price_row *price__custom_row(const struct custom *custom,
                                          const struct price_request *request,
                                          const int64_t tokens[PRICE_COMPONENT_COUNT]);
void price__customs_free(struct customs *customs);

/* 1-based line where the value at a path ("entries", 3, "prices", 0, "input") starts, or 0. */
struct price_step {
    const char *key; /* NULL: a list */
    size_t index;
};
size_t price__locate(struct str text, const struct price_step *path, size_t depth);
