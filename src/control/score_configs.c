/* SPDX-License-Identifier: Apache-2.0 */
/* score_configs: see score_configs.h. Categories are rows of their own, in the order given. */
#include "control/score_configs.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "control/control_private.h"

#define COLUMNS "id, name, description, type, archived, least, most, created_ns, updated_ns"
enum { C_ID, C_NAME, C_TEXT, C_TYPE, C_ARCHIVED, C_LEAST, C_MOST, C_CREATED, C_UPDATED };

static double bound(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(statement, column);
}

static void bind_bound(sqlite3_stmt *statement, int index, double number)
{
    if (isnan(number))
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_double(statement, index, number);
}

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct score_config *config = out;
    *config = (struct score_config){
        .id = control__column(statement, C_ID, arena),
        .name = control__column(statement, C_NAME, arena),
        .description = control__column(statement, C_TEXT, arena),
        .type = (enum score_type)sqlite3_column_int(statement, C_TYPE),
        .is_archived = sqlite3_column_int(statement, C_ARCHIVED) != 0,
        .least = bound(statement, C_LEAST),
        .most = bound(statement, C_MOST),
        .created_ns = sqlite3_column_int64(statement, C_CREATED),
        .updated_ns = sqlite3_column_int64(statement, C_UPDATED),
    };
    return config->id.ptr && config->name.ptr;
}

static bool read_category(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct score_config_category *category = out;
    *category = (struct score_config_category){control__column(statement, 0, arena),
                                               sqlite3_column_double(statement, 1)};
    return category->label.ptr != NULL;
}

static enum status read_categories(struct control *control, struct score_config *config,
                                   struct arena *arena, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control, "SELECT label, value FROM score_category WHERE config_id=?1 ORDER BY position",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, config->id);
    return control__rows(control, statement, sizeof *config->categories, read_category, arena,
                         (void **)&config->categories, &config->category_count, error);
}

/* A page of them, or with an id that one. */
static enum status read_rows(struct control *control, uint32_t project_id, struct str id,
                             int64_t skip, int64_t limit, struct arena *arena,
                             struct score_config **out_configs, size_t *out_count,
                             struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT " COLUMNS " FROM score_config WHERE project_id=?1 AND (?2='' OR"
                         " id=?2) ORDER BY created_ns DESC, id LIMIT ?3 OFFSET ?4",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, id);
    sqlite3_bind_int64(statement, 3, limit);
    sqlite3_bind_int64(statement, 4, skip);
    status = control__rows(control, statement, sizeof **out_configs, read_row, arena,
                           (void **)out_configs, out_count, error);
    for (size_t i = 0; i < *out_count && status == STATUS_OK; i++)
        status = read_categories(control, &(*out_configs)[i], arena, error);
    return status;
}

enum status control_score_configs(struct control *control, uint32_t project_id, int64_t skip,
                                  int64_t limit, struct arena *arena,
                                  struct score_config **out_configs, size_t *out_count,
                                  int64_t *out_total, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__count_of(control, "SELECT count(*) FROM score_config WHERE project_id=?1",
                          project_id, out_total, error);
    if (status == STATUS_OK)
        status = read_rows(control, project_id, STR(""), skip, limit, arena, out_configs, out_count,
                           error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_score_config(struct control *control, uint32_t project_id, struct str id,
                                 struct arena *arena, struct score_config *out_config,
                                 struct error *error)
{
    struct score_config *configs;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (id.len) {
        pthread_mutex_lock(&control->lock);
        status = read_rows(control, project_id, id, 0, 1, arena, &configs, &count, error);
        pthread_mutex_unlock(&control->lock);
    }
    if (status == STATUS_OK && count == 0)
        return fail(error, STATUS_NOT_FOUND, "there is no score config '%.*s' in this project",
                    (int)(id.len > 100 ? 100 : id.len), id.ptr);
    if (status == STATUS_OK)
        *out_config = configs[0];
    return status;
}

/* --- what may be written --------------------------------------------------------------------- */

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!isalnum(c) && !strchr("_ .()-", c))
            return false;
    }
    return name.len > 0 && name.len <= SCORE_CONFIG_NAME_MAX;
}

static enum status check_categories(const struct score_config *config, struct error *error)
{
    if (config->category_count == 0)
        return fail(error, STATUS_INVALID, "categories: expected at least one {label, value}");
    if (config->category_count > SCORE_CONFIG_CATEGORIES_MAX)
        return fail(error, STATUS_INVALID, "categories: at most %d are kept",
                    SCORE_CONFIG_CATEGORIES_MAX);
    for (size_t i = 0; i < config->category_count; i++) {
        const struct score_config_category *one = &config->categories[i];
        if (one->label.len == 0 || one->label.len > SCORE_CONFIG_CATEGORY_MAX)
            return fail(error, STATUS_INVALID, "categories[%zu].label: expected 1 to %d bytes", i,
                        SCORE_CONFIG_CATEGORY_MAX);
        if (!isfinite(one->value))
            return fail(error, STATUS_INVALID, "categories[%zu].value: expected a number", i);
        for (size_t before = 0; before < i; before++)
            if (str_equal(config->categories[before].label, one->label) ||
                config->categories[before].value == one->value)
                return fail(error, STATUS_INVALID,
                            "categories[%zu]: its label or value is that of another", i);
    }
    return STATUS_OK;
}

