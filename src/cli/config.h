/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: the server's settings (options.def): command line before environment before file before
 * default.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

struct config {
#define OPTION(member, placeholder, fallback, help) const char *member;
#include "cli/options.def"
#undef OPTION
    const char *config_file;
    bool help;
    struct arena arena; /* owns the texts */
};

/* argv[0] is the command. Errors name the option, variable or line. Free with config_done(). */
enum status config_load(int argc, char **argv, struct config *out_config, struct error *error);
void config_done(struct config *config);
/* A whole number option; the error names it. */
enum status config_number(const char *name, const char *text, int64_t least, int64_t most,
                          int64_t *out_number, struct error *error);
void config_print_help(void);
