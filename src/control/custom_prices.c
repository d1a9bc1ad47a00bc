/* SPDX-License-Identifier: Apache-2.0 */
/* custom_prices: see custom_prices.h. */
#include "control/custom_prices.h"

#include "base/clock.h"
#include "control/control_private.h"

#define SELECT                                                                                     \
    "SELECT project_id, id, model_name, match_pattern, unit, tokenizer_id, tokenizer_config,"      \
    " tiers, start_ns, created_ns, deleted_ns FROM custom_price"
enum {
    C_PROJECT,
    C_ID,
    C_MODEL,
    C_PATTERN,
    C_UNIT,
    C_TOKENIZER,
    C_TOKENIZER_CONFIG,
    C_TIERS,
    C_START,
    C_CREATED,
    C_DELETED
};

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct custom_price *price = out;
    *price = (struct custom_price){
        .project_id = (uint32_t)sqlite3_column_int64(statement, C_PROJECT),
        .id = control__column(statement, C_ID, arena),
        .model_name = control__column(statement, C_MODEL, arena),
        .match_pattern = control__column(statement, C_PATTERN, arena),
        .unit = control__column(statement, C_UNIT, arena),
        .tokenizer_id = control__column(statement, C_TOKENIZER, arena),
        .tokenizer_config = control__column(statement, C_TOKENIZER_CONFIG, arena),
        .tiers = control__column(statement, C_TIERS, arena),
        .start_ns = sqlite3_column_type(statement, C_START) == SQLITE_NULL
                        ? CUSTOM_PRICE_NO_START
                        : sqlite3_column_int64(statement, C_START),
        .created_ns = sqlite3_column_int64(statement, C_CREATED),
        .deleted_ns = sqlite3_column_int64(statement, C_DELETED),
    };
    return price->id.ptr && price->model_name.ptr && price->match_pattern.ptr && price->tiers.ptr;
}

static enum status not_there(struct error *error, struct str id)
{
    return fail(error, STATUS_NOT_FOUND, "there is no price '%.*s' in this project",
                STR_ARGS(str_sub(id, 0, 100)));
}

/* A page of them, or with an id that one. */
static enum status read_live(struct control *control, uint32_t project_id, struct str id,
                             int64_t skip, int64_t limit, struct arena *arena,
                             struct custom_price **out_prices, size_t *out_count,
                             struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         SELECT " WHERE project_id=?1 AND deleted_ns=0 AND (?2='' OR id=?2)"
                                " ORDER BY created_ns DESC, id LIMIT ?3 OFFSET ?4",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    sqlite3_bind_int64(statement, 3, limit);
    sqlite3_bind_int64(statement, 4, skip);
    return control__rows(control, statement, sizeof **out_prices, read_row, arena,
                         (void **)out_prices, out_count, error);
}

enum status control_custom_prices(struct control *control, uint32_t project_id, int64_t skip,
                                  int64_t limit, struct arena *arena,
                                  struct custom_price **out_prices, size_t *out_count,
                                  int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = control__count_of(
        control, "SELECT count(*) FROM custom_price WHERE project_id=?1 AND deleted_ns=0",
        project_id, out_total, error);
    if (status == STATUS_OK)
        status = read_live(control, project_id, STR(""), skip, limit, arena, out_prices, out_count,
                           error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_custom_price(struct control *control, uint32_t project_id, struct str id,
                                 struct arena *arena, struct custom_price *out_price,
                                 struct error *error)
{
    struct custom_price *prices;
    size_t count = 0;
    if (!id.len)
        return not_there(error, id);
    pthread_mutex_lock(&control->lock);
    enum status status = read_live(control, project_id, id, 0, 1, arena, &prices, &count, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK && count == 0)
        return not_there(error, id);
    if (status == STATUS_OK)
        *out_price = prices[0];
    return status;
}

enum status control_custom_prices_all(struct control *control, struct arena *arena,
                                      struct custom_price **out_prices, size_t *out_count,
                                      struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control, SELECT " ORDER BY created_ns", &statement, error);
    if (status == STATUS_OK)
        status = control__rows(control, statement, sizeof **out_prices, read_row, arena,
                               (void **)out_prices, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status insert(struct control *control, const struct custom_price *price,
                          struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO custom_price(project_id, id, model_name, match_pattern, unit, tokenizer_id,"
        " tokenizer_config, tiers, start_ns, created_ns, deleted_ns)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0 WHERE"
        " (SELECT count(*) FROM custom_price WHERE project_id=?1 AND deleted_ns=0) < ?11 AND"
        " (SELECT count(*) FROM custom_price WHERE project_id=?1) < ?12",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, price->project_id);
    control__bind(statement, 2, price->id);
    control__bind(statement, 3, price->model_name);
    control__bind(statement, 4, price->match_pattern);
    control__bind_or_null(statement, 5, price->unit);
    control__bind_or_null(statement, 6, price->tokenizer_id);
    control__bind_or_null(statement, 7, price->tokenizer_config);
    control__bind(statement, 8, price->tiers);
    if (price->start_ns == CUSTOM_PRICE_NO_START)
        sqlite3_bind_null(statement, 9);
    else
        sqlite3_bind_int64(statement, 9, price->start_ns);
    sqlite3_bind_int64(statement, 10, price->created_ns);
    sqlite3_bind_int64(statement, 11, CUSTOM_PRICES_MAX);
    sqlite3_bind_int64(statement, 12, CUSTOM_PRICES_KEPT_MAX);
    status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_TOO_LARGE,
                    "a project has at most %d prices of its own, %d with those deleted, which "
                    "still price what was received while they held",
                    CUSTOM_PRICES_MAX, CUSTOM_PRICES_KEPT_MAX);
    return status;
}

/* Ends the one of this id, when there is one; sqlite3_changes() tells. */
static enum status end(struct control *control, uint32_t project_id, struct str id, int64_t now_ns,
                       struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "UPDATE custom_price SET deleted_ns=?3 WHERE project_id=?1 AND id=?2 AND deleted_ns=0",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    sqlite3_bind_int64(statement, 3, now_ns);
    return control__finish(control, statement, error);
}

enum status control_custom_price_add(struct control *control, struct custom_price *price,
                                     struct arena *arena, struct error *error)
{
    char id[CONTROL_ID_BYTES];
    control__make_id(id);
    if (!price->id.len)
        price->id = arena_copy(arena, str_from(id));
    if (!price->id.ptr)
        return fail(error, STATUS_TOO_LARGE, "no memory for the price");
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    price->created_ns = clock_now_ns();
    status = end(control, price->project_id, price->id, price->created_ns, error);
    if (status == STATUS_OK)
        status = insert(control, price, error);
    return control__end(control, status, error);
}

enum status control_custom_price_delete(struct control *control, uint32_t project_id, struct str id,
                                        int64_t *out_deleted_ns, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    *out_deleted_ns = clock_now_ns();
    enum status status = end(control, project_id, id, *out_deleted_ns, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        status = not_there(error, id);
    pthread_mutex_unlock(&control->lock);
    return status;
}
