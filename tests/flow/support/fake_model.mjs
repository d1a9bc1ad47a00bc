// SPDX-License-Identifier: Apache-2.0
// A local stand-in for an OpenAI-compatible model server. What it answers depends on nothing but the
// request, so tests write down tokens and costs by hand:
//
//   chat, tools offered, no tool result yet   one call of the first tool, usage `call`
//   chat, anything else                       the sentence, usage `text` (o4-mini: `reasoning`)
//   /v1/responses                             the same two answers in that API's shape
//   /v1/embeddings                            a vector of 8 numbers an input, 8 tokens an input
//   model error-429, error-500, error-400     that status, in the provider's error shape
//   model error-filter                        finish reason content_filter
//   model slow                                an answer that never comes, until the client goes away
//
// A streamed answer's first piece comes `first_ms` after the request, then one each `piece_ms`.
import { createServer } from 'node:http';
import { once } from 'node:events';

export const first_ms = 150;
export const piece_ms = 10;
export const sentence = 'The capital of France is Paris.';
export const pieces = ['The capital ', 'of France ', 'is ', 'Paris.'];
export const call_arguments = '{"city":"Paris"}';
export const usages = {
    text: { input: 120, cached: 40, output: 30, reasoning: 0 },
    call: { input: 90, cached: 0, output: 20, reasoning: 0 },
    reasoning: { input: 200, cached: 64, output: 150, reasoning: 100 },
};
const created = 1700000000;

// Agents merge messages by their id, so each answer has its own.
let answers = 0;