static enum status check(struct score_config *config, struct arena *arena, struct error *error)
{
    if (!is_name(config->name))
        return fail(error, STATUS_INVALID,
                    "name: expected 1 to %d letters, digits, blanks and _.()-",
                    SCORE_CONFIG_NAME_MAX);
    if (config->description.len > SCORE_CONFIG_TEXT_MAX)
        return fail(error, STATUS_INVALID, "description: expected at most %d bytes",
                    SCORE_CONFIG_TEXT_MAX);
    bool numeric = config->type == SCORE_NUMERIC;
    if (!numeric && (!isnan(config->least) || !isnan(config->most)))
        return fail(error, STATUS_INVALID, "minValue, maxValue: only numbers have bounds");
    if (numeric && config->least >= config->most)
        return fail(error, STATUS_INVALID, "maxValue: expected more than minValue");
    if (config->type == SCORE_CATEGORICAL)
        return check_categories(config, error);
    if (config->type != SCORE_BOOLEAN && config->category_count)
        return fail(error, STATUS_INVALID, "categories: only CATEGORICAL and BOOLEAN have them");
    if (config->type != SCORE_BOOLEAN)
        return STATUS_OK;
    config->categories = arena_array(arena, struct score_config_category, 2);
    if (!config->categories)
        return fail(error, STATUS_TOO_LARGE, "no memory for the score config");
    config->categories[0] = (struct score_config_category){STR("True"), 1};
    config->categories[1] = (struct score_config_category){STR("False"), 0};
    config->category_count = 2;
    return STATUS_OK;
}

static enum status write_categories(struct control *control, const struct score_config *config,
                                    struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(control, "DELETE FROM score_category WHERE config_id=?1",
                                          &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, config->id);
    status = control__finish(control, statement, error);
    for (size_t i = 0; i < config->category_count && status == STATUS_OK; i++) {
        status = control__prepare(control,
                                  "INSERT INTO score_category(config_id, position, label, value)"
                                  " VALUES(?1, ?2, ?3, ?4)",
                                  &statement, error);
        if (status != STATUS_OK)
            return status;
        control__bind(statement, 1, config->id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        control__bind(statement, 3, config->categories[i].label);
        sqlite3_bind_double(statement, 4, config->categories[i].value);
        status = control__finish(control, statement, error);
    }
    return status;
}

/* No more than a project may have; of a change, only of its own project. */
static enum status write_row(struct control *control, uint32_t project_id,
                             const struct score_config *config, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO score_config(project_id, id, name, description, type, archived, least, most,"
        " created_ns, updated_ns) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE"
        " (SELECT count(*) FROM score_config WHERE project_id=?1 AND id<>?2) < ?11"
        " ON CONFLICT(project_id, id) DO UPDATE SET name=?3, description=?4, archived=?6, least=?7,"
        " most=?8, updated_ns=?10",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, config->id);
    control__bind(statement, 3, config->name);
    control__bind_or_null(statement, 4, config->description);
    sqlite3_bind_int(statement, 5, (int)config->type);
    sqlite3_bind_int(statement, 6, config->is_archived);
    bind_bound(statement, 7, config->least);
    bind_bound(statement, 8, config->most);
    sqlite3_bind_int64(statement, 9, config->created_ns);
    sqlite3_bind_int64(statement, 10, config->updated_ns);
    sqlite3_bind_int64(statement, 11, SCORE_CONFIGS_MAX);
    status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_TOO_LARGE, "a project has at most %d score configs",
                    SCORE_CONFIGS_MAX);
    return status;
}

/* Ids are the database's own, as categories name them. */
static enum status check_id(struct control *control, struct str id, struct error *error)
{
    sqlite3_stmt *statement;
    int64_t count = 0;
    enum status status = control__prepare(control, "SELECT count(*) FROM score_config WHERE id=?1",
                                          &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 1, id);
    status = control__count(control, statement, &count, error);
    return status == STATUS_OK && count
               ? fail(error, STATUS_CONFLICT, "id: there is a score config of this id already")
               : status;
}

static enum status write(struct control *control, uint32_t project_id, struct score_config *config,
                         bool is_new, struct error *error)
{
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    config->updated_ns = clock_now_ns();
    if (is_new) {
        config->created_ns = config->updated_ns;
        status = check_id(control, config->id, error);
    }
    if (status == STATUS_OK)
        status = write_row(control, project_id, config, error);
    if (status == STATUS_OK)
        status = write_categories(control, config, error);
    return control__end(control, status, error);
}

enum status control_score_config_add(struct control *control, uint32_t project_id,
                                     struct score_config *config, struct arena *arena,
                                     struct error *error)
{
    char id[CONTROL_ID_BYTES];
    enum status status = check(config, arena, error);
    if (status != STATUS_OK)
        return status;
    control__make_id(id);
    if (config->id.len == 0)
        config->id = arena_copy(arena, str_from(id));
    if (!config->id.ptr)
        return fail(error, STATUS_TOO_LARGE, "no memory for the score config");
    return write(control, project_id, config, true, error);
}

enum status control_score_config_put(struct control *control, uint32_t project_id,
                                     struct score_config *config, struct arena *arena,
                                     struct error *error)
{
    enum status status = check(config, arena, error);
    return status == STATUS_OK ? write(control, project_id, config, false, error) : status;
}
