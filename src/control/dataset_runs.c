/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_runs: runs over datasets and which trace came of which item; see datasets.h. */
#include "control/datasets_private.h"

#include "base/clock.h"

#define RUN_COLUMNS                                                                                \
    "r.id, r.name, r.description, r.metadata, r.dataset_id, d.name, r.created_ns, r.updated_ns, "  \
    "(SELECT count(*) FROM dataset_run_item i WHERE i.run_id=r.id), r.rowid"
#define FROM_RUNS " FROM dataset_run r JOIN dataset d ON d.id=r.dataset_id WHERE r.project_id=?1"
#define ITEM_COLUMNS                                                                               \
    "i.id, i.run_id, r.name, i.item_id, r.dataset_id, i.trace, nullif(i.span, ''), "               \
    "i.item_version_ns, i.created_ns, i.updated_ns, i.rowid"
#define FROM_RUN_ITEMS                                                                             \
    " FROM dataset_run_item i JOIN dataset_run r ON r.id=i.run_id WHERE i.project_id=?1"

static bool read_run(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct dataset_run *run = out;
    *run = (struct dataset_run){
        .id = control__column(statement, 0, arena),
        .name = control__column(statement, 1, arena),
        .description = control__column(statement, 2, arena),
        .metadata = control__column(statement, 3, arena),
        .dataset_id = control__column(statement, 4, arena),
        .dataset_name = control__column(statement, 5, arena),
        .created_ns = sqlite3_column_int64(statement, 6),
        .updated_ns = sqlite3_column_int64(statement, 7),
        .items = sqlite3_column_int64(statement, 8),
        .number = sqlite3_column_int64(statement, 9),
    };
    return run->id.ptr && run->name.ptr;
}

static bool read_item(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct dataset_run_item *item = out;
    *item = (struct dataset_run_item){
        .id = control__column(statement, 0, arena),
        .run_id = control__column(statement, 1, arena),
        .run_name = control__column(statement, 2, arena),
        .item_id = control__column(statement, 3, arena),
        .dataset_id = control__column(statement, 4, arena),
        .trace = control__column(statement, 5, arena),
        .span = control__column(statement, 6, arena),
        .item_version_ns = sqlite3_column_int64(statement, 7),
        .created_ns = sqlite3_column_int64(statement, 8),
        .updated_ns = sqlite3_column_int64(statement, 9),
        .number = sqlite3_column_int64(statement, 10),
    };
    return item->id.ptr && item->trace.ptr;
}

static enum status read_runs(struct control *control, sqlite3_stmt *statement, struct arena *arena,
                             struct dataset_run **out_runs, size_t *out_count, struct error *error)
{
    return control__rows(control, statement, sizeof **out_runs, read_run, arena, (void **)out_runs,
                         out_count, error);
}

#define OF_DATASET " AND r.dataset_id=?2 AND (?3='' OR r.name=?3)"

static enum status prepare_runs(struct control *control, const char *sql, uint32_t project_id,
                                struct str dataset_id, struct str name, sqlite3_stmt **statement,
                                struct error *error)
{
    enum status status = control__prepare(control, sql, statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*statement, 1, project_id);
    control__bind(*statement, 2, dataset_id);
    control__bind(*statement, 3, name);
    return STATUS_OK;
}

static enum status list_runs(struct control *control, uint32_t project_id, struct str dataset_id,
                             struct str name, struct dataset_page *page, struct arena *arena,
                             struct dataset_run **out_runs, size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = prepare_runs(control, "SELECT count(*)" FROM_RUNS OF_DATASET, project_id,
                                      dataset_id, name, &statement, error);
    if (status == STATUS_OK)
        status = control__count(control, statement, &page->total, error);
    if (status == STATUS_OK)
        status = prepare_runs(control,
                              "SELECT " RUN_COLUMNS FROM_RUNS OF_DATASET
                              " ORDER BY r.created_ns DESC, r.id LIMIT ?4 OFFSET ?5",
                              project_id, dataset_id, name, &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 4, page->limit);
    sqlite3_bind_int64(statement, 5, page->skip);
    return read_runs(control, statement, arena, out_runs, out_count, error);
}

enum status control_dataset_runs(struct control *control, uint32_t project_id,
                                 struct str dataset_id, struct str name, struct dataset_page *page,
                                 struct arena *arena, struct dataset_run **out_runs,
                                 size_t *out_count, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        list_runs(control, project_id, dataset_id, name, page, arena, out_runs, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_dataset_run_get(struct control *control, uint32_t project_id, struct str id,
                                    struct arena *arena, struct dataset_run *out_run,
                                    struct error *error)
{
    sqlite3_stmt *statement;
    struct dataset_run *runs;
    size_t count = 0;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(control, "SELECT " RUN_COLUMNS FROM_RUNS " AND r.id=?2",
                                          &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, id);
        status = read_runs(control, statement, arena, &runs, &count, error);
    }
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK && count == 0)
        return datasets__not_there(error, "run", id);
    if (status == STATUS_OK)
        *out_run = runs[0];
    return status;
}

