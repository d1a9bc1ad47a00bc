/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_process: the process of a statement, seen from the server: started with nothing of ours,
 * spoken to over a socket, ended, and its end explained. Nothing waits longer than a tick without a
 * look at the clock and at whether anybody still asks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "store/sandbox_private.h"

enum { TICK_MS = 20, ROOM_BYTES = 64 * 1024 };

COUNTER(sandboxes_started, "vitrine_sql_statements_total", "", "Statements run in a sandbox");
COUNTER(sandboxes_killed, "vitrine_sql_statements_ended_total", "",
        "Sandboxes ended because of time, memory or an asker who left");

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

enum status sandbox__process_start(struct sandbox_process *process, struct error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(error, STATUS_INTERNAL, "sandbox: %s", strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int failed = spawn_with(ends[1], &process->pid);
    close(ends[1]);
    process->socket = ends[0];
    if (failed) {
        process->pid = 0;
        return fail(error, STATUS_INTERNAL, "sandbox: %s", strerror(failed));
    }
    counter_add(&sandboxes_started, 1);
    return STATUS_OK;
}

void sandbox__process_end(struct sandbox_process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (process->socket >= 0)
        close(process->socket);
    free(process->in);
    process->pid = 0;
    process->socket = -1;
    process->in = NULL;
    process->in_len = process->in_capacity = 0;
}

/* It closed its end without a word: killed by a limit, or broken. */
static enum status explain_end(struct sandbox_process *process, struct error *error)
{
    int how = 0;
    while (waitpid(process->pid, &how, 0) < 0 && errno == EINTR)
        ;
    process->pid = 0;
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
static enum status wait_for(struct sandbox_process *process, short events, struct error *error)
{
    struct pollfd one = {.fd = process->socket, .events = events};
    for (;;) {
        if (process->cancelled && *process->cancelled)
            return fail(error, STATUS_CANCELLED, "the question was cancelled");
        if (clock_mono_ns() >= process->deadline_ns ||
            store__reader_interrupted(process->store, process->reader)) {
            counter_add(&sandboxes_killed, 1);
            return fail(error, STATUS_TIMEOUT, "the statement took longer than it was given");
        }
        if (poll(&one, 1, TICK_MS) > 0)
            return STATUS_OK;
    }
}

enum status sandbox__process_send(struct sandbox_process *process, struct buf *out,
                                  struct error *error)
{
    sandbox__end(out);
    if (out->failed)
        return fail(error, STATUS_TOO_LARGE, "sandbox: a message is too large");
    for (size_t sent = 0; sent < out->len;) {
        ssize_t some = send(process->socket, out->ptr + sent, out->len - sent, MSG_NOSIGNAL);
        if (some >= 0) {
            sent += (size_t)some;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return explain_end(process, error);
        enum status status = wait_for(process, POLLOUT, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool make_room(struct sandbox_process *process, size_t len)
{
    if (len <= process->in_capacity)
        return true;
    size_t capacity = len + ROOM_BYTES;
    char *in = realloc(process->in, capacity);
    if (!in)
        return false;
    process->in = in;
    process->in_capacity = capacity;
    return true;
}

/* At least `len` bytes of input. */
static enum status fill(struct sandbox_process *process, size_t len, struct error *error)
{
    if (!make_room(process, len))
        return fail(error, STATUS_TOO_LARGE, "sandbox: no memory for a message");
    while (process->in_len < len) {
        ssize_t got = recv(process->socket, process->in + process->in_len,
                           process->in_capacity - process->in_len, 0);
        if (got > 0) {
            process->in_len += (size_t)got;
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return explain_end(process, error);
        enum status status = wait_for(process, POLLIN, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status sandbox__process_receive(struct sandbox_process *process,
                                     enum sandbox_message *out_kind, struct sandbox_in *out_in,
                                     size_t *out_len, struct error *error)
{
    uint32_t len;
    enum status status = fill(process, sizeof len + 1, error);
    if (status != STATUS_OK)
        return status;
    memcpy(&len, process->in, sizeof len);
    if (len == 0 || len > SANDBOX_MESSAGE_BYTES)
        return fail(error, STATUS_INTERNAL, "sandbox: a message of %u bytes", len);
    status = fill(process, sizeof len + len, error);
    *out_kind = (enum sandbox_message)process->in[sizeof len];
    *out_in = (struct sandbox_in){process->in + sizeof len + 1, len - 1, false};
    *out_len = sizeof len + len;
    return status;
}

void sandbox__process_drop(struct sandbox_process *process, size_t len)
{
    memmove(process->in, process->in + len, process->in_len - len);
    process->in_len -= len;
}
