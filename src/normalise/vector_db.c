/* SPDX-License-Identifier: Apache-2.0 */
/* vector_db: searches in vector databases, by the database's name. */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    MARK("db.system", .keep = KEEP_db_system),
    MARK("db.system.name", .keep = KEEP_db_system),
    MARK("db.operation", .keep = KEEP_db_operation),
    MARK("db.operation.name", .keep = KEEP_db_operation),
    ROW("db.collection.name", data_source, TEXT, 2),
    ROW("qdrant.search.collection_name", data_source, TEXT, 3),
    ROW("db.milvus.search.collection_name", data_source, TEXT, 4),
};

static const struct prefix prefixes[] = {
    PREFIX("db.vector.query.", .hint = HINT_RETRIEVER),
};

static bool detect(const struct reading *reading)
{
    static const char *const systems[] = {"pinecone", "chroma", "milvus",  "qdrant",
                                          "weaviate", "marqo",  "lancedb", NULL};
    if (!reading->kept[KEEP_db_system])
        return false;
    for (const char *const *system = systems; *system; system++)
        if (kept_is(reading, KEEP_db_system, str_from(*system)))
            return true;
    return false;
}

/* Writes to the database are not retrievals. */
bool vector_db_search(const struct reading *reading)
{
    static const char *const searches[] = {"query",    "search", "get",  "find",
                                           "retrieve", "hybrid", "near", NULL};
    if (!detect(reading))
        return false;
    struct str operation = kept_text(reading, KEEP_db_operation);
    if (!operation.len)
        operation = reading->span->name;
    for (const char *const *search = searches; *search; search++)
        if (str_contains_nocase(operation, str_from(*search)))
            return true;
    return false;
}

const struct vocabulary vocabulary_vector_db = {
    .name = "vector_db",
    .summary = "Vector databases",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .detect = detect,
};