enum status control_dataset_run_delete(struct control *control, uint32_t project_id, struct str id,
                                       struct error *error)
{
    return datasets__delete(control, "DELETE FROM dataset_run WHERE project_id=?1 AND id=?2", "run",
                            project_id, id, error);
}

/* --- run items ------------------------------------------------------------------------------ */

static enum status read_items(struct control *control, sqlite3_stmt *statement, struct arena *arena,
                              struct dataset_run_item **out_items, size_t *out_count,
                              struct error *error)
{
    return control__rows(control, statement, sizeof **out_items, read_item, arena,
                         (void **)out_items, out_count, error);
}

static enum status list_items(struct control *control, uint32_t project_id, struct str run_id,
                              struct dataset_page *page, struct arena *arena,
                              struct dataset_run_item **out_items, size_t *out_count,
                              struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "SELECT count(*)" FROM_RUN_ITEMS " AND i.run_id=?2", &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, run_id);
    status = control__count(control, statement, &page->total, error);
    if (status == STATUS_OK)
        status = control__prepare(control,
                                  "SELECT " ITEM_COLUMNS FROM_RUN_ITEMS
                                  " AND i.run_id=?2 ORDER BY i.created_ns, i.id LIMIT ?3 OFFSET ?4",
                                  &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, run_id);
    sqlite3_bind_int64(statement, 3, page->limit);
    sqlite3_bind_int64(statement, 4, page->skip);
    return read_items(control, statement, arena, out_items, out_count, error);
}

