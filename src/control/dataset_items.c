/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset_items: the items of datasets and their versions; see datasets.h.
 *
 * A row is a version and holds from from_ns until to_ns. Both are whole milliseconds, because that
 * is how clients are told times and ask for versions; a second change within one millisecond gets
 * the next.
 */
#include "control/datasets_private.h"

#include "base/clock.h"

#define COLUMNS                                                                                    \
    "i.id, i.dataset_id, d.name, i.input, i.expected, i.metadata, i.source_trace, i.source_span, " \
    "i.archived, i.created_ns, i.from_ns"
#define FROM_ITEMS " FROM dataset_item i JOIN dataset d ON d.id=i.dataset_id WHERE i.project_id=?1"
/* ?2 is a moment; 0: now. */
#define HOLDS                                                                                      \
    " AND CASE WHEN ?2=0 THEN i.to_ns=" ITEM_IS_NOW " ELSE i.from_ns<=?2 AND i.to_ns>?2 END"

/* False when a payload did not fit into the arena. */
static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct dataset_item *item = out;
    *item = (struct dataset_item){
        .id = control__column(statement, 0, arena),
        .dataset_id = control__column(statement, 1, arena),
        .dataset_name = control__column(statement, 2, arena),
        .input = control__column(statement, 3, arena),
        .expected = control__column(statement, 4, arena),
        .metadata = control__column(statement, 5, arena),
        .source_trace = control__column(statement, 6, arena),
        .source_span = control__column(statement, 7, arena),
        .is_archived = sqlite3_column_int64(statement, 8) != 0,
        .created_ns = sqlite3_column_int64(statement, 9),
        .updated_ns = sqlite3_column_int64(statement, 10),
    };
    return item->id.ptr && (item->input.ptr || !sqlite3_column_bytes(statement, 3)) &&
           (item->expected.ptr || !sqlite3_column_bytes(statement, 4)) &&
           (item->metadata.ptr || !sqlite3_column_bytes(statement, 5));
}

/* All rows of a statement, which it finalises. */
static enum status read_rows(struct control *control, sqlite3_stmt *statement, struct arena *arena,
                             struct dataset_item **out_items, size_t *out_count,
                             struct error *error)
{
    return control__rows(control, statement, sizeof **out_items, read_row, arena,
                         (void **)out_items, out_count, error);
}

static enum status prepare_list(struct control *control,
                                const struct dataset_item_question *question, const char *sql,
                                sqlite3_stmt **out_statement, struct error *error)
{
    enum status status = control__prepare(control, sql, out_statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*out_statement, 1, question->project_id);
    sqlite3_bind_int64(*out_statement, 2, question->as_of_ns);
    sqlite3_bind_int(*out_statement, 3, question->with_archived);
    control__bind(*out_statement, 4, question->dataset_id);
    control__bind(*out_statement, 5, question->source_trace);
    control__bind(*out_statement, 6, question->source_span);
    return STATUS_OK;
}

#define MATCHES                                                                                    \
    FROM_ITEMS HOLDS " AND (?3 OR i.archived=0) AND (?4='' OR i.dataset_id=?4)"                    \
                     " AND (?5='' OR i.source_trace=?5) AND (?6='' OR i.source_span=?6)"

static enum status list(struct control *control, const struct dataset_item_question *question,
                        struct dataset_page *page, struct arena *arena,
                        struct dataset_item **out_items, size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        prepare_list(control, question, "SELECT count(*)" MATCHES, &statement, error);
    if (status == STATUS_OK)
        status = control__count(control, statement, &page->total, error);
    if (status == STATUS_OK)
        status = prepare_list(control, question,
                              "SELECT " COLUMNS MATCHES
                              " ORDER BY i.created_ns DESC, i.id LIMIT ?7 OFFSET ?8",
                              &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 7, page->limit);
    sqlite3_bind_int64(statement, 8, page->skip);
    return read_rows(control, statement, arena, out_items, out_count, error);
}

