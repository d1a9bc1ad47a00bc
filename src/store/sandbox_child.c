/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_child: the process in which a statement runs.
 *
 * It gives up what it does not need, opens an empty engine, shows it the views
 * (sandbox_child_views.c), and runs the statement: parsed and shown to the other side first,
 * prepared as it is (so that errors point at what was written), then inside a SELECT of ours that
 * limits it and turns what it gives into numbers and text.
 *
 * Limits   SANDBOX_ENGINE_BYTES for the engine; SANDBOX_PROCESS_BYTES of address space and the
 *          question's time on the processor, kept by the kernel. One thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/sandbox_child.h"
#include "wire/json.h"

/* Sanitisers reserve far more memory than they use, and look at it through pipes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITISED = 1 };
#else
enum { SANITISED = 0 };
#endif

/* --- messages ------------------------------------------------------------------------------- */

/* The other side went away, or made no sense: nothing is left to do. */
_Noreturn void child__give_up(void)
{
    _exit(1);
}

void child__send(struct child *child)
{
    sandbox__end(&child->out);
    if (child->out.failed)
        child__give_up();
    for (size_t sent = 0; sent < child->out.len;) {
        ssize_t some =
            send(child->socket, child->out.ptr + sent, child->out.len - sent, MSG_NOSIGNAL);
        if (some < 0 && errno != EINTR)
            child__give_up();
        sent += some > 0 ? (size_t)some : 0;
    }
}

static void receive_bytes(struct child *child, void *bytes, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t some = recv(child->socket, (char *)bytes + got, len - got, 0);
        if (some == 0 || (some < 0 && errno != EINTR))
            child__give_up();
        got += some > 0 ? (size_t)some : 0;
    }
}

enum sandbox_message child__receive(struct child *child, struct sandbox_in *out_in)
{
    uint32_t len;
    receive_bytes(child, &len, sizeof len);
    if (len == 0)
        child__give_up();
    if (len > child->message_capacity) {
        free(child->message);
        child->message = malloc(len);
        child->message_capacity = len;
        if (!child->message)
            child__give_up();
    }
    receive_bytes(child, child->message, len);
    *out_in = (struct sandbox_in){child->message + 1, len - 1, false};
    return (enum sandbox_message)child->message[0];
}

static int send_failed(struct child *child, struct str type, struct str message, int64_t position)
{
    sandbox__begin(&child->out, MESSAGE_FAILED);
    sandbox__add_text(&child->out, type);
    sandbox__add_text(&child->out, message);
    buf_add_u64(&child->out, (uint64_t)position);
    child__send(child);
    return 0;
}

/* The engine's error, which is JSON (errors_as_json). */
static int failed(struct child *child, const char *message)
{
    struct json told;
    struct str text = str_from(message ? message : "no reason given");
    double position = -1;
    if (json_parse(text, &child->arena, &told, NULL) != STATUS_OK || told.type != JSON_OBJECT)
        return send_failed(child, STR(""), text, -1);
    const struct json *at = json_get(&told, STR("position"));
    if (!at || !json_number(at, &position) || !(position >= 0 && position < 1e9))
        position = -1;
    return send_failed(child, json_string(json_get(&told, STR("exception_type"))),
                       json_string(json_get(&told, STR("exception_message"))), (int64_t)position);
}

/* --- the engine ----------------------------------------------------------------------------- */

bool child__run(struct child *child, const char *sql)
{
    duckdb_result result;
    bool done = duckdb_query(child->connection, sql, &result) == DuckDBSuccess;
    duckdb_destroy_result(&result);
    return done;
}

static bool open_engine(struct child *child)
{
    char memory[32];
    duckdb_config config;
    snprintf(memory, sizeof memory, "%dMiB", SANDBOX_ENGINE_BYTES >> 20);
    const char *const settings[][2] = {
        {"memory_limit", memory},
        {"threads", "1"},
        {"temp_directory", ""}, /* nothing is put on disk */
        {"enable_external_access", "false"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
    };
    bool done = duckdb_create_config(&config) == DuckDBSuccess;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && done; i++)
        done = duckdb_set_config(config, settings[i][0], settings[i][1]) == DuckDBSuccess;
    done = done && duckdb_open_ext(NULL, &child->database, config, NULL) == DuckDBSuccess &&
           duckdb_connect(child->database, &child->connection) == DuckDBSuccess;
    duckdb_destroy_config(&config);
    for (uint32_t i = 0; i < child->view_count && done; i++)
        done = child__define_view(child, i);
    return done &&
           child__run(child, "SET TimeZone = 'UTC'; SET max_expression_depth = 250; "
                             "SET errors_as_json = true; SET streaming_buffer_size = '64KB'; "
                             "SET lock_configuration = true");
}

