/* SPDX-License-Identifier: Apache-2.0 */
/* search_check: one span read through its vocabulary: does the expression hold, and where. */
#include "query/search_private.h"

/* What was found so far, and the text to show: the first that holds a wanted term. */
struct finding {
    struct search_checker *checker;
    struct arena *arena;
    uint32_t found;
    uint32_t open; /* terms that no text held so far */
    bool has_shown;
    struct span_text shown;
    uint32_t shown_terms;
    uint64_t bytes;
};

static uint32_t terms_for(const struct search_expression *expression, const struct span_text *text)
{
    uint32_t terms = 0;
    for (size_t i = 0; i < expression->term_count; i++) {
        uint32_t fields = expression->terms[i].fields;
        if (fields ? fields & text->fields : !text->quiet)
            terms |= UINT32_C(1) << i;
    }
    return terms;
}

/* A text that holds more of what is wanted tells more than the first one. */
static unsigned bits(uint32_t set)
{
    return (unsigned)__builtin_popcount(set);
}

static bool look(void *context, const struct span_text *text)
{
    struct finding *finding = context;
    const struct search_expression *expression = finding->checker->question->expression;
    uint32_t terms = terms_for(expression, text);
    /* Once a text is found for it, a term need not be looked for, unless in a better place. */
    terms &= finding->open | (finding->has_shown ? 0 : expression->wanted);
    if (!terms)
        return finding->open != 0 || !finding->has_shown;
    uint32_t found = search_find(&finding->checker->matcher, text->text, terms);
    finding->bytes += text->text.len;
    finding->found |= found;
    finding->open &= ~found;
    uint32_t wanted = found & expression->wanted;
    if (wanted && (!finding->has_shown || bits(wanted) > bits(finding->shown_terms))) {
        finding->has_shown = true;
        finding->shown = *text;
        finding->shown_terms = wanted;
    }
    return finding->open != 0 || !finding->has_shown;
}

static struct str name_of(const struct search_checker *checker, int32_t id)
{
    return id > 0 ? store_name(checker->query->store, id) : STR_NONE;
}

static bool make_hit(struct search_checker *checker, const struct search_row *row,
                     const struct finding *finding, struct arena *arena, struct search_hit *out_hit)
{
    *out_hit = (struct search_hit){
        .location = row->location,
        .trace = row->trace,
        .span_id = row->span_id,
        .start_ns = row->start_ns,
        .duration_ns = row->duration_ns,
        .name = name_of(checker, row->name),
        .model = name_of(checker, row->model),
        .service = name_of(checker, row->service),
        .kind = (enum observation_kind)row->kind,
        .is_error = row->status == SPAN_ERROR,
        .field = SEARCH_name,
    };
    if (!finding->has_shown)
        return true;
    out_hit->field = finding->shown.shown;
    return search_make_snippet(&checker->matcher, finding->shown.text, finding->shown_terms, arena,
                               &out_hit->snippet);
}

enum status search__check(struct search_checker *checker, const struct search_row *row,
                          const struct journal_location *logs, size_t log_count,
                          struct arena *arena, bool *out_matches, struct search_hit *out_hit,
                          uint64_t *bytes, struct error *error)
{
    const struct search_expression *expression = checker->question->expression;
    struct arena scratch;
    struct span_view view;
    *out_matches = false;
    arena_init(&scratch, (size_t)1 << 30);
    enum status status =
        query_span_at(checker->query, row->location, logs, log_count, &scratch, &view, NULL);
    if (status == STATUS_OK) {
        struct finding finding = {.checker = checker,
                                  .arena = arena,
                                  .open = expression->term_count == 32
                                              ? UINT32_MAX
                                              : (UINT32_C(1) << expression->term_count) - 1};
        query_span_texts(&view, &scratch, look, &finding);
        *bytes += finding.bytes;
        *out_matches = search_holds(expression, finding.found);
        if (*out_matches && out_hit && !make_hit(checker, row, &finding, arena, out_hit))
            status = fail(error, STATUS_TOO_LARGE, "limit: too many hits for one reply");
        span_view_done(&view);
    } else {
        status = STATUS_OK; /* dropped by retention, or damaged: no hit */
    }
    arena_done(&scratch);
    return status;
}
