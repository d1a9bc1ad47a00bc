/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider: one name for each seller of models, whatever the sender calls it. Frameworks often
 * stand where a provider belongs; they are kept apart and the provider is told from the model.
 */
#include <ctype.h>

#include "normalise/normalise_private.h"

struct alias {
    const char *name, *canonical;
};

static const struct alias aliases[] = {
    {"openai", "openai"},
    {"azure.ai.openai", "azure.ai.openai"},
    {"az.ai.openai", "azure.ai.openai"},
    {"azure-openai", "azure.ai.openai"},
    {"azure_openai", "azure.ai.openai"},
    {"azure.ai.inference", "azure.ai.inference"},
    {"az.ai.inference", "azure.ai.inference"},
    {"azure", "azure.ai.inference"},
    {"anthropic", "anthropic"},
    {"claude", "anthropic"},
    {"aws.bedrock", "aws.bedrock"},
    {"aws", "aws.bedrock"},
    {"aws_bedrock", "aws.bedrock"},
    {"amazon", "aws.bedrock"},
    {"amazon-bedrock", "aws.bedrock"},
    {"amazon_bedrock", "aws.bedrock"},
    {"bedrock", "aws.bedrock"},
    {"bedrock_converse", "aws.bedrock"},
    {"gcp.vertex_ai", "gcp.vertex_ai"},
    {"vertex_ai", "gcp.vertex_ai"},
    {"vertexai", "gcp.vertex_ai"},
    {"google-vertex", "gcp.vertex_ai"},
    {"google.vertex", "gcp.vertex_ai"},
    {"gcp.gemini", "gcp.gemini"},
    {"gemini", "gcp.gemini"},
    {"google.generative-ai", "gcp.gemini"},
    {"google", "gcp.gemini"},
    {"gcp.gen_ai", "gcp.gen_ai"},
    {"google_genai", "gcp.gen_ai"},
    {"mistral_ai", "mistral_ai"},
    {"mistralai", "mistral_ai"},
    {"mistral", "mistral_ai"},
    {"x_ai", "x_ai"},
    {"xai", "x_ai"},
    {"grok", "x_ai"},
    {"cohere", "cohere"},
    {"groq", "groq"},
    {"deepseek", "deepseek"},
    {"perplexity", "perplexity"},
    {"moonshot_ai", "moonshot_ai"},
    {"moonshot", "moonshot_ai"},
    {"kimi", "moonshot_ai"},
    {"ibm.watsonx.ai", "ibm.watsonx.ai"},
    {"watsonx", "ibm.watsonx.ai"},
    {"ibm.watson.ai", "ibm.watsonx.ai"},
    {"oci_genai", "oci_genai"},
    {"vllm", "vllm"},
    {"elevenlabs", "elevenlabs"},
    {"assemblyai", "assemblyai"},
    {"ollama", "ollama"},
    {"together_ai", "together_ai"},
    {"together", "together_ai"},
    {"togetherai", "together_ai"},
    {"fireworks", "fireworks"},
    {"cerebras", "cerebras"},
    {"hugging_face", "hugging_face"},
    {"huggingface", "hugging_face"},
    {"hf", "hugging_face"},
    {"replicate", "replicate"},
    {"aleph_alpha", "aleph_alpha"},
    {"openrouter", "openrouter"},
    {"ai21", "ai21"},
    {"meta", "meta"},
    {"writer", "writer"},
    {"voyage_ai", "voyage_ai"},
};

static const char *const frameworks[] = {
    "strands-agents", "strands_agents",       "langchain",     "langgraph",
    "llama_index",    "llamaindex",           "haystack",      "crewai",
    "gcp.vertex.agent", "google_adk",         "microsoft.agent_framework", "agent_framework",
    "openai_agents",  "claude_agent_sdk",     "pydantic_ai",   "litellm",
    "ag2",            "agno",                 "dynamiq",       "julep",
    "controlflow",    "letta",                "mem0",          "smolagents",
    "browser_use",    "crawl4ai",             "firecrawl",     "multion",
    "mcp",            "unknown",
};

bool provider_is_framework(struct str raw)
{
    for (size_t i = 0; i < sizeof frameworks / sizeof *frameworks; i++)
        if (str_equal_nocase(raw, str_from(frameworks[i])))
            return true;
    return false;
}

static struct str alias_find(struct str name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (str_equal_nocase(name, str_from(aliases[i].name)))
            return str_from(aliases[i].canonical);
    return STR_NONE;
}

