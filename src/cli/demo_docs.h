/* SPDX-License-Identifier: Apache-2.0 */
/* demo_docs: the shop's handbook in passages, and questions that some of them answer. */
#pragma once

#include <stddef.h>

struct docs_passage {
    const char *id, *title, *text;
};
struct docs_question {
    const char *text, *answer;
    int best; /* index of the passage that answers it; -1: none does */
};

extern const struct docs_passage demo_docs_passages[];
extern const size_t demo_docs_passage_count;
extern const struct docs_question demo_docs_questions[];
extern const size_t demo_docs_question_count;
