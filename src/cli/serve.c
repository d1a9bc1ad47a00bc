/* SPDX-License-Identifier: Apache-2.0 */
/* serve: runs the server until SIGTERM or SIGINT, then lets requests in flight end and exits with
 * 0. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "pipeline/server.h"

static void print_help(void)
{
    printf(
        "usage: vitrine serve [OPTION…]\n\n"
        "Runs the server. Each option is also an environment variable (--data is VITRINE_DATA)\n"
        "and a member of the configuration file; the command line wins, then the environment.\n\n");
    config_print_help();
    printf("\nStops on SIGTERM or SIGINT: answers what is in flight, writes what it has, exits "
           "with 0.\n");
}

static enum status read_options(const struct config *config, struct vitrine_options *out_options,
                                struct error *error)
{
    enum log_level level;
    if (!log_level_parse(str_from(config->log), &level))
        return fail(error, STATUS_INVALID,
                    "log: expected debug, info, warn, error or off, got '%s'", config->log);
    if (strcmp(config->log_format, "text") && strcmp(config->log_format, "json"))
        return fail(error, STATUS_INVALID, "log_format: expected text or json, got '%s'",
                    config->log_format);
    log_set_level(level);
    log_format_json(!strcmp(config->log_format, "json"));
    int64_t days, gigabytes, low, body, memory;
    enum status status;
    if ((status =
             config_number("retention_days", config->retention_days, 0, 36500, &days, error)) ||
        (status =
             config_number("retention_gb", config->retention_gb, 0, 1 << 20, &gigabytes, error)) ||
        (status = config_number("disk_low_mb", config->disk_low_mb, 0, 1 << 30, &low, error)) ||
        (status = config_number("body_max_mb", config->body_max_mb, 1, 1024, &body, error)) ||
        (status = config_number("index_memory_mb", config->index_memory_mb, 64, 1 << 20, &memory,
                                error)))
        return status;
    *out_options = (struct vitrine_options){
        .data = config->data,
        .http = config->http,
        .grpc = config->grpc,
        .auth = config->auth,
        .hosts = config->hosts,
        .prices = config->prices,
        .init_public_key = config->init_public_key,
        .init_secret_key = config->init_secret_key,
        .retention_days = days,
        .retention_bytes = gigabytes << 30,
        .disk_low_bytes = low << 20,
        .body_max_bytes = body << 20,
        .index_memory_bytes = memory << 20,
    };
    return STATUS_OK;
}

/* Standard output is for whoever started us: where it listens, and a new project's keys, once. */
static void print_where(const struct vitrine *vitrine)
{
    printf("vitrine %s\n%s/\n", VITRINE_VERSION, vitrine_url(vitrine));
    if (vitrine_grpc(vitrine)[0])
        printf("grpc %s\n", vitrine_grpc(vitrine));
    if (vitrine_new_public_key(vitrine))
        printf("project default\n  public key %s\n  secret key %s   (shown this once)\n",
               vitrine_new_public_key(vitrine), vitrine_new_secret_key(vitrine));
    fflush(stdout);
}

int cli_serve(int argc, char **argv)
{
    struct config config;
    struct error error = {0};
    struct vitrine_options options;
    struct vitrine *vitrine;
    if (config_load(argc, argv, &config, &error) != STATUS_OK)
        return cli_usage_error("serve", "%s", error.text);
    if (config.help) {
        print_help();
        config_done(&config);
        return 0;
    }
    /* Blocked before any thread starts, so that only sigtimedwait() below sees them. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    int code = 0;
    if (read_options(&config, &options, &error) != STATUS_OK) {
        code = cli_usage_error("serve", "%s", error.text);
    } else if (vitrine_start(&options, &vitrine, &error) != STATUS_OK) {
        code = cli_failure("serve", &error);
    } else {
        print_where(vitrine);
        const struct timespec second = {.tv_sec = 1};
        while (sigtimedwait(&signals, NULL, &second) < 0) {
            vitrine_tick(vitrine);
            if (vitrine_failed(vitrine, &error) != STATUS_OK) {
                code = cli_failure("serve", &error);
                break;
            }
        }
        log_info("server", "stopping", "%s", "");
        vitrine_stop(vitrine);
        log_info("server", "stopped", "%s", "");
    }
    config_done(&config);
    return code;
}
