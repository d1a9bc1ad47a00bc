/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollup_labels: which label combinations a question is about, by their ids, so that rows of the
 * rollups can be added up here instead of being joined, grouped and sorted by the engine: of the
 * minutes of a day that is the smaller half of the work.
 *
 * Limits  as many labels as the store keeps (20,000 and a few). A label made after they were read
 *         is not known; its rows count in the next answer.
 */
#pragma once

#include "query/filter.h"

struct rollup_label {
    int32_t model, provider; /* ids of names, 0: none */
    uint8_t kind, error_kind;
    bool asked, root, model_call;
    size_t place; /* the caller's: where what it adds up for this label stands */
};

struct rollup_labels {
    struct rollup_label *items; /* by id */
    size_t count;
};

/* Those of the project that the filters let through. Lives in the arena.
 * Errors: a filter that charts cannot have (named), the store's. */
enum status rollup_labels_read(const struct query *query, uint32_t project_id,
                               const struct filters *filters, const _Atomic bool *cancelled,
                               struct arena *arena, struct rollup_labels *out_labels,
                               struct error *error);

/* NULL: the question is not about it. */
struct rollup_label *rollup_label_at(const struct rollup_labels *labels, int64_t id);
