/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kind: the ladder. What the sender says outright comes first (rows of SLOT_kind, in the order of
 * the steps), then what the keys that are there let one conclude, then the span's name.
 */
#include "normalise/normalise_private.h"

static const struct {
    struct str name, op;
    enum observation_kind kind;
} operations[] = {
    {STR_INIT("chat"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("generate"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("chat_completion"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("chat_completions"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("acompletion"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("llm_call"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("llm_request"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("response"), STR_INIT("chat"), KIND_LLM},
    {STR_INIT("text_completion"), STR_INIT("text_completion"), KIND_LLM},
    {STR_INIT("completion"), STR_INIT("text_completion"), KIND_LLM},
    {STR_INIT("generate_content"), STR_INIT("generate_content"), KIND_LLM},
    {STR_INIT("fetch_response"), STR_INIT("fetch_response"), KIND_LLM},
    {STR_INIT("embeddings"), STR_INIT("embeddings"), KIND_EMBEDDING},
    {STR_INIT("embedding"), STR_INIT("embeddings"), KIND_EMBEDDING},
    {STR_INIT("embed"), STR_INIT("embeddings"), KIND_EMBEDDING},
    {STR_INIT("retrieval"), STR_INIT("retrieval"), KIND_RETRIEVER},
    {STR_INIT("retrieve"), STR_INIT("retrieval"), KIND_RETRIEVER},
    {STR_INIT("vector_db_retrieve"), STR_INIT("retrieval"), KIND_RETRIEVER},
    {STR_INIT("vectordb"), STR_INIT("retrieval"), KIND_RETRIEVER},
    {STR_INIT("rerank"), STR_INIT("rerank"), KIND_RERANKER},
    {STR_INIT("create_agent"), STR_INIT("create_agent"), KIND_AGENT},
    {STR_INIT("invoke_agent"), STR_INIT("invoke_agent"), KIND_AGENT},
    {STR_INIT("agent_call"), STR_INIT("invoke_agent"), KIND_AGENT},
    {STR_INIT("invoke_swarm"), STR_INIT("invoke_workflow"), KIND_WORKFLOW},
    {STR_INIT("invoke_graph"), STR_INIT("invoke_workflow"), KIND_WORKFLOW},
    {STR_INIT("agent_step"), STR_INIT("agent_step"), KIND_TASK},
    {STR_INIT("execute_event_loop_cycle"), STR_INIT("event_loop_cycle"), KIND_TASK},
    {STR_INIT("event_loop_cycle"), STR_INIT("event_loop_cycle"), KIND_TASK},
    {STR_INIT("execute_tool"), STR_INIT("execute_tool"), KIND_TOOL},
    {STR_INIT("tool_call"), STR_INIT("execute_tool"), KIND_TOOL},
    {STR_INIT("invoke_workflow"), STR_INIT("invoke_workflow"), KIND_WORKFLOW},
    {STR_INIT("execute_task"), STR_INIT("execute_task"), KIND_TASK},
    {STR_INIT("plan"), STR_INIT("plan"), KIND_TASK},
    {STR_INIT("handoff"), STR_INIT("agent_handoff"), KIND_AGENT},
    {STR_INIT("agent_handoff"), STR_INIT("agent_handoff"), KIND_AGENT},
    {STR_INIT("guardrail"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("guardrail.run"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("guard"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("guardrail_check"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("apply_guardrail"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("run_guardrail"), STR_INIT("guardrail"), KIND_GUARDRAIL},
    {STR_INIT("search_memory"), STR_INIT("search_memory"), KIND_RETRIEVER},
    {STR_INIT("create_memory"), STR_INIT("create_memory"), KIND_TOOL},
    {STR_INIT("create_memory_store"), STR_INIT("create_memory_store"), KIND_TOOL},
    {STR_INIT("delete_memory"), STR_INIT("delete_memory"), KIND_TOOL},
    {STR_INIT("delete_memory_store"), STR_INIT("delete_memory_store"), KIND_TOOL},
    {STR_INIT("update_memory"), STR_INIT("update_memory"), KIND_TOOL},
    {STR_INIT("upsert_memory"), STR_INIT("upsert_memory"), KIND_TOOL},
    {STR_INIT("transcription"), STR_INIT("transcription"), KIND_LLM},
    {STR_INIT("audio"), STR_INIT("transcription"), KIND_LLM},
    {STR_INIT("speech_generation"), STR_INIT("speech"), KIND_LLM},
    {STR_INIT("speech"), STR_INIT("speech"), KIND_LLM},
    {STR_INIT("image"), STR_INIT("image"), KIND_LLM},
    {STR_INIT("user_prompt"), STR_INIT("user_prompt"), KIND_SPAN},
    {STR_INIT("schedule_tool_calls"), STR_INIT("schedule_tool_calls"), KIND_SPAN},
};

bool operation_parse(struct str name, enum observation_kind *out_kind, struct str *out_op)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (name.len == operations[i].name.len && str_equal_nocase(name, operations[i].name)) {
            *out_kind = operations[i].kind;
            *out_op = operations[i].op;
            return true;
        }
    }
    return false;
}

/* gen_ai.operation.name and its like. An operation nobody knows is kept as sent and says no kind.
 */
void operation_read(struct reading *reading, const struct row *row, const struct value *value,
                    unsigned rank)
{
    struct str name, op;
    enum observation_kind kind;
    if (!coerce_text(reading, value, &name))
        return;
    bool known = operation_parse(name, &kind, &op);
    if (reading->vocabulary_number == VOCABULARY_litellm && str_equal(name, STR("completion")))
        op = STR("chat");
    if (reading_open(reading, SLOT_op, rank))
        reading_set_text(reading, SLOT_op, rank, row, known ? op : name);
    unsigned step = (rank & 0xF000) | row->order;
    if (known && reading_open(reading, SLOT_kind, step)) {
        reading->out->kind = kind;
        reading->ranks[SLOT_kind] = (uint16_t)step;
        reading_note(reading, SLOT_kind, str_from(vocabulary_at(row->owner)->name), row->key);
    }
}

static void conclude(struct reading *reading, enum observation_kind kind, const char *rule)
{
    if (reading_has(reading, SLOT_kind))
        return;
    reading->out->kind = kind;
    reading->ranks[SLOT_kind] = CARRIER_RULE << 12;
    reading_note(reading, SLOT_kind, STR("vitrine"), str_from(rule));
}

/* Step 13. A pattern that starts with '*' is a suffix, otherwise a prefix. */
static const struct {
    const char *pattern;
    enum observation_kind kind;
} names[] = {
    {"invoke_agent ", KIND_AGENT},   {"execute_tool ", KIND_TOOL},  {"chat ", KIND_LLM},
    {"embeddings ", KIND_EMBEDDING}, {"*.workflow", KIND_WORKFLOW}, {"*.task", KIND_TASK},
    {"*.agent", KIND_AGENT},         {"*.tool", KIND_TOOL},         {"*.guardrail", KIND_GUARDRAIL},
    {"*.guard", KIND_GUARDRAIL},     {"agent run", KIND_AGENT},     {"running tool", KIND_TOOL},
    {"call_llm", KIND_LLM},          {"agent_run [", KIND_AGENT},
};

static void conclude_from_name(struct reading *reading)
{
    struct str name = reading->span->name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str pattern = str_from(names[i].pattern);
        bool is_suffix = pattern.ptr[0] == '*';
        if (is_suffix ? str_ends(name, str_sub(pattern, 1, pattern.len))
                      : str_starts(name, pattern)) {
            conclude(reading, names[i].kind, "span name");
            return;
        }
    }
}

static void conclude_from_keys(struct reading *reading)
{
    unsigned hints = reading->hints;
    if ((hints & HINT_TOOL) && !(hints & HINT_MODEL))
        conclude(reading, KIND_TOOL, "tool keys");
    if (hints & HINT_RETRIEVER || reading->events & EVENT_HITS || vector_db_search(reading))
        conclude(reading, KIND_RETRIEVER, "retrieval keys");
    if (hints & HINT_RERANKER)
        conclude(reading, KIND_RERANKER, "reranker keys");
    if (hints & HINT_EMBEDDING)
        conclude(reading, KIND_EMBEDDING, "embedding keys");
    if (hints & HINT_GUARDRAIL)
        conclude(reading, KIND_GUARDRAIL, "guardrail keys");
    if (hints & HINT_EVALUATOR)
        conclude(reading, KIND_EVALUATOR, "evaluation keys");
    if ((hints & HINT_MODEL) && (hints & HINT_CONTENT || !(hints & HINT_AGENT)))
        conclude(reading, KIND_LLM, "model keys");
    if (hints & HINT_AGENT)
        conclude(reading, KIND_AGENT, "agent keys");
    if (hints & HINT_WORKFLOW && reading->out->flags & OBSERVATION_ROOT)
        conclude(reading, KIND_WORKFLOW, "workflow keys");
    if (hints & HINT_GRAPH)
        conclude(reading, KIND_CHAIN, "graph keys");
}

/* Rule 1.1a: a Traceloop task that is itself a model call, retrieval or tool is that. */
static void prefer_operation_to_task(struct reading *reading)
{
    static const char *const leaves[] = {"chat",       "text_completion", "generate_content",
                                         "embeddings", "retrieval",       "execute_tool",
                                         NULL};
    struct str op = kept_text(reading, KEEP_operation), canonical;
    enum observation_kind kind;
    if (reading->out->kind != KIND_TASK || !kept_is(reading, KEEP_traceloop_kind, STR("task")) ||
        !operation_parse(op, &kind, &canonical))
        return;
    for (const char *const *leaf = leaves; *leaf; leaf++) {
        if (!str_equal(op, str_from(*leaf)))
            continue;
        reading->out->kind = kind;
        reading_note(reading, SLOT_kind, STR("vitrine"), STR("operation before traceloop task"));
    }
}

void kind_decide(struct reading *reading)
{
    if (reading->vocabulary->kind)
        reading->vocabulary->kind(reading);
    reading_apply(reading, true);
    prefer_operation_to_task(reading);
    if (!reading_has(reading, SLOT_kind))
        conclude_from_keys(reading);
    if (!reading_has(reading, SLOT_kind))
        conclude_from_name(reading);
    conclude(reading, KIND_SPAN, "nothing says more");
    reading->kind_known = true;
}
