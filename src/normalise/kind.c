/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kind: the ladder. What the sender says outright comes first (rows of SLOT_kind, in the order of the
 * steps), then what the keys that are there let one conclude, then the span's name.
 */
#include "normalise/normalise_private.h"

static const struct kind_name operations[] = {
    {"chat", KIND_LLM, "chat"},
    {"generate", KIND_LLM, "chat"},
    {"chat_completion", KIND_LLM, "chat"},
    {"chat_completions", KIND_LLM, "chat"},
    {"acompletion", KIND_LLM, "chat"},
    {"llm_call", KIND_LLM, "chat"},
    {"llm_request", KIND_LLM, "chat"},
    {"response", KIND_LLM, "chat"},
    {"text_completion", KIND_LLM, "text_completion"},
    {"completion", KIND_LLM, "text_completion"},
    {"generate_content", KIND_LLM, "generate_content"},
    {"fetch_response", KIND_LLM, "fetch_response"},
    {"embeddings", KIND_EMBEDDING, "embeddings"},
    {"embedding", KIND_EMBEDDING, "embeddings"},
    {"embed", KIND_EMBEDDING, "embeddings"},
    {"retrieval", KIND_RETRIEVER, "retrieval"},
    {"retrieve", KIND_RETRIEVER, "retrieval"},
    {"vector_db_retrieve", KIND_RETRIEVER, "retrieval"},
    {"vectordb", KIND_RETRIEVER, "retrieval"},
    {"rerank", KIND_RERANKER, "rerank"},
    {"create_agent", KIND_AGENT, "create_agent"},
    {"invoke_agent", KIND_AGENT, "invoke_agent"},
    {"agent_call", KIND_AGENT, "invoke_agent"},
    {"invoke_swarm", KIND_WORKFLOW, "invoke_workflow"},
    {"invoke_graph", KIND_WORKFLOW, "invoke_workflow"},
    {"agent_step", KIND_TASK, "agent_step"},
    {"execute_event_loop_cycle", KIND_TASK, "event_loop_cycle"},
    {"event_loop_cycle", KIND_TASK, "event_loop_cycle"},
    {"execute_tool", KIND_TOOL, "execute_tool"},
    {"tool_call", KIND_TOOL, "execute_tool"},
    {"invoke_workflow", KIND_WORKFLOW, "invoke_workflow"},
    {"execute_task", KIND_TASK, "execute_task"},
    {"plan", KIND_TASK, "plan"},
    {"handoff", KIND_AGENT, "agent_handoff"},
    {"agent_handoff", KIND_AGENT, "agent_handoff"},
    {"guardrail", KIND_GUARDRAIL, "guardrail"},
    {"guardrail.run", KIND_GUARDRAIL, "guardrail"},
    {"guard", KIND_GUARDRAIL, "guardrail"},
    {"guardrail_check", KIND_GUARDRAIL, "guardrail"},
    {"apply_guardrail", KIND_GUARDRAIL, "guardrail"},
    {"run_guardrail", KIND_GUARDRAIL, "guardrail"},
    {"search_memory", KIND_RETRIEVER, "search_memory"},
    {"create_memory", KIND_TOOL, "create_memory"},
    {"create_memory_store", KIND_TOOL, "create_memory_store"},
    {"delete_memory", KIND_TOOL, "delete_memory"},
    {"delete_memory_store", KIND_TOOL, "delete_memory_store"},
    {"update_memory", KIND_TOOL, "update_memory"},
    {"upsert_memory", KIND_TOOL, "upsert_memory"},
    {"transcription", KIND_LLM, "transcription"},
    {"audio", KIND_LLM, "transcription"},
    {"speech_generation", KIND_LLM, "speech"},
    {"speech", KIND_LLM, "speech"},
    {"image", KIND_LLM, "image"},
    {"user_prompt", KIND_SPAN, "user_prompt"},
    {"schedule_tool_calls", KIND_SPAN, "schedule_tool_calls"},
};

bool operation_parse(struct str name, enum observation_kind *out_kind, struct str *out_op)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (str_equal_nocase(name, str_from(operations[i].name))) {
            *out_kind = operations[i].kind;
            *out_op = str_from(operations[i].op);
            return true;
        }
    }
    return false;
}

/* gen_ai.operation.name and its like. An operation nobody knows is kept as sent and says no kind. */
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
    {"invoke_agent ", KIND_AGENT}, {"execute_tool ", KIND_TOOL},   {"chat ", KIND_LLM},
    {"embeddings ", KIND_EMBEDDING}, {"*.workflow", KIND_WORKFLOW}, {"*.task", KIND_TASK},
    {"*.agent", KIND_AGENT},       {"*.tool", KIND_TOOL},          {"*.guardrail", KIND_GUARDRAIL},
    {"*.guard", KIND_GUARDRAIL},   {"agent run", KIND_AGENT},      {"running tool", KIND_TOOL},
    {"call_llm", KIND_LLM},        {"agent_run [", KIND_AGENT},
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
                                         "embeddings", "retrieval",       "execute_tool", NULL};
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