enum status control_dataset_items(struct control *control,
                                  const struct dataset_item_question *question,
                                  struct dataset_page *page, struct arena *arena,
                                  struct dataset_item **out_items, size_t *out_count,
                                  struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = list(control, question, page, arena, out_items, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status datasets__item(struct control *control, uint32_t project_id, struct str id,
                           int64_t as_of_ns, struct arena *arena, struct dataset_item *out_item,
                           struct error *error)
{
    sqlite3_stmt *statement;
    struct dataset_item *items;
    size_t count = 0;
    enum status status = control__prepare(
        control, "SELECT " COLUMNS FROM_ITEMS HOLDS " AND i.id=?3", &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, as_of_ns);
    control__bind(statement, 3, id);
    status = read_rows(control, statement, arena, &items, &count, error);
    if (status == STATUS_OK && count == 0)
        return datasets__not_there(error, "item", id);
    if (status == STATUS_OK)
        *out_item = items[0];
    return status;
}

enum status control_dataset_item_get(struct control *control, uint32_t project_id, struct str id,
                                     int64_t as_of_ns, struct arena *arena,
                                     struct dataset_item *out_item, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = datasets__item(control, project_id, id, as_of_ns, arena, out_item, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_dataset_item_versions(struct control *control, uint32_t project_id,
                                          struct str id, struct arena *arena,
                                          struct dataset_item **out_items, size_t *out_count,
                                          struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "SELECT " COLUMNS FROM_ITEMS " AND i.id=?2 ORDER BY i.from_ns DESC", &statement,
        error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, id);
        status = read_rows(control, statement, arena, out_items, out_count, error);
    }
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK && *out_count == 0)
        status = datasets__not_there(error, "item", id);
    return status;
}

/* --- writing -------------------------------------------------------------------------------- */

struct put {
    uint32_t project_id;
    struct str dataset_id;
    const struct dataset_item_change *changes;
    size_t count;
    struct arena *arena;
    struct str *ids;
    int64_t now_ns;
};

/* When the item last changed, or was deleted: what comes must be later. 0: never seen. */
static enum status last_change(struct control *control, const struct put *put, struct str id,
                               int64_t *out_ns, int64_t *out_versions, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(control,
                                          "SELECT max(CASE WHEN to_ns=" ITEM_IS_NOW
                                          " THEN from_ns ELSE to_ns END), count(*)"
                                          " FROM dataset_item WHERE project_id=?1 AND id=?2",
                                          &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, put->project_id);
    control__bind(statement, 2, id);
    int code = sqlite3_step(statement);
    *out_ns = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    *out_versions = code == SQLITE_ROW ? sqlite3_column_int64(statement, 1) : 0;
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? STATUS_OK : control__complain(control, error);
}

static enum status end_version(struct control *control, uint32_t project_id, struct str id,
                               int64_t at_ns, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "UPDATE dataset_item SET to_ns=?3 WHERE project_id=?1 AND id=?2 AND to_ns=" ITEM_IS_NOW,
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    sqlite3_bind_int64(statement, 3, at_ns);
    return control__finish(control, statement, error);
}

static enum status add_version(struct control *control, const struct put *put,
                               const struct dataset_item *item, struct error *error)
{
    sqlite3_stmt *statement;
    const struct str texts[] = {item->input, item->expected, item->metadata, item->source_trace,
                                item->source_span};
    enum status status =
        control__prepare(control,
                         "INSERT INTO dataset_item(project_id, id, dataset_id, from_ns, to_ns,"
                         " archived, created_ns, input, expected, metadata, source_trace,"
                         " source_span) VALUES(?1, ?2, ?3, ?4, " ITEM_IS_NOW
                         ", ?5, ?6, nullif(?7, ''), nullif(?8, ''), nullif(?9, ''),"
                         " nullif(?10, ''), nullif(?11, ''))",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, put->project_id);
    control__bind(statement, 2, item->id);
    control__bind(statement, 3, put->dataset_id);
    sqlite3_bind_int64(statement, 4, item->updated_ns);
    sqlite3_bind_int(statement, 5, item->is_archived);
    sqlite3_bind_int64(statement, 6, item->created_ns);
    for (int i = 0; i < 5; i++)
        control__bind(statement, 7 + i, texts[i]);
    return control__finish(control, statement, error);
}

/* True when it changes anything. */
static bool take(struct str change, struct str *inout_text)
{
    bool same = !change.ptr || str_equal(change, *inout_text);
    if (change.ptr)
        *inout_text = change;
    return !same;
}

static bool apply(const struct dataset_item_change *change, struct dataset_item *item)
{
    bool changed = take(change->input, &item->input);
    changed |= take(change->expected, &item->expected);
    changed |= take(change->metadata, &item->metadata);
    changed |= take(change->source_trace, &item->source_trace);
    changed |= take(change->source_span, &item->source_span);
    if (change->state != ITEM_STATE_KEEP) {
        bool archived = change->state == ITEM_STATE_ARCHIVED;
        changed |= archived != item->is_archived;
        item->is_archived = archived;
    }
    return changed;
}

static enum status put_one(struct control *control, const struct put *put, size_t index,
                           struct error *error)
{
    const struct dataset_item_change *change = &put->changes[index];
    struct dataset_item item = {0};
    char id[CONTROL_ID_BYTES];
    int64_t last_ns, versions;
    control__make_id(id);
    struct str name = arena_copy(put->arena, change->id.len ? change->id : str_from(id));
    if (!name.ptr)
        return fail(error, STATUS_TOO_LARGE, "items: too many for one request");
    put->ids[index] = name;
    enum status status =
        datasets__item(control, put->project_id, name, 0, put->arena, &item, error);
    bool is_new = status == STATUS_NOT_FOUND;
    if (status != STATUS_OK && !is_new)
        return status;
    if (!is_new && !str_equal(item.dataset_id, put->dataset_id))
        return fail(error, STATUS_NOT_FOUND, "id: '%.*s' is an item of another dataset",
                    (int)(name.len > 100 ? 100 : name.len), name.ptr);
    if (!apply(change, &item) && !is_new)
        return STATUS_OK;
    status = last_change(control, put, name, &last_ns, &versions, error);
    if (status != STATUS_OK)
        return status;
    if (versions >= DATASET_VERSIONS_MAX)
        return fail(error, STATUS_TOO_LARGE, "id: item '%.*s' has changed %d times already",
                    (int)(name.len > 100 ? 100 : name.len), name.ptr, DATASET_VERSIONS_MAX);
    item.id = name;
    item.updated_ns = last_ns >= put->now_ns ? last_ns + NS_PER_MS : put->now_ns;
    if (is_new)
        item.created_ns = item.updated_ns;
    else
        status = end_version(control, put->project_id, name, item.updated_ns, error);
    return status == STATUS_OK ? add_version(control, put, &item, error) : status;
}

static enum status put_all(struct control *control, const struct put *put, struct error *error)
{
    struct dataset dataset;
    enum status status = datasets__get(control, put->project_id, put->dataset_id, STR_NONE,
                                       put->arena, &dataset, error);
    for (size_t i = 0; i < put->count && status == STATUS_OK; i++)
        status = put_one(control, put, i, error);
    if (status != STATUS_OK)
        return status;
    status = datasets__get(control, put->project_id, put->dataset_id, STR_NONE, put->arena,
                           &dataset, error);
    if (status == STATUS_OK && dataset.items + dataset.archived > DATASET_ITEMS_MAX)
        status =
            fail(error, STATUS_TOO_LARGE, "items: a dataset has at most %d", DATASET_ITEMS_MAX);
    return status;
}

static int64_t whole_ms(int64_t time_ns)
{
    return time_ns / NS_PER_MS * NS_PER_MS;
}

enum status control_dataset_items_put(struct control *control, uint32_t project_id,
                                      struct str dataset_id,
                                      const struct dataset_item_change *changes, size_t count,
                                      struct arena *arena, struct str *out_ids, struct error *error)
{
    const struct put put = {
        .project_id = project_id,
        .dataset_id = dataset_id,
        .changes = changes,
        .count = count,
        .arena = arena,
        .ids = out_ids,
        .now_ns = whole_ms(clock_now_ns()),
    };
    enum status status = control__begin(control, error);
    return status == STATUS_OK ? control__end(control, put_all(control, &put, error), error)
                               : status;
}

static enum status remove_item(struct control *control, uint32_t project_id, struct str id,
                               struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = end_version(control, project_id, id, whole_ms(clock_now_ns()), error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return datasets__not_there(error, "item", id);
    if (status == STATUS_OK)
        status = control__prepare(control,
                                  "DELETE FROM dataset_run_item WHERE project_id=?1 AND item_id=?2",
                                  &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    return control__finish(control, statement, error);
}

enum status control_dataset_item_delete(struct control *control, uint32_t project_id, struct str id,
                                        struct error *error)
{
    enum status status = control__begin(control, error);
    return status == STATUS_OK
               ? control__end(control, remove_item(control, project_id, id, error), error)
               : status;
}