/* --- the statement -------------------------------------------------------------------------- */

/* The parse tree as JSON; `text` stays with the result. */
static bool parse(struct child *child, duckdb_result *result, struct str *out_tree)
{
    duckdb_prepared_statement statement;
    bool done =
        duckdb_prepare(child->connection,
                       "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)",
                       &statement) == DuckDBSuccess &&
        duckdb_bind_varchar_length(statement, 1, child->sql.ptr, child->sql.len) == DuckDBSuccess &&
        duckdb_execute_prepared(statement, result) == DuckDBSuccess;
    duckdb_data_chunk chunk = done ? duckdb_fetch_chunk(*result) : NULL;
    done = chunk && duckdb_data_chunk_get_size(chunk) == 1;
    if (done) {
        duckdb_string_t *text = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        *out_tree = arena_copy(
            &child->arena, (struct str){duckdb_string_t_data(text), duckdb_string_t_length(*text)});
    }
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_prepare(&statement);
    return done && out_tree->ptr;
}

static enum sandbox_type type_of(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return SANDBOX_BOOLEAN;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
        return SANDBOX_INTEGER;
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
        return SANDBOX_NUMBER;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return SANDBOX_TIME;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
        return SANDBOX_JSON;
    default:
        return SANDBOX_TEXT;
    }
}

/* What a column becomes on the way out. Sums of whole numbers are 128 bits wide and stop at the
 * ends of 64. */
static const char *conversion(enum sandbox_type type, duckdb_type engine_type)
{
    switch (type) {
    case SANDBOX_INTEGER:
        return engine_type == DUCKDB_TYPE_HUGEINT || engine_type == DUCKDB_TYPE_UBIGINT
                   ? "CASE WHEN c%1$zu IS NOT NULL THEN CAST(least(greatest(CAST(c%1$zu AS "
                     "HUGEINT), -9223372036854775808), 9223372036854775807) AS BIGINT) END"
                   : "CAST(c%zu AS BIGINT)";
    case SANDBOX_NUMBER:
    case SANDBOX_MONEY:
        return "CAST(c%zu AS DOUBLE)";
    case SANDBOX_TIME:
        return "CAST(TRY(epoch_ns(c%zu)) AS BIGINT)";
    case SANDBOX_BOOLEAN:
        return "CAST(c%zu AS BOOLEAN)";
    case SANDBOX_JSON:
        return "CAST(to_json(c%zu) AS VARCHAR)";
    default:
        return "CAST(c%zu AS VARCHAR)";
    }
}

static bool send_head(struct child *child, duckdb_prepared_statement statement)
{
    size_t count = duckdb_prepared_statement_column_count(statement);
    if (count == 0 || count > SANDBOX_COLUMNS_MAX) {
        struct str text = arena_printf(&child->arena, "%zu columns, at most %d are shown", count,
                                       SANDBOX_COLUMNS_MAX);
        send_failed(child, STR("Too Large"), text, -1);
        return false;
    }
    sandbox__begin(&child->out, MESSAGE_HEAD);
    buf_add_u32(&child->out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const char *name = duckdb_prepared_statement_column_name(statement, i);
        duckdb_type type = duckdb_prepared_statement_column_type(statement, i);
        child->columns[i].engine_type = type;
        child->columns[i].type = type_of(type);
        buf_add_u32(&child->out, child->columns[i].type);
        sandbox__add_text(&child->out, str_from(name ? name : ""));
        duckdb_free((void *)(uintptr_t)name);
    }
    child->column_count = count;
    child__send(child);
    return true;
}

static const char only_select[] = "only SELECT is answered here";

/* Prepared as it was written; false: said what is wrong with it. */
static bool describe(struct child *child)
{
    duckdb_prepared_statement statement;
    bool done = false;
    if (duckdb_prepare(child->connection, child->sql.ptr, &statement) != DuckDBSuccess)
        failed(child, duckdb_prepare_error(statement));
    else if (duckdb_prepared_statement_type(statement) != DUCKDB_STATEMENT_TYPE_SELECT)
        send_failed(child, STR("Permission"), str_from(only_select), -1);
    else if (duckdb_nparams(statement) != 0)
        send_failed(child, STR("Parser"), STR("parameters are not taken"), -1);
    else
        done = send_head(child, statement);
    duckdb_destroy_prepare(&statement);
    return done;
}