static bool is_openai_model(struct str model)
{
    return str_equal(provider_from_model(model), STR("openai"));
}

/* "openai.responses", "amazon-bedrock.converse": whole segments are dropped from the end. */
struct str provider_canonical(struct str raw, struct str model)
{
    raw = str_trim(raw);
    for (struct str name = raw; name.len;) {
        struct str found = alias_find(name);
        if (found.len) {
            if (str_equal_nocase(name, STR("azure")) && is_openai_model(model))
                return STR("azure.ai.openai");
            return found;
        }
        size_t dot = str_rfind_byte(name, '.');
        if (dot >= name.len)
            break;
        name = str_sub(name, 0, dot);
    }
    return STR_NONE;
}

/* Prefixes of model ids; the ones with a dot are Bedrock's. */
static const struct alias models[] = {
    {"gpt-", "openai"},          {"chatgpt-", "openai"},      {"o1", "openai"},
    {"o3", "openai"},            {"o4", "openai"},            {"text-embedding-", "openai"},
    {"dall-e", "openai"},        {"whisper", "openai"},       {"tts-", "openai"},
    {"claude", "anthropic"},     {"gemini", "gcp.gemini"},    {"mistral", "mistral_ai"},
    {"mixtral", "mistral_ai"},   {"codestral", "mistral_ai"}, {"command", "cohere"},
    {"embed-", "cohere"},        {"rerank-", "cohere"},       {"grok", "x_ai"},
    {"deepseek", "deepseek"},
};

static bool is_bedrock_id(struct str model)
{
    static const char *const makers[] = {"anthropic.", "amazon.", "meta.", "cohere.", "ai21.", NULL};
    if (str_starts(model, STR("arn:aws:bedrock:")))
        return true;
    for (const char *const *maker = makers; *maker; maker++) {
        size_t at = str_find(model, str_from(*maker));
        if (at == 0 || (at < model.len && at <= 7 && model.ptr[at - 1] == '.'))
            return true;
    }
    return false;
}

struct str provider_from_model(struct str model)
{
    if (model.len == 0)
        return STR_NONE;
    if (is_bedrock_id(model))
        return STR("aws.bedrock");
    size_t slash = str_find_byte(model, '/');
    if (slash < model.len) { /* provider/model, as LiteLLM and OpenRouter write it */
        struct str seller = alias_find(str_sub(model, 0, slash));
        if (seller.len)
            return seller;
        model = str_sub(model, slash + 1, model.len);
    }
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct str prefix = str_from(models[i].name);
        if (!str_starts_nocase(model, prefix))
            continue;
        /* "o1" must not catch "o1000-mini-of-somebody". */
        if (prefix.len == 2 && model.len > 2 && isdigit((unsigned char)model.ptr[2]))
            continue;
        return str_from(models[i].canonical);
    }
    return STR_NONE;
}

/* A framework's name is remembered as such and leaves the slot open for the next candidate. */
void provider_read(struct reading *reading, const struct row *row, const struct value *value,
                   unsigned rank)
{
    struct str raw;
    if (!coerce_text(reading, value, &raw))
        return;
    if (provider_is_framework(raw)) {
        bool said = !str_equal_nocase(raw, STR("unknown"));
        if (said && reading_open(reading, SLOT_framework, rank))
            reading_set_text(reading, SLOT_framework, rank, row, raw);
        return;
    }
    reading_set_text(reading, SLOT_provider, rank, row, raw);
    reading_set_text(reading, SLOT_provider_raw, rank, row, raw);
}

/* The model decides between Azure's two names, so this comes after the rows. */
void provider_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (reading_has(reading, SLOT_provider)) {
        struct str canonical = provider_canonical(out->provider, out->model);
        if (canonical.len)
            out->provider = canonical;
    } else
        reading_rule_text(reading, SLOT_provider, provider_from_model(out->model),
                          "told from the model");
    if (reading_has(reading, SLOT_framework) && !reading_has(reading, SLOT_provider_raw))
        reading_rule_text(reading, SLOT_provider_raw, out->framework, "framework as provider");
}

void model_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (!reading_has(reading, SLOT_model)) {
        if (reading_has(reading, SLOT_model_response))
            reading_rule_text(reading, SLOT_model, out->model_response, "model_response");
        else
            reading_rule_text(reading, SLOT_model, out->model_request, "model_request");
    }
    reading_rule_text(reading, SLOT_model_response, out->model_request, "model_request");
}
