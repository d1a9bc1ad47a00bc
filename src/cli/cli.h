/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli: one file a command, one row in commands.def. A command gets its own arguments (argv[0] is
 * its name) and returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 done but for what it
 * named.
 */
#pragma once

#include "base/status.h"
#include "control/control.h"

#define COMMAND(name, summary) int cli_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* Says what is wrong on standard error; returns 2. */
int cli_usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The control database of a data directory that is there; a server may be running on it. */
enum status cli_control_open(const char *data, struct control **out_control, struct error *error);
/* The same for a failure; returns 1. */
int cli_failure(const char *command, const struct error *error);
