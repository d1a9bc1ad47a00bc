/* SPDX-License-Identifier: Apache-2.0 */
/* ask_parquet: an answer's columns and cells (ask.h) as a Parquet file; `any` columns are texts. */
#pragma once

#include "base/buf.h"
#include "query/ask.h"

struct ask_parquet;
/* `names`: of the columns, each once. `directory`: for what does not fit into memory meanwhile. */
enum status ask_parquet_open(const char *directory, const struct ask_head *head,
                             const struct str *names, struct ask_parquet **out_parquet,
                             struct error *error);
enum status ask_parquet_row(struct ask_parquet *parquet, const struct ask_cell *cells,
                            struct error *error);
enum status ask_parquet_write(struct ask_parquet *parquet, const char *path, struct error *error);
void ask_parquet_close(struct ask_parquet *parquet); /* NULL is fine */

/* A cell of an `any` column as text: numbers as they are written in JSON. Lives as long as the
 * scratch's bytes. */
struct str ask_cell_text(const struct ask_cell *cell, struct buf *scratch);
