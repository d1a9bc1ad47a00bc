/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: starts the process that answers a statement, gives it the rows it asks for, takes what
 * it answers, and ends it: when it is done, when its time is over, when nobody waits any more.
 */
#define _GNU_SOURCE
#include "store/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "store/sandbox_private.h"
#include "wire/json.h"
#include "wire/utf8.h"

enum { TICK_MS = 20, ROOM_BYTES = 64 * 1024 };

COUNTER(sandboxes_started, "vitrine_sql_statements_total", "", "Statements run in a sandbox");
COUNTER(sandboxes_killed, "vitrine_sql_statements_ended_total", "",
        "Sandboxes ended because of time, memory or an asker who left");

struct sandbox {
    struct store *store;
    const struct sandbox_question *question;
    struct sandbox_answer *answer;
    struct arena *arena;
    struct reader *reader; /* its clock and its place in the pool */
    int64_t deadline_ns;
    pid_t pid;
    int socket;
    struct buf out;
    char *in; /* what came in and was not looked at yet */
    size_t in_len, in_capacity;
    struct sandbox_scan scans[SANDBOX_SCANS_MAX];
    struct sandbox_answer_column *columns;
    struct sandbox_cell *cells;
    size_t column_count;
    int64_t rows, bytes;
};

/* --- the process ---------------------------------------------------------------------------- */

/* Nothing of our environment but where libraries are and what sanitisers are told: keys stand
 * there. */
