/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: every key, prefix and scope name that any vocabulary knows, in one table, so that an
 * attribute costs one look-up whatever the number of vocabularies. The table is made from the
 * vocabularies' rows on first use and never changes afterwards.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "normalise/normalise_private.h"

#define VOCABULARY(name) &vocabulary_##name,
const struct vocabulary *const vocabularies[VOCABULARY_COUNT] = {
#include "normalise/vocabularies.def"
};
#undef VOCABULARY

enum { TABLE_SLOTS = 4096, PREFIXES_MAX = 128, SCOPES_MAX = 128 };

static struct {
    struct row *rows;
    struct key_entry *entries;
    size_t row_count, entry_count;
    uint16_t table[TABLE_SLOTS]; /* entry + 1; 0: empty */
    uint8_t tags[TABLE_SLOTS];
    struct prefix prefixes[PREFIXES_MAX];
    size_t prefix_count;
    uint8_t prefix_first[257]; /* prefixes by first byte */
    struct {
        struct str name;
        bool is_prefix;
        uint8_t owner;
    } scopes[SCOPES_MAX];
    size_t scope_count;
    uint8_t testers[VOCABULARY_COUNT + 1];
} index_of;

static inline uint64_t load8(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Keys differ in their first, middle or last eight bytes or in length. */
static inline uint64_t key_hash(struct str key)
{
    uint64_t hash = key.len * UINT64_C(0x9E3779B97F4A7C15);
    if (key.len >= 8) {
        hash ^= load8(key.ptr) * UINT64_C(0xC2B2AE3D27D4EB4F);
        hash = (hash << 29 | hash >> 35) ^
               load8(key.ptr + key.len / 2 - 4) * UINT64_C(0x165667B19E3779F9);
        hash =
            (hash << 29 | hash >> 35) ^ load8(key.ptr + key.len - 8) * UINT64_C(0x85EBCA77C2B2AE63);
    } else {
        uint64_t word = 0;
        if (key.len)
            memcpy(&word, key.ptr, key.len);
        hash ^= word * UINT64_C(0xC2B2AE3D27D4EB4F);
    }
    return hash ^ hash >> 32;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = str_compare(x->key, y->key);
    if (order)
        return order;
    bool early_x = x->slot == SLOT_kind, early_y = y->slot == SLOT_kind;
    if (early_x != early_y)
        return early_x ? -1 : 1;
    return (int)x->owner - (int)y->owner;
}

static int compare_prefixes(const void *a, const void *b)
{
    return str_compare(((const struct prefix *)a)->text, ((const struct prefix *)b)->text);
}

static void add_scope(size_t owner, const char *name)
{
    must(index_of.scope_count < SCOPES_MAX);
    struct str text = str_from(name);
    bool is_prefix = text.len > 0 && text.ptr[text.len - 1] == '*';
    index_of.scopes[index_of.scope_count].name = str_sub(text, 0, text.len - is_prefix);
    index_of.scopes[index_of.scope_count].is_prefix = is_prefix;
    index_of.scopes[index_of.scope_count++].owner = (uint8_t)owner;
}

/* A row of no standing of its own has its vocabulary's, and is native where that is detected. */
static struct row resolved(struct row row, size_t owner)
{
    row.owner = (uint8_t)owner;
    if (row.standing == STANDING_OWN) {
        row.standing = (uint8_t)vocabularies[owner]->standing;
        if (row.standing > STANDING_NATIVE)
            row.flags |= ROW_NATIVE;
    }
    return row;
}

static void gather(void)
{
    size_t count = 0, testers = 0;
    for (size_t i = 0; i < VOCABULARY_COUNT; i++)
        count += vocabularies[i]->row_count;
    index_of.rows = calloc(count, sizeof *index_of.rows);
    index_of.entries = calloc(count, sizeof *index_of.entries);
    must(index_of.rows && index_of.entries && count < UINT16_MAX);
    for (size_t i = 0; i < VOCABULARY_COUNT; i++) {
        const struct vocabulary *vocabulary = vocabularies[i];
        for (size_t j = 0; j < vocabulary->row_count; j++)
            index_of.rows[index_of.row_count++] = resolved(vocabulary->rows[j], i);
        if (vocabulary->detect)
            index_of.testers[testers++] = (uint8_t)i;
        for (size_t j = 0; j < vocabulary->prefix_count; j++) {
            must(index_of.prefix_count < PREFIXES_MAX);
            index_of.prefixes[index_of.prefix_count] = vocabulary->prefixes[j];
            index_of.prefixes[index_of.prefix_count++].owner = (uint8_t)i;
        }
        for (const char *const *scope = vocabulary->scopes; scope && *scope; scope++)
            add_scope(i, *scope);
    }
    index_of.testers[testers] = VOCABULARY_COUNT;
}

const uint8_t *vocabularies_with_tests(void)
{
    return index_of.testers;
}

static void index_prefixes(void)
{
    qsort(index_of.prefixes, index_of.prefix_count, sizeof *index_of.prefixes, compare_prefixes);
    size_t at = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        index_of.prefix_first[byte] = (uint8_t)at;
        while (at < index_of.prefix_count && (uint8_t)index_of.prefixes[at].text.ptr[0] == byte)
            at++;
    }
    index_of.prefix_first[256] = (uint8_t)at;
}

