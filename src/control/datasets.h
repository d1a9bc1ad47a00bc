/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datasets: examples to try a program on, and what it did on them: datasets of items, each with its
 * history, and runs that say which trace came of which item.
 *
 * An item is never overwritten: each change is a version with the time from which it holds, so that
 * a dataset can be read as of any moment. Whether a payload fits the dataset's schemas is checked
 * by who calls (serve).
 *
 * In what is written, a text whose ptr is NULL leaves what is there, an empty one clears it.
 * Payloads, metadata and schemas are JSON; in what is read, ptr NULL is none.
 *
 * Limits   the enum below; beyond, STATUS_TOO_LARGE.
 */
#pragma once

#include "control/control.h"

enum {
    DATASETS_MAX = 10000,             /* a project */
    DATASET_ITEMS_MAX = 100000,       /* of one dataset, that are there now */
    DATASET_VERSIONS_MAX = 1000,      /* of one item */
    DATASET_RUNS_MAX = 10000,         /* of one dataset */
    DATASET_RUN_ITEMS_MAX = 100000,   /* of one run */
    DATASET_BATCH_MAX = 1000,         /* items written at once */
    DATASET_NAME_BYTES_MAX = 1000,    /* of datasets and runs */
    DATASET_TEXT_BYTES_MAX = 20000,   /* of a description */
    DATASET_ID_BYTES_MAX = 255,       /* of items, traces and observations */
    DATASET_JSON_BYTES_MAX = 1 << 20, /* metadata of datasets and runs */
    DATASET_ITEM_BYTES_MAX = 4 << 20, /* input, expected output and metadata together */
};

struct dataset {
    struct str id, name, description, metadata;
    struct str input_schema, expected_schema;
    int64_t items, archived, runs; /* how many there are now */
    int64_t created_ns, updated_ns;
};

struct dataset_item {
    struct str id, dataset_id, dataset_name;
    struct str input, expected, metadata;
    struct str source_trace, source_span; /* as their senders wrote them */
    bool is_archived;
    int64_t created_ns, updated_ns; /* of the item; of this version, in whole milliseconds */
};

enum item_state { ITEM_STATE_KEEP, ITEM_STATE_ACTIVE, ITEM_STATE_ARCHIVED };
struct dataset_item_change {
    struct str id; /* empty: a new one */
    struct str input, expected, metadata, source_trace, source_span;
    enum item_state state;
};

struct dataset_run {
    struct str id, name, description, metadata, dataset_id, dataset_name;
    int64_t items, created_ns, updated_ns;
    int64_t number; /* of all runs; later ones have larger ones */
};

struct dataset_run_item {
    struct str id, run_id, run_name, item_id, dataset_id;
    struct str trace, span;  /* as their senders wrote them; span: ptr NULL, the whole trace */
    int64_t item_version_ns; /* 0: not said */
    int64_t created_ns, updated_ns;
    int64_t number; /* of all items of runs; later ones have larger ones */
};

/* One page of a list, newest first, and how many there are in all. */
struct dataset_page {
    int64_t limit, skip, total;
};

/* By name. */
enum status control_dataset_list(struct control *control, uint32_t project_id,
                                 struct dataset_page *page, struct arena *arena,
                                 struct dataset **out_datasets, size_t *out_count,
                                 struct error *error);
/* By id, or by name when `id` is empty. */
enum status control_dataset_get(struct control *control, uint32_t project_id, struct str id,
                                struct str name, struct arena *arena, struct dataset *out_dataset,
                                struct error *error);
/* Makes the dataset of this name, or changes it. With an id: changes that one, its name too;
 * STATUS_CONFLICT when another has the name. */
enum status control_dataset_put(struct control *control, uint32_t project_id,
                                const struct dataset *change, struct arena *arena,
                                struct dataset *out_dataset, struct error *error);
/* With its items, runs and run items. */
enum status control_dataset_delete(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error);

struct dataset_item_question {
    uint32_t project_id;
    struct str id, dataset_id, source_trace, source_span; /* empty: any */
    int64_t as_of_ns;                                     /* 0: now */
    bool with_archived;
};
enum status control_dataset_items(struct control *control,
                                  const struct dataset_item_question *question,
                                  struct dataset_page *page, struct arena *arena,
                                  struct dataset_item **out_items, size_t *out_count,
                                  struct error *error);
enum status control_dataset_item_get(struct control *control, uint32_t project_id, struct str id,
                                     int64_t as_of_ns, struct arena *arena,
                                     struct dataset_item *out_item, struct error *error);
/* Every version of an item, newest first. */
enum status control_dataset_item_versions(struct control *control, uint32_t project_id,
                                          struct str id, struct arena *arena,
                                          struct dataset_item **out_items, size_t *out_count,
                                          struct error *error);
/* All of them or none. out_ids has room for `count`. An id that another dataset has:
 * STATUS_NOT_FOUND. */
enum status control_dataset_items_put(struct control *control, uint32_t project_id,
                                      struct str dataset_id,
                                      const struct dataset_item_change *changes, size_t count,
                                      struct arena *arena, struct str *out_ids,
                                      struct error *error);
/* Its versions stay for who reads the dataset as of before; its run items go. */
enum status control_dataset_item_delete(struct control *control, uint32_t project_id, struct str id,
                                        struct error *error);

/* Of a dataset, newest first; with `name` (not empty) the one of that name. */
enum status control_dataset_runs(struct control *control, uint32_t project_id,
                                 struct str dataset_id, struct str name, struct dataset_page *page,
                                 struct arena *arena, struct dataset_run **out_runs,
                                 size_t *out_count, struct error *error);
/* By its id alone. */
enum status control_dataset_run_get(struct control *control, uint32_t project_id, struct str id,
                                    struct arena *arena, struct dataset_run *out_run,
                                    struct error *error);
enum status control_dataset_run_delete(struct control *control, uint32_t project_id, struct str id,
                                       struct error *error);

/* What one item of a dataset led to. The run of this name is made at its first item. */
struct dataset_run_entry {
    struct str run_name, description, metadata;
    struct str run_id; /* of a run that is made by it; empty: a new one */
    struct str item_id, trace, span;
    int64_t item_version_ns, created_ns; /* 0: now */
};
/* The same trace and observation for the same item counts once. */
enum status control_dataset_run_item_put(struct control *control, uint32_t project_id,
                                         const struct dataset_run_entry *entry, struct arena *arena,
                                         struct dataset_run_item *out_item, struct error *error);
/* Of a run, oldest first. */
enum status control_dataset_run_items(struct control *control, uint32_t project_id,
                                      struct str run_id, struct dataset_page *page,
                                      struct arena *arena, struct dataset_run_item **out_items,
                                      size_t *out_count, struct error *error);
/* To walk through what may be long, newest first: those whose number is below `before`
 * (INT64_MAX: all). All runs of the project, and the items of one. */
enum status control_dataset_runs_before(struct control *control, uint32_t project_id,
                                        int64_t before, size_t limit, struct arena *arena,
                                        struct dataset_run **out_runs, size_t *out_count,
                                        struct error *error);
enum status control_dataset_run_items_before(struct control *control, uint32_t project_id,
                                             struct str run_id, int64_t before, size_t limit,
                                             struct arena *arena,
                                             struct dataset_run_item **out_items, size_t *out_count,
                                             struct error *error);