static void pick_environment(char **out, size_t most)
{
    static const char *const names[] = {
        "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
    size_t count = 0;
    for (char **one = environ; *one && count + 1 < most; one++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncmp(*one, names[i], strlen(names[i])) == 0 && count + 1 < most)
                out[count++] = *one;
    out[count] = NULL;
}

static int spawn_with(int socket, pid_t *out_pid)
{
    static const char *const arguments[] = {"vitrine", "sandbox", NULL};
    char *environment[8];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    pick_environment(environment, sizeof environment / sizeof *environment);
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, socket, SANDBOX_SOCKET);
    posix_spawn_file_actions_addclosefrom_np(&actions, SANDBOX_SOCKET + 1);
    int failed = posix_spawn(out_pid, "/proc/self/exe", &actions, &attributes,
                             (char *const *)(uintptr_t)arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static enum status start(struct sandbox *sandbox, struct error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(error, STATUS_INTERNAL, "sandbox: %s", strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int failed = spawn_with(ends[1], &sandbox->pid);
    close(ends[1]);
    sandbox->socket = ends[0];
    if (failed) {
        sandbox->pid = 0;
        return fail(error, STATUS_INTERNAL, "sandbox: %s", strerror(failed));
    }
    counter_add(&sandboxes_started, 1);
    return STATUS_OK;
}

static void end(struct sandbox *sandbox)
{
    if (sandbox->pid > 0) {
        kill(sandbox->pid, SIGKILL);
        while (waitpid(sandbox->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (sandbox->socket >= 0)
        close(sandbox->socket);
    sandbox->pid = 0;
    sandbox->socket = -1;
}

/* It closed its end without a word: killed by a limit, or broken. */
static enum status explain_end(struct sandbox *sandbox, struct error *error)
{
    int how = 0;
    while (waitpid(sandbox->pid, &how, 0) < 0 && errno == EINTR)
        ;
    sandbox->pid = 0;
    counter_add(&sandboxes_killed, 1);
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGXCPU)
        return fail(error, STATUS_TIMEOUT, "the statement took longer than it was given");
    /* An engine that finds no memory where it does not expect that aborts. */
    if (WIFSIGNALED(how) && (WTERMSIG(how) == SIGABRT || WTERMSIG(how) == SIGKILL))
        return fail(error, STATUS_TOO_LARGE, "the statement needs more memory than it may have");
    log_error("sandbox", "ended unexpectedly", "%s=%d", WIFSIGNALED(how) ? "signal" : "code",
              WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    return fail(error, STATUS_INVALID, "the engine cannot run this statement");
}

/* --- messages ------------------------------------------------------------------------------- */

/* Waits until the socket is ready, in ticks, so that the clock and the asker are looked at. */
static enum status wait_for(struct sandbox *sandbox, short events, struct error *error)
{
    struct pollfd one = {.fd = sandbox->socket, .events = events};
    for (;;) {
        const _Atomic bool *cancelled = sandbox->question->cancelled;
        if (cancelled && *cancelled)
            return fail(error, STATUS_CANCELLED, "the question was cancelled");
        if (clock_mono_ns() >= sandbox->deadline_ns ||
            store__reader_interrupted(sandbox->store, sandbox->reader)) {
            counter_add(&sandboxes_killed, 1);
            return fail(error, STATUS_TIMEOUT, "the statement took longer than it was given");
        }
        if (poll(&one, 1, TICK_MS) > 0)
            return STATUS_OK;
    }
}

static enum status send_out(struct sandbox *sandbox, struct error *error)
{
    struct buf *out = &sandbox->out;
    sandbox__end(out);
    if (out->failed)
        return fail(error, STATUS_TOO_LARGE, "sandbox: a message is too large");
    for (size_t sent = 0; sent < out->len;) {
        ssize_t some = send(sandbox->socket, out->ptr + sent, out->len - sent, MSG_NOSIGNAL);
        if (some >= 0) {
            sent += (size_t)some;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return explain_end(sandbox, error);
        enum status status = wait_for(sandbox, POLLOUT, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool make_room(struct sandbox *sandbox, size_t len)
{
    if (len <= sandbox->in_capacity)
        return true;
    size_t capacity = len + ROOM_BYTES;
    char *in = realloc(sandbox->in, capacity);
    if (!in)
        return false;
    sandbox->in = in;
    sandbox->in_capacity = capacity;
    return true;
}

/* At least `len` bytes of input. */
static enum status fill(struct sandbox *sandbox, size_t len, struct error *error)
{
    if (!make_room(sandbox, len))
        return fail(error, STATUS_TOO_LARGE, "sandbox: no memory for a message");
    while (sandbox->in_len < len) {
        ssize_t got = recv(sandbox->socket, sandbox->in + sandbox->in_len,
                           sandbox->in_capacity - sandbox->in_len, 0);
        if (got > 0) {
            sandbox->in_len += (size_t)got;
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return explain_end(sandbox, error);
        enum status status = wait_for(sandbox, POLLIN, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The next message; it stays until drop() is called with its length. */
static enum status receive(struct sandbox *sandbox, enum sandbox_message *out_kind,
                           struct sandbox_in *out_in, size_t *out_len, struct error *error)
{
    uint32_t len;
    enum status status = fill(sandbox, sizeof len + 1, error);
    if (status != STATUS_OK)
        return status;
    memcpy(&len, sandbox->in, sizeof len);
    if (len == 0 || len > SANDBOX_MESSAGE_BYTES)
        return fail(error, STATUS_INTERNAL, "sandbox: a message of %u bytes", len);
    status = fill(sandbox, sizeof len + len, error);
    *out_kind = (enum sandbox_message)sandbox->in[sizeof len];
    *out_in = (struct sandbox_in){sandbox->in + sizeof len + 1, len - 1, false};
    *out_len = sizeof len + len;
    return status;
}

static void drop(struct sandbox *sandbox, size_t len)
{
    memmove(sandbox->in, sandbox->in + len, sandbox->in_len - len);
    sandbox->in_len -= len;
}

static enum status nonsense(struct error *error)
{
    return fail(error, STATUS_INTERNAL, "sandbox: a message makes no sense");
}

/* --- what is said --------------------------------------------------------------------------- */

static enum status send_question(struct sandbox *sandbox, struct error *error)
{
    const struct sandbox_question *question = sandbox->question;
    struct buf *out = &sandbox->out;
    sandbox__begin(out, MESSAGE_QUESTION);
    buf_add_u32(out, (uint32_t)(question->timeout_ms / 1000 + 2));
    buf_add_u64(out, (uint64_t)question->limit);
    sandbox__add_text(out, question->sql);
    buf_add_u32(out, (uint32_t)question->view_count);
    for (size_t i = 0; i < question->view_count; i++) {
        const struct sandbox_view *view = &question->views[i];
        sandbox__add_text(out, str_from(view->name));
        buf_add_u32(out, (uint32_t)view->column_count);
        for (size_t k = 0; k < view->column_count; k++) {
            buf_add_u32(out, view->columns[k].type);
            sandbox__add_text(out, str_from(view->columns[k].name));
        }
    }
    return send_out(sandbox, error);
}

static enum status take_tree(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    struct json root;
    double position;
    struct str tree = sandbox__in_text(in);
    if (in->failed)
        return nonsense(error);
    if (json_parse(tree, sandbox->arena, &root, NULL) != STATUS_OK)
        return fail(error, STATUS_TOO_LARGE, "the statement is nested too deeply");
    const struct json *refused = json_get(&root, STR("error"));
    if (refused && refused->type == JSON_BOOL && refused->boolean) {
        struct str why = json_string(json_get(&root, STR("error_message")));
        const struct json *at = json_get(&root, STR("position"));
        sandbox->answer->has_position = at && json_number(at, &position) && position >= 0;
        if (sandbox->answer->has_position)
            sandbox->answer->position = (size_t)position;
        return str_contains(why, STR("Only SELECT"))
                   ? fail(error, STATUS_FORBIDDEN, "only SELECT is answered here")
                   : fail(error, STATUS_INVALID, "%.*s", (int)(why.len > 480 ? 480 : why.len),
                          why.ptr ? why.ptr : "");
    }
    enum status status = sandbox->question->check(sandbox->question->context, tree, error);
    if (status != STATUS_OK)
        return status;
    sandbox__begin(&sandbox->out, MESSAGE_GO);
    return send_out(sandbox, error);
}

static enum status take_head(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    size_t count = sandbox__in_u32(in);
    if (in->failed || sandbox->columns || count == 0 || count > SANDBOX_COLUMNS_MAX)
        return nonsense(error);
    sandbox->columns = arena_array(sandbox->arena, struct sandbox_answer_column, count);
    sandbox->cells = arena_array(sandbox->arena, struct sandbox_cell, count);
    if (!sandbox->columns || !sandbox->cells)
        return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
    sandbox->column_count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t type = sandbox__in_u32(in);
        if (type > SANDBOX_JSON)
            return nonsense(error);
        sandbox->columns[i] = (struct sandbox_answer_column){
            arena_copy(sandbox->arena, sandbox__in_text(in)), (enum sandbox_type)type};
    }
    if (in->failed)
        return nonsense(error);
    return sandbox->question->head(sandbox->question->context, sandbox->columns, count, error);
}

static enum status take_next(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    uint32_t columns[SANDBOX_COLUMNS_MAX];
    uint32_t number = sandbox__in_u32(in), view_number = sandbox__in_u32(in);
    uint32_t count = sandbox__in_u32(in);
    if (in->failed || view_number >= sandbox->question->view_count || count > SANDBOX_COLUMNS_MAX)
        return nonsense(error);
    const struct sandbox_view *view = &sandbox->question->views[view_number];
    for (uint32_t i = 0; i < count; i++)
        if ((columns[i] = sandbox__in_u32(in)) >= view->column_count)
            return nonsense(error);
    if (in->failed || count == 0)
        return nonsense(error);
    if (number >= SANDBOX_SCANS_MAX)
        return fail(error, STATUS_TOO_LARGE, "a statement can read %d times from the views",
                    SANDBOX_SCANS_MAX);
    struct sandbox_scan *scan = &sandbox->scans[number];
    enum status status = STATUS_OK;
    if (!scan->open)
        status =
            sandbox__scan_start(scan, sandbox->store, sandbox->reader, view, columns, count, error);
    duckdb_data_chunk chunk = NULL;
    if (status == STATUS_OK)
        status = sandbox__scan_next(scan, sandbox->store, sandbox->reader, &chunk, error);
    if (status != STATUS_OK)
        return status;
    sandbox__begin(&sandbox->out, chunk ? MESSAGE_CHUNK : MESSAGE_LAST);
    if (chunk) {
        sandbox__add_chunk(&sandbox->out, chunk);
        sandbox->answer->rows_scanned += (int64_t)duckdb_data_chunk_get_size(chunk);
        sandbox->answer->bytes_scanned += (int64_t)sandbox->out.len;
        duckdb_destroy_data_chunk(&chunk);
    }
    return send_out(sandbox, error);
}

static void read_cell(struct sandbox_cell *cell, enum sandbox_type type,
                      struct sandbox_vector *vector, size_t row)
{
    *cell = (struct sandbox_cell){.is_null = sandbox_is_null(vector, row)};
    if (sandbox_is_text(type)) {
        uint32_t len;
        memcpy(&len, vector->data.ptr + 4 * row, sizeof len);
        cell->text = str_sub(vector->bytes, 0, len);
        vector->bytes = str_sub(vector->bytes, len, vector->bytes.len);
    } else if (type == SANDBOX_BOOLEAN) {
        cell->integer = vector->data.ptr[row] != 0;
    } else if (type == SANDBOX_NUMBER || type == SANDBOX_MONEY) {
        memcpy(&cell->number, vector->data.ptr + 8 * row, sizeof cell->number);
    } else {
        memcpy(&cell->integer, vector->data.ptr + 8 * row, sizeof cell->integer);
    }
}

static enum status take_rows(struct sandbox *sandbox, struct sandbox_in *in, size_t len,
                             struct error *error)
{
    struct sandbox_vector vectors[SANDBOX_COLUMNS_MAX];
    size_t rows = sandbox__in_u32(in);
    if (in->failed || !sandbox->columns || rows > 1 << 16)
        return nonsense(error);
    for (size_t i = 0; i < sandbox->column_count; i++)
        sandbox__in_vector(in, sandbox->columns[i].type, rows, &vectors[i]);
    if (in->failed)
        return nonsense(error);
    sandbox->bytes += (int64_t)len;
    if (sandbox->bytes > SANDBOX_ANSWER_BYTES)
        return fail(error, STATUS_TOO_LARGE, "the answer is larger than %d MiB: narrow it",
                    SANDBOX_ANSWER_BYTES >> 20);
    enum status status = STATUS_OK;
    for (size_t row = 0; row < rows && status == STATUS_OK; row++) {
        if (sandbox->rows == sandbox->question->limit) {
            sandbox->answer->truncated = true;
            break;
        }
        for (size_t i = 0; i < sandbox->column_count; i++)
            read_cell(&sandbox->cells[i], sandbox->columns[i].type, &vectors[i], row);
        status = sandbox->question->row(sandbox->question->context, sandbox->cells, error);
        sandbox->rows++;
    }
    return status;
}

static enum status status_of(struct str type)
{
    static const struct {
        const char *type;
        enum status status;
    } known[] = {
        {"Permission", STATUS_FORBIDDEN},        {"Out of Memory", STATUS_TOO_LARGE},
        {"Interrupt", STATUS_TIMEOUT},           {"INTERNAL", STATUS_INVALID},
        {"Missing Extension", STATUS_FORBIDDEN}, {"Too Large", STATUS_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_equal_nocase(type, str_from(known[i].type)))
            return known[i].status;
    return STATUS_INVALID;
}

static enum status take_failure(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    struct str type = sandbox__in_text(in), text = sandbox__in_text(in);
    int64_t position = (int64_t)sandbox__in_u64(in);
    if (in->failed)
        return nonsense(error);
    /* Once it ran, positions are those of our SELECT around it. */
    sandbox->answer->has_position = position >= 0 && !sandbox->columns;
    sandbox->answer->position = position >= 0 ? (size_t)position : 0;
    if (str_equal(type, STR("Out of Memory")) || str_contains(text, STR("bad_alloc")))
        return fail(error, STATUS_TOO_LARGE, "the statement needs more than its %d MiB of memory",
                    SANDBOX_ENGINE_BYTES >> 20);
    return fail(error, status_of(type), "%.*s", (int)(text.len > 480 ? 480 : text.len),
                text.ptr ? text.ptr : "");
}

static enum status talk(struct sandbox *sandbox, struct error *error)
{
    enum status status = send_question(sandbox, error);
    while (status == STATUS_OK) {
        enum sandbox_message kind = 0;
        struct sandbox_in in;
        size_t len = 0;
        status = receive(sandbox, &kind, &in, &len, error);
        if (status != STATUS_OK || kind == MESSAGE_DONE)
            break;
        if (kind == MESSAGE_TREE)
            status = take_tree(sandbox, &in, error);
        else if (kind == MESSAGE_HEAD)
            status = take_head(sandbox, &in, error);
        else if (kind == MESSAGE_NEXT)
            status = take_next(sandbox, &in, error);
        else if (kind == MESSAGE_ROWS)
            status = take_rows(sandbox, &in, len, error);
        else if (kind == MESSAGE_FAILED)
            status = take_failure(sandbox, &in, error);
        else
            status = nonsense(error);
        /* One row too many was asked for, to know; the rest is nobody's. */
        if (sandbox->answer->truncated)
            break;
        drop(sandbox, len);
    }
    return status;
}

/* --- the door ------------------------------------------------------------------------------- */

static enum status run(struct sandbox *sandbox, struct error *error)
{
    const struct store_question clock = {.timeout_ms = sandbox->question->timeout_ms,
                                         .cancelled = sandbox->question->cancelled};
    enum status status = store__reader_take(sandbox->store, &clock, &sandbox->reader, error);
    if (status != STATUS_OK)
        return status;
    status = start(sandbox, error);
    if (status == STATUS_OK)
        status = talk(sandbox, error);
    end(sandbox);
    for (int i = 0; i < SANDBOX_SCANS_MAX; i++)
        if (sandbox->scans[i].open)
            sandbox__scan_done(&sandbox->scans[i], sandbox->store, sandbox->reader);
    store__reader_give_back(sandbox->store, sandbox->reader);
    return status;
}

enum status store_sandbox_select(struct store *store, const struct sandbox_question *question,
                                 struct arena *arena, struct sandbox_answer *out_answer,
                                 struct error *error)
{
    *out_answer = (struct sandbox_answer){0};
    if (!utf8_valid(question->sql) || memchr(question->sql.ptr, 0, question->sql.len))
        return fail(error, STATUS_INVALID, "sql: expected UTF-8 text without zero bytes");
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return fail(error, STATUS_INTERNAL, "no memory for a sandbox");
    *sandbox = (struct sandbox){
        .store = store,
        .question = question,
        .answer = out_answer,
        .arena = arena,
        .deadline_ns = clock_mono_ns() + question->timeout_ms * NS_PER_MS,
        .socket = -1,
    };
    enum status status =
        store__sandbox_enter(store, question->timeout_ms, question->cancelled, error);
    if (status == STATUS_OK) {
        status = run(sandbox, error);
        store__sandbox_leave(store);
    }
    if (status != STATUS_OK && question->cancelled && *question->cancelled)
        status = fail(error, STATUS_CANCELLED, "the question was cancelled");
    buf_done(&sandbox->out);
    free(sandbox->in);
    free(sandbox);
    return status;
}