static void index_entry(struct key_entry *entry)
{
    const struct row *rows = entry->rows;
    for (size_t i = 0; i < entry->row_count; i++) {
        entry->early_count += rows[i].slot == SLOT_kind;
        if (!(rows[i].flags & ROW_DETECTED))
            entry->hint |= rows[i].hint;
        if (rows[i].keep)
            entry->keep = rows[i].keep;
        if (rows[i].flags & ROW_EVIDENCE)
            entry->evidence |= UINT64_C(1) << rows[i].owner;
    }
    key_prefixes(entry->key, &entry->evidence, &entry->hint, &entry->group);
    uint64_t hash = key_hash(entry->key);
    size_t place = hash % TABLE_SLOTS;
    while (index_of.table[place])
        place = (place + 1) % TABLE_SLOTS;
    index_of.table[place] = (uint16_t)(entry - index_of.entries + 1);
    index_of.tags[place] = (uint8_t)(hash >> 24);
}

static void index_build(void)
{
    _Static_assert(VOCABULARY_COUNT <= 64, "evidence is one word");
    gather();
    index_prefixes();
    qsort(index_of.rows, index_of.row_count, sizeof *index_of.rows, compare_rows);
    for (size_t i = 0; i < index_of.row_count;) {
        struct key_entry *entry = &index_of.entries[index_of.entry_count++];
        entry->key = index_of.rows[i].key;
        entry->rows = index_of.rows + i;
        while (i < index_of.row_count && str_equal(index_of.rows[i].key, entry->key))
            i++, entry->row_count++;
        index_entry(entry);
    }
    must(index_of.entry_count < TABLE_SLOTS / 2);
}

static pthread_once_t built = PTHREAD_ONCE_INIT;
static bool is_built;

static inline void ensure_built(void)
{
    if (__builtin_expect(!__atomic_load_n(&is_built, __ATOMIC_ACQUIRE), 0)) {
        pthread_once(&built, index_build);
        __atomic_store_n(&is_built, true, __ATOMIC_RELEASE);
    }
}

const struct key_entry *key_find(struct str key)
{
    ensure_built();
    uint64_t hash = key_hash(key);
    uint8_t tag = (uint8_t)(hash >> 24);
    for (size_t place = hash % TABLE_SLOTS; index_of.table[place];
         place = (place + 1) % TABLE_SLOTS) {
        if (index_of.tags[place] != tag)
            continue;
        const struct key_entry *entry = &index_of.entries[index_of.table[place] - 1];
        if (entry->key.len == key.len && memcmp(entry->key.ptr, key.ptr, key.len) == 0)
            return entry;
    }
    return NULL;
}

void key_prefixes(struct str key, uint64_t *evidence, uint16_t *hint, uint8_t *group)
{
    if (key.len == 0)
        return;
    unsigned byte = (uint8_t)key.ptr[0];
    for (size_t i = index_of.prefix_first[byte]; i < index_of.prefix_first[byte + 1]; i++) {
        const struct prefix *prefix = &index_of.prefixes[i];
        if (key.len < prefix->text.len ||
            key.ptr[prefix->text.len - 1] != prefix->text.ptr[prefix->text.len - 1] ||
            memcmp(key.ptr, prefix->text.ptr, prefix->text.len) != 0)
            continue;
        if (prefix->digit && (key.len == prefix->text.len || key.ptr[prefix->text.len] < '0' ||
                              key.ptr[prefix->text.len] > '9'))
            continue;
        if (prefix->evidence)
            *evidence |= UINT64_C(1) << prefix->owner;
        *hint |= prefix->hint;
        if (prefix->group)
            *group = prefix->group;
    }
}

uint64_t scope_evidence(struct str name)
{
    ensure_built();
    uint64_t evidence = 0;
    for (size_t i = 0; name.len && i < index_of.scope_count; i++) {
        struct str wanted = index_of.scopes[i].name;
        if (index_of.scopes[i].is_prefix ? name.len < wanted.len : name.len != wanted.len)
            continue;
        if (wanted.ptr[0] == name.ptr[0] && memcmp(name.ptr, wanted.ptr, wanted.len) == 0)
            evidence |= UINT64_C(1) << index_of.scopes[i].owner;
    }
    return evidence;
}

struct str group_prefix(enum group group)
{
    ensure_built();
    for (size_t i = 0; i < index_of.prefix_count; i++)
        if (index_of.prefixes[i].group == group)
            return index_of.prefixes[i].text;
    return STR_NONE;
}