static void write_wrapped(const struct child *child, struct buf *sql)
{
    buf_add_str(sql, STR("SELECT "));
    for (size_t i = 0; i < child->column_count; i++) {
        char piece[200];
        const char *as = conversion(child->columns[i].type, child->columns[i].engine_type);
        int len = snprintf(piece, sizeof piece, as, i);
        buf_add_str(sql, i ? STR(", ") : STR(""));
        buf_add(sql, piece, (size_t)len);
    }
    buf_add_str(sql, STR(" FROM (\n"));
    buf_add_str(sql, sandbox__without_end(child->sql));
    buf_add_str(sql, STR("\n) answer("));
    for (size_t i = 0; i < child->column_count; i++)
        buf_printf(sql, "%sc%zu", i ? ", " : "", i);
    buf_printf(sql, ") LIMIT %lld", (long long)child->limit + 1);
    buf_add_byte(sql, 0);
}

static int send_rows(struct child *child, duckdb_result *result)
{
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(*result)) != NULL) {
        sandbox__begin(&child->out, MESSAGE_ROWS);
        sandbox__add_chunk(&child->out, chunk);
        duckdb_destroy_data_chunk(&chunk);
        child__send(child);
    }
    const char *broken = duckdb_result_error(result);
    if (broken && *broken)
        return failed(child, broken);
    sandbox__begin(&child->out, MESSAGE_DONE);
    child__send(child);
    return 0;
}

static int answer(struct child *child)
{
    duckdb_prepared_statement statement;
    duckdb_pending_result pending = NULL;
    duckdb_result result;
    struct buf sql = {0};
    write_wrapped(child, &sql);
    if (sql.failed)
        child__give_up();
    if (duckdb_prepare(child->connection, sql.ptr, &statement) != DuckDBSuccess)
        return failed(child, duckdb_prepare_error(statement));
    if (duckdb_prepared_statement_type(statement) != DUCKDB_STATEMENT_TYPE_SELECT)
        return send_failed(child, STR("Permission"), str_from(only_select), -1);
    if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess)
        return failed(child, duckdb_pending_error(pending));
    if (duckdb_execute_pending(pending, &result) != DuckDBSuccess)
        return failed(child, duckdb_result_error(&result));
    return send_rows(child, &result);
}

/* --- the process ---------------------------------------------------------------------------- */

static void limit(int resource, uint64_t most)
{
    const struct rlimit both = {most, most};
    setrlimit(resource, &both);
}

/* Ends with its parent, cannot become more than it is, writes no file, and yields to ingestion. */
static void give_up_rights(int seconds)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, (uint64_t)seconds);
    if (!SANITISED)
        limit(RLIMIT_AS, SANDBOX_PROCESS_BYTES);
    if (nice(5) < 0)
        errno = 0;
}

static bool read_views(struct child *child, struct sandbox_in *in)
{
    child->view_count = sandbox__in_u32(in);
    child->views = arena_array(&child->arena, struct sandbox_view, child->view_count);
    for (uint32_t i = 0; child->views && i < child->view_count && !in->failed; i++) {
        struct sandbox_view *view = &child->views[i];
        view->name = arena_copy(&child->arena, sandbox__in_text(in)).ptr;
        view->column_count = sandbox__in_u32(in);
        struct sandbox_column *columns =
            arena_array(&child->arena, struct sandbox_column, view->column_count);
        for (size_t k = 0; columns && k < view->column_count && !in->failed; k++) {
            columns[k].type = (enum sandbox_type)sandbox__in_u32(in);
            columns[k].name = arena_copy(&child->arena, sandbox__in_text(in)).ptr;
        }
        view->columns = columns;
    }
    return child->views && !in->failed;
}

int store_sandbox_serve(int socket)
{
    static struct child whole;
    struct child *child = &whole;
    struct sandbox_in in;
    struct str tree = STR_NONE;
    duckdb_result parsed;
    memset(&parsed, 0, sizeof parsed);
    child->socket = socket;
    arena_init(&child->arena, ARENA_NO_LIMIT);
    if (child__receive(child, &in) != MESSAGE_QUESTION)
        child__give_up();
    int seconds = (int)sandbox__in_u32(&in);
    child->limit = (int64_t)sandbox__in_u64(&in);
    child->sql = arena_copy(&child->arena, sandbox__in_text(&in));
    if (!child->sql.ptr || !read_views(child, &in))
        child__give_up();
    give_up_rights(seconds);
    bool opened = open_engine(child);
    /* From here on there is no descriptor left for a file or a socket, whatever the engine does. */
    if (!SANITISED)
        limit(RLIMIT_NOFILE, SANDBOX_SOCKET + 1);
    if (!opened)
        return send_failed(child, STR("INTERNAL"), STR("the engine does not start"), -1);
    if (!parse(child, &parsed, &tree))
        return failed(child, duckdb_result_error(&parsed));
    sandbox__begin(&child->out, MESSAGE_TREE);
    sandbox__add_text(&child->out, tree);
    child__send(child);
    if (child__receive(child, &in) != MESSAGE_GO)
        child__give_up();
    /* What is left in memory goes with the process. */
    return describe(child) ? answer(child) : 0;
}