export async function startModel() {
    const requests = [];
    const server = createServer((request, reply) => {
        const chunks = [];
        request.on('data', (bytes) => chunks.push(bytes));
        request.on('end', () => {
            const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
            requests.push({ path: request.url, body });
            answer(request.url, body, reply);
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        requests,
        async close() {
            server.closeAllConnections();
            server.close();
            await once(server, 'close');
        },
    };
}

function answer(path, body, reply) {
    const error = /^error-(4\d\d|5\d\d)$/.exec(body.model ?? '');
    if (error) return sendError(reply, +error[1]);
    if (body.model === 'slow') return undefined; // the client's own timeout ends it
    if (path === '/v1/chat/completions') return chat(body, reply);
    if (path === '/v1/responses') return responses(body, reply);
    if (path === '/v1/embeddings') return embeddings(body, reply);
    return sendJson(reply, 404, { error: { message: `no route ${path}`, type: 'invalid_request_error' } });
}

const errors = {
    400: { message: 'max_tokens is too large: 999999.', type: 'invalid_request_error', code: 'invalid_value' },
    429: { message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
    500: { message: 'The server had an error while processing your request', type: 'server_error', code: null },
};

function sendError(reply, status) {
    sendJson(reply, status, { error: { ...(errors[status] ?? errors[500]), param: null } });
}

function sendJson(reply, status, value) {
    reply.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-fake' });
    reply.end(JSON.stringify(value));
}

// What to say: a tool call, or the sentence; with the usage that goes with it.
function decide(body) {
    const turns = body.messages ?? (Array.isArray(body.input) ? body.input : []);
    const tools = body.tools?.length > 0;
    const answered = turns.some((turn) => turn.role === 'tool' || turn.type === 'function_call_output');
    if (body.model?.startsWith('o4-mini')) return { usage: usages.reasoning, finish: 'stop' };
    if (body.model === 'error-filter') return { usage: usages.text, finish: 'content_filter' };
    if (!tools || answered) return { usage: usages.text, finish: 'stop' };
    const tool = body.tools[0].function ?? body.tools[0];
    return { usage: usages.call, finish: 'tool_calls', tool: tool.name };
}

const chatUsage = ({ input, cached, output, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0,
        accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
});

// A model's answer names the dated version of what was asked for, as the provider's does.
const dated = { 'gpt-4o-mini': 'gpt-4o-mini-2024-07-18', 'gpt-4o': 'gpt-4o-2024-08-06', 'o4-mini': 'o4-mini-2025-04-16' };
const answering = (model) => dated[model] ?? model;

function chat(body, reply) {
    const { usage, finish, tool } = decide(body);
    const head = { id: `chatcmpl-${++answers}`, created, model: answering(body.model),
        service_tier: 'default', system_fingerprint: 'fp_fake' };
    if (body.stream) return chatStream(body, reply, head, { usage, finish, tool });
    const message = { role: 'assistant', content: tool ? null : sentence, refusal: null, annotations: [] };
    if (tool)
        message.tool_calls = [{ id: 'call_1', type: 'function',
            function: { name: tool, arguments: call_arguments } }];
    return sendJson(reply, 200, { ...head, object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason: finish }], usage: chatUsage(usage) });
}

function chatStream(body, reply, head, { usage, finish, tool }) {
    const chunk = (delta, finish_reason = null, more = {}) => ({ ...head, object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...more });
    const deltas = tool
        ? [{ role: 'assistant', content: null, tool_calls: [{ index: 0, id: 'call_1', type: 'function',
            function: { name: tool, arguments: '' } }] },
        { tool_calls: [{ index: 0, function: { arguments: call_arguments } }] }]
        : pieces.map((content, i) => (i ? { content } : { role: 'assistant', content }));
    const chunks = [...deltas.map((delta) => chunk(delta)), chunk({}, finish)];
    if (body.stream_options?.include_usage)
        chunks.push({ ...chunk({}), choices: [], usage: chatUsage(usage) });
    stream(reply, [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n']);
}

// The head goes out at once, as a real server's does: the time to the first token is that of the first piece.
function stream(reply, parts) {
    reply.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    reply.flushHeaders();
    let timer, next = 0;
    const send = () => {
        reply.write(parts[next++]);
        if (next === parts.length) return reply.end();
        timer = setTimeout(send, piece_ms);
        return undefined;
    };
    timer = setTimeout(send, first_ms);
    reply.on('close', () => clearTimeout(timer));
}

function responses(body, reply) {
    const { usage, finish, tool } = decide(body);
    const item = tool
        ? { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: tool, arguments: call_arguments, status: 'completed' }
        : { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed',
            content: [{ type: 'output_text', text: sentence, annotations: [], logprobs: [] }] };
    const whole = { id: `resp_${++answers}`, object: 'response', created_at: created, status: 'completed',
        error: null, incomplete_details: finish === 'content_filter' ? { reason: finish } : null,
        instructions: body.instructions ?? null, model: answering(body.model), output: [item],
        parallel_tool_calls: true, previous_response_id: null, reasoning: { effort: null, summary: null },
        service_tier: 'default', store: false, temperature: 1, text: { format: { type: 'text' } },
        tool_choice: 'auto', tools: body.tools ?? [], top_p: 1, truncation: 'disabled', metadata: {},
        usage: { input_tokens: usage.input, input_tokens_details: { cached_tokens: usage.cached },
            output_tokens: usage.output, output_tokens_details: { reasoning_tokens: usage.reasoning },
            total_tokens: usage.input + usage.output } };
    if (!body.stream) return sendJson(reply, 200, whole);
    const begun = { ...whole, status: 'in_progress', output: [], usage: null };
    const events = [['response.created', { response: begun }], ['response.in_progress', { response: begun }]];
    if (tool)
        events.push(['response.output_item.added', { output_index: 0, item: { ...item, arguments: '', status: 'in_progress' } }],
            ['response.function_call_arguments.delta', { item_id: 'fc_1', output_index: 0, delta: call_arguments }],
            ['response.function_call_arguments.done', { item_id: 'fc_1', output_index: 0, arguments: call_arguments }]);
    else
        events.push(['response.output_item.added', { output_index: 0, item: { ...item, content: [], status: 'in_progress' } }],
            ['response.content_part.added', { item_id: 'msg_1', output_index: 0, content_index: 0,
                part: { type: 'output_text', text: '', annotations: [] } }],
            ...pieces.map((delta) => ['response.output_text.delta',
                { item_id: 'msg_1', output_index: 0, content_index: 0, delta, logprobs: [] }]),
            ['response.output_text.done', { item_id: 'msg_1', output_index: 0, content_index: 0, text: sentence, logprobs: [] }],
            ['response.content_part.done', { item_id: 'msg_1', output_index: 0, content_index: 0, part: item.content[0] }]);
    events.push(['response.output_item.done', { output_index: 0, item }], ['response.completed', { response: whole }]);
    return stream(reply, events.map(([type, more], sequence_number) =>
        `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...more })}\n\n`));
}

function embeddings(body, reply) {
    const inputs = [body.input].flat();
    const vector = Float32Array.from({ length: 8 }, (_, i) => i / 8);
    const embedding = body.encoding_format === 'base64'
        ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    const tokens = 8 * inputs.length;
    sendJson(reply, 200, { object: 'list', model: body.model,
        data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
        usage: { prompt_tokens: tokens, total_tokens: tokens } });
}
