/* SPDX-License-Identifier: Apache-2.0 */
/* main: picks the command. What a command does stands in cli/<command>.c. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, summary) {#name, summary, cli_##name},
#include "cli/commands.def"
#undef COMMAND
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    printf("vitrine: a self-hosted observability server for generative-AI applications\n\n"
           "usage: vitrine COMMAND [OPTION…]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    printf("\n`vitrine COMMAND --help` tells more. To begin:\n\n"
           "  vitrine serve                                  then open http://127.0.0.1:4318/\n"
           "  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318   and start your "
           "application\n");
}

int main(int argc, char **argv)
{
    /* Bodies of requests are large and short-lived: without this each one is mapped and unmapped, a
     * page fault a page. But what a thread's largest question took has to go back: nothing else
     * trims the end of an arena, and there are as many as threads, up to this many. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    mallopt(M_TOP_PAD, 2 << 20);
    mallopt(M_ARENA_MAX, 8);
    const char *name = argc > 1 ? argv[1] : "--help";
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        print_help();
        return 0;
    }
    if (!strcmp(name, "--version"))
        name = "version";
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(commands[i].name, name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "vitrine: no command '%s'; `vitrine --help` lists them\n", name);
    return 2;
}