enum status control_dataset_run_items(struct control *control, uint32_t project_id,
                                      struct str run_id, struct dataset_page *page,
                                      struct arena *arena, struct dataset_run_item **out_items,
                                      size_t *out_count, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        list_items(control, project_id, run_id, page, arena, out_items, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_dataset_run_items_before(struct control *control, uint32_t project_id,
                                             struct str run_id, int64_t before, size_t limit,
                                             struct arena *arena,
                                             struct dataset_run_item **out_items, size_t *out_count,
                                             struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control,
                         "SELECT " ITEM_COLUMNS FROM_RUN_ITEMS " AND i.run_id=?2 AND i.rowid<?3"
                         " ORDER BY i.rowid DESC LIMIT ?4",
                         &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, run_id);
        sqlite3_bind_int64(statement, 3, before);
        sqlite3_bind_int64(statement, 4, (int64_t)limit);
        status = read_items(control, statement, arena, out_items, out_count, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_dataset_runs_before(struct control *control, uint32_t project_id,
                                        int64_t before, size_t limit, struct arena *arena,
                                        struct dataset_run **out_runs, size_t *out_count,
                                        struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "SELECT " RUN_COLUMNS FROM_RUNS " AND r.rowid<?2 ORDER BY r.rowid DESC LIMIT ?3",
        &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        sqlite3_bind_int64(statement, 2, before);
        sqlite3_bind_int64(statement, 3, (int64_t)limit);
        status = read_runs(control, statement, arena, out_runs, out_count, error);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

struct put {
    uint32_t project_id;
    const struct dataset_run_entry *entry;
    struct arena *arena;
    struct dataset_run_item *item;
    int64_t now_ns;
};

/* The run of the entry's name, made when it is not there. */
static enum status write_run(struct control *control, const struct put *put, struct str dataset_id,
                             struct error *error)
{
    sqlite3_stmt *statement;
    char id[CONTROL_ID_BYTES];
    enum status status = control__prepare(
        control,
        "INSERT INTO dataset_run(id, project_id, dataset_id, name, description, metadata,"
        " created_ns, updated_ns) VALUES(?1, ?2, ?3, ?4, nullif(?5, ''), nullif(?6, ''), ?7, ?8)"
        " ON CONFLICT(dataset_id, name) DO UPDATE SET " KEEP("description", "?5") ", " KEEP(
            "metadata", "?6") ", updated_ns=?8",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__make_id(id);
    control__bind(statement, 1, put->entry->run_id.len ? put->entry->run_id : str_from(id));
    sqlite3_bind_int64(statement, 2, put->project_id);
    control__bind(statement, 3, dataset_id);
    control__bind(statement, 4, put->entry->run_name);
    control__bind_or_null(statement, 5, put->entry->description);
    control__bind_or_null(statement, 6, put->entry->metadata);
    sqlite3_bind_int64(statement, 7, put->entry->created_ns ? put->entry->created_ns : put->now_ns);
    sqlite3_bind_int64(statement, 8, put->now_ns);
    return control__finish(control, statement, error);
}

static enum status write_item(struct control *control, const struct put *put, struct str run_id,
                              struct error *error)
{
    sqlite3_stmt *statement;
    char id[CONTROL_ID_BYTES];
    enum status status =
        control__prepare(control,
                         "INSERT INTO dataset_run_item(id, project_id, run_id, item_id, trace,"
                         " span, item_version_ns, created_ns, updated_ns)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                         " ON CONFLICT(run_id, item_id, trace, span) DO UPDATE SET updated_ns=?9",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    control__make_id(id);
    control__bind(statement, 1, str_from(id));
    sqlite3_bind_int64(statement, 2, put->project_id);
    control__bind(statement, 3, run_id);
    control__bind(statement, 4, put->entry->item_id);
    control__bind(statement, 5, put->entry->trace);
    control__bind(statement, 6, put->entry->span);
    sqlite3_bind_int64(statement, 7, put->entry->item_version_ns);
    sqlite3_bind_int64(statement, 8, put->entry->created_ns ? put->entry->created_ns : put->now_ns);
    sqlite3_bind_int64(statement, 9, put->now_ns);
    return control__finish(control, statement, error);
}

static enum status read_back(struct control *control, const struct put *put, struct str run_id,
                             struct error *error)
{
    sqlite3_stmt *statement;
    struct dataset_run_item *items;
    size_t count = 0;
    enum status status =
        control__prepare(control,
                         "SELECT " ITEM_COLUMNS FROM_RUN_ITEMS
                         " AND i.run_id=?2 AND i.item_id=?3 AND i.trace=?4 AND i.span=?5",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, put->project_id);
    control__bind(statement, 2, run_id);
    control__bind(statement, 3, put->entry->item_id);
    control__bind(statement, 4, put->entry->trace);
    control__bind(statement, 5, put->entry->span);
    status = read_items(control, statement, put->arena, &items, &count, error);
    if (status == STATUS_OK && count == 1)
        *put->item = items[0];
    else if (status == STATUS_OK)
        status = fail(error, STATUS_INTERNAL, "the run item that was written is not there");
    return status;
}

/* The run of the entry's name; count 0 when there is none, which is refused when there are too
 * many.
 */
static enum status find_run(struct control *control, const struct put *put, struct str dataset_id,
                            struct dataset_run **out_runs, size_t *out_count, struct error *error)
{
    struct dataset_run *others;
    struct dataset_page page = {.limit = 1};
    size_t count;
    enum status status = list_runs(control, put->project_id, dataset_id, put->entry->run_name,
                                   &page, put->arena, out_runs, out_count, error);
    if (status != STATUS_OK || *out_count)
        return status;
    status = list_runs(control, put->project_id, dataset_id, STR(""), &page, put->arena, &others,
                       &count, error);
    if (status == STATUS_OK && page.total >= DATASET_RUNS_MAX)
        status = fail(error, STATUS_TOO_LARGE, "runName: a dataset has at most %d runs",
                      DATASET_RUNS_MAX);
    return status;
}

static enum status put_item(struct control *control, const struct put *put, struct error *error)
{
    struct dataset_item item;
    struct dataset_run *runs;
    size_t count = 0;
    enum status status = datasets__item(control, put->project_id, put->entry->item_id,
                                        put->entry->item_version_ns, put->arena, &item, error);
    if (status == STATUS_OK)
        status = find_run(control, put, item.dataset_id, &runs, &count, error);
    if (status == STATUS_OK && count && runs[0].items >= DATASET_RUN_ITEMS_MAX)
        status = fail(error, STATUS_TOO_LARGE, "runName: a run has at most %d items",
                      DATASET_RUN_ITEMS_MAX);
    if (status == STATUS_OK)
        status = write_run(control, put, item.dataset_id, error);
    if (status == STATUS_OK)
        status = find_run(control, put, item.dataset_id, &runs, &count, error);
    if (status == STATUS_OK)
        status = write_item(control, put, runs[0].id, error);
    return status == STATUS_OK ? read_back(control, put, runs[0].id, error) : status;
}

enum status control_dataset_run_item_put(struct control *control, uint32_t project_id,
                                         const struct dataset_run_entry *entry, struct arena *arena,
                                         struct dataset_run_item *out_item, struct error *error)
{
    struct dataset_run_item item;
    const struct put put = {project_id, entry, arena, &item, clock_now_ns()};
    enum status status = control__begin(control, error);
    if (status == STATUS_OK)
        status = control__end(control, put_item(control, &put, error), error);
    if (status == STATUS_OK)
        *out_item = item;
    return status;
}
