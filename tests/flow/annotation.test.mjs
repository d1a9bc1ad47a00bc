// SPDX-License-Identifier: Apache-2.0
// Comments and annotation queues: what Langfuse's API refuses and pages, what ours tells of them, and that they meet.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { eventually } from './support/api.mjs';
import { runVerb, startServer } from './support/server.mjs';

const pair = { public: 'pk-lf-note', secret: 'sk-lf-note-secret' };
const authorization = `Basic ${Buffer.from(`${pair.public}:${pair.secret}`).toString('base64')}`;
const hex = 'ab'.repeat(16), uuid = 'abababab-abab-abab-abab-abababababab', missing = 'cd'.repeat(16);
let server, span, helpful, tone;
before(async () => {
    server = await startServer({ args: ['--auth', 'required'], env: { VITRINE_INIT_PUBLIC_KEY: pair.public, VITRINE_INIT_SECRET_KEY: pair.secret } });
    server.api.headers = { authorization };
    const timestamp = new Date().toISOString(), event = (id, type, body) => ({ id, type, timestamp, body: { timestamp, startTime: timestamp, ...body } });
    await fine('POST', '/api/public/ingestion', { batch: [event('e-1', 'trace-create', { id: uuid, name: 'asked', sessionId: 'chat/1' }), event('e-2', 'span-create', { id: 'my-span', traceId: uuid, name: 'step' })] });
    span = await eventually(async () => {
        const { spans } = await server.api.trace(hex);
        const found = spans.find((one) => one.name === 'step');
        assert.ok(found);
        return found.id;
    });
    helpful = await fine('POST', '/api/public/score-configs', { name: 'helpful', dataType: 'NUMERIC', minValue: 0, maxValue: 5 });
    tone = await fine('POST', '/api/public/score-configs', { name: 'tone', dataType: 'CATEGORICAL', categories: [{ label: 'kind', value: 1 }, { label: 'cold', value: 0 }] });
});
after(async () => { await server?.close(); });

async function call(method, path, body) {
    const reply = await fetch(new URL(path, server.url), { method, headers: { authorization, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const text = await reply.text();
    return { status: reply.status, body: text ? JSON.parse(text) : undefined };
}
async function fine(method, path, body) {
    const reply = await call(method, path, body);
    assert.ok(reply.status < 300, `${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
}
const words = ({ body }) => body.message ?? body.error.message;
async function refused(status, method, path, body, pattern) {
    const reply = await call(method, path, body);
    assert.deepEqual([reply.status, pattern.test(words(reply))], [status, true], `${path} ${JSON.stringify(body)?.slice(0, 200)}: ${reply.status} ${words(reply)}`);
}
const comment = (object) => ({ projectId: 'default', content: 'fine', ...object });
const make = (name, more = {}) => fine('POST', '/api/public/annotation-queues', { name, scoreConfigIds: [helpful.id], ...more });

test('what is imported brings its id and times along, and is the same when it comes again', async () => {
    const created = '2026-01-02T03:04:05.000Z', about = { objectType: 'TRACE', objectId: uuid };
    const mine = { id: 'comment-1', createdAt: created, ...about };
    for (const content of ['first', 'first', 'changed']) assert.deepEqual(await fine('POST', '/api/public/comments', comment({ ...mine, content })), { id: 'comment-1' });
    const kept = await fine('GET', '/api/public/comments/comment-1');
    assert.deepEqual([kept.content, kept.createdAt, (await fine('GET', '/api/public/comments')).meta.totalItems], ['changed', created, 1]);
    await refused(400, 'POST', '/api/public/comments', comment({ ...mine, id: 'two words' }), /^id: expected 1 to 255 printable/);
    await refused(400, 'POST', '/api/public/comments', comment({ ...mine, createdAt: 'yesterday' }), /^createdAt: expected a date and time/);
    assert.equal((await call('DELETE', '/api/v1/comments/comment-1')).status, 204);

    for (const name of ['brought', 'renamed']) assert.equal((await make(name, { id: 'queue-1' })).id, 'queue-1');
    const item = { id: 'item-1', ...about, createdAt: created, completedAt: '2026-01-03T00:00:00.000Z', status: 'COMPLETED' }, path = '/api/public/annotation-queues/queue-1/items';
    for (let n = 0; n < 2; n++) {
        const { id, status, createdAt, completedAt } = await fine('POST', path, item);
        assert.deepEqual({ id, status, createdAt, completedAt }, { id: item.id, status: item.status, createdAt: item.createdAt, completedAt: item.completedAt });
    }
    assert.equal((await fine('POST', path, { ...item, status: 'PENDING' })).status, 'PENDING');
    assert.equal((await fine('GET', path)).meta.totalItems, 1);
    const { data } = await fine('GET', '/api/public/annotation-queues');
    assert.deepEqual(data.map((one) => [one.id, one.name]), [['queue-1', 'renamed']]);
    assert.equal((await call('DELETE', '/api/v1/queues/queue-1')).status, 204);
});

test('a comment is about something that is there, whichever of its ids is used', async () => {
    const path = '/api/public/comments';
    const given = [['TRACE', uuid], ['OBSERVATION', 'my-span'], ['SESSION', 'chat/1']];
    for (const [objectType, objectId] of given) await fine('POST', path, comment({ objectType, objectId, content: `  on ${objectType}\n` }));
    const { data, meta } = await fine('GET', `${path}?limit=2`);
    assert.deepEqual([data.map((one) => [one.objectType, one.objectId, one.content, one.authorUserId, one.projectId]), meta],
        [[['TRACE', uuid, 'on TRACE', null, 'default'], ['OBSERVATION', 'my-span', 'on OBSERVATION', null, 'default']], { page: 1, limit: 2, totalItems: 3, totalPages: 2 }]);
    assert.deepEqual((await fine('GET', `${path}/${data[0].id}`)), data[0]);
    assert.deepEqual((await fine('GET', `${path}?objectType=TRACE&objectId=${hex}`)).data, [data[0]]);
    assert.deepEqual((await fine('GET', `${path}?objectType=OBSERVATION`)).data, [data[1]]);
    assert.deepEqual((await fine('GET', `${path}?authorUserId=nobody`)).data, []);

    const { comments } = await fine('GET', `/api/v1/comments?trace_id=${hex}`);
    assert.deepEqual(comments.map((one) => [one.kind, one.trace_id, one.span_id, one.content]), [['trace', hex, null, 'on TRACE'], ['observation', hex, span, 'on OBSERVATION']]);
    const own = await fine('POST', '/api/v1/comments', { trace_id: hex, span_id: span, content: '<b>ours</b>', author: 'Ada' });
    assert.deepEqual([own.kind, own.span_id, own.content, own.author], ['observation', span, '<b>ours</b>', 'Ada']);
    assert.equal((await fine('GET', `${path}/${own.id}`)).objectId, 'my-span');
    assert.equal((await fine('GET', `/api/v1/comments?trace_id=${hex}&span_id=${span}`)).total, 2);
    assert.equal((await fine('GET', `/api/v1/comments?session=${encodeURIComponent('chat/1')}`)).comments[0].session, 'chat/1');
    assert.equal((await call('DELETE', `/api/v1/comments/${own.id}`)).status, 204);
    await refused(404, 'DELETE', `/api/v1/comments/${own.id}`, undefined, /no comment/);
    await refused(404, 'GET', `${path}/${own.id}`, undefined, /no comment/);

    const prompt = await fine('POST', '/api/public/v2/prompts', { name: 'greet', prompt: 'hello', type: 'text' });
    const { id } = await fine('POST', path, comment({ objectType: 'PROMPT', objectId: prompt.id }));
    assert.equal((await fine('GET', `/api/v1/comments?prompt_id=${prompt.id}`)).comments[0].id, id);
    assert.deepEqual([(await fine('GET', '/api/v1/prompts/greet')).versions[0].id, (await fine('GET', '/api/v1/prompts/greet/versions/1')).id], [prompt.id, prompt.id]);
});

test('what cannot be a comment is refused by name', async () => {
    const path = '/api/public/comments', about = { objectType: 'TRACE', objectId: uuid };
    for (const [status, body, pattern] of [
        [400, { ...about, content: ' \n' }, /^content: expected 1 to 5000/], [400, { ...about, content: 'é'.repeat(5001) }, /^content:.*got 5001/],
        [400, { ...about, content: 7 }, /^content/], [400, { objectType: 'SCORE', objectId: uuid }, /^objectType/], [400, { objectType: 'TRACE' }, /^objectId/],
        [400, { ...about, authorUserId: 'x'.repeat(256) }, /^author/], [404, { objectType: 'TRACE', objectId: missing }, /no trace/],
        [404, { objectType: 'OBSERVATION', objectId: missing }, /no observation/], [404, { objectType: 'SESSION', objectId: 'none' }, /no session/], [404, { objectType: 'PROMPT', objectId: '9999' }, /no prompt/],
    ]) await refused(status, 'POST', path, comment(body), pattern);
    await fine('POST', path, comment({ ...about, content: 'é'.repeat(5000) }));
    await refused(400, 'GET', `${path}?objectId=${uuid}`, undefined, /^objectType/);
    await refused(400, 'GET', `${path}?objectType=PERSON`, undefined, /^objectType/);
    for (const [query, pattern] of [['', /^trace_id: expected exactly one/], [`?trace_id=${hex}&session=a`, /exactly one/], ['?trace_id=7', /^trace_id: expected 32/], [`?trace_id=${hex}&span_id=x`, /^span_id/]])
        await refused(400, 'GET', `/api/v1/comments${query}`, undefined, pattern);
});

test('a queue asks for score configs of its project, under a name of its own', async () => {
    const path = '/api/public/annotation-queues';
    const queue = await make('first', { description: 'for Ada' });
    assert.deepEqual([queue.name, queue.description, queue.scoreConfigIds], ['first', 'for Ada', [helpful.id]]);
    for (const [body, pattern] of [
        [{ name: 'first', scoreConfigIds: [helpful.id] }, /^name: there is a queue/], [{ name: '  ', scoreConfigIds: [helpful.id] }, /^name/], [{ scoreConfigIds: [helpful.id] }, /^name/],
        [{ name: 'x'.repeat(201), scoreConfigIds: [helpful.id] }, /^name/], [{ name: 'b', scoreConfigIds: [] }, /^scoreConfigIds/], [{ name: 'b' }, /^scoreConfigIds/],
        [{ name: 'b', scoreConfigIds: [helpful.id, 'nothing'] }, /^score configs:.* 1 of/], [{ name: 'b', scoreConfigIds: [7] }, /^scoreConfigIds\[0\]/],
        [{ name: 'b', scoreConfigIds: [helpful.id], description: 'x'.repeat(2001) }, /^description/],
    ]) await refused(400, 'POST', path, body, pattern);
    await refused(404, 'GET', `${path}/nothing`, undefined, /no annotation queue/);
    const changed = await fine('PUT', `/api/v1/queues/${queue.id}`, { name: 'renamed', score_configs: [tone.id, helpful.id] });
    assert.deepEqual([changed.name, changed.description, changed.configs.map((one) => [one.name, one.type, one.min, one.max, one.categories.length])],
        ['renamed', null, [['tone', 'categorical', null, null, 2], ['helpful', 'numeric', 0, 5, 0]]]);
    assert.equal((await call('DELETE', `/api/v1/queues/${queue.id}`)).status, 204);
    await refused(404, 'GET', `/api/v1/queues/${queue.id}`, undefined, /no annotation queue/);
});

test('items wait in the order they came, once each, until they are completed', async () => {
    const queue = await make('order'), path = `/api/public/annotation-queues/${queue.id}/items`, own = `/api/v1/queues/${queue.id}/items`;
    const item = await fine('POST', path, { objectId: uuid, objectType: 'TRACE' });
    assert.equal((await fine('POST', path, { objectId: hex, objectType: 'TRACE' })).id, item.id);
    const added = await fine('POST', own, { items: [{ trace_id: hex }, { trace_id: hex, span_id: span }, { session: 'chat/1' }] });
    assert.deepEqual([added.added, added.ids.length, added.ids[0]], [2, 3, item.id]);
    // Named by its id alone, before or after it came: the same observation.
    const later = await fine('POST', path, { objectId: 'my-span', objectType: 'OBSERVATION' });
    assert.equal(later.id, added.ids[1]);
    const { data, meta } = await fine('GET', `${path}?limit=2`);
    assert.deepEqual([data.map((one) => one.id), meta.totalItems], [[added.ids[2], added.ids[1]], 3]);
    const middle = await fine('GET', `${own}/${added.ids[1]}`);
    assert.deepEqual([middle.kind, middle.trace_id, middle.span_id, middle.position, middle.total, middle.previous, middle.next, middle.next_pending, middle.scores],
        ['observation', hex, span, 2, 3, added.ids[0], added.ids[2], added.ids[2], []]);
    const done = await fine('PATCH', `${own}/${added.ids[2]}`, { status: 'completed', author: 'Ada' });
    assert.deepEqual([done.status, done.author, done.completed !== null, done.next_pending], ['completed', 'Ada', true, item.id]);
    assert.equal((await fine('GET', `${own}/${added.ids[1]}`)).next_pending, item.id);
    assert.deepEqual((await fine('GET', `${own}?status=pending`)).items.map((one) => one.id), [added.ids[0], added.ids[1]]);
    assert.deepEqual((await fine('GET', '/api/v1/queues')).queues.filter((one) => one.id === queue.id).map((one) => [one.pending, one.completed]), [[2, 1]]);
    // A second look at what was done is a new item.
    assert.notEqual((await fine('POST', own, { items: [{ session: 'chat/1' }] })).ids[0], added.ids[2]);
    assert.equal((await fine('PATCH', `${path}/${added.ids[2]}`, { status: 'PENDING' })).completedAt, null);
    assert.equal((await fine('PATCH', `${path}/${item.id}`, {})).status, 'PENDING');
    for (const [status, method, at, body, pattern] of [
        [400, 'POST', path, { objectId: 'x', objectType: 'PROMPT' }, /^objectType/], [400, 'POST', path, { objectId: 'x', objectType: 'TRACE', status: 'DONE' }, /^status/],
        [400, 'GET', `${path}?status=x`, undefined, /^status/], [404, 'GET', `${path}/nothing`, undefined, /no item/], [404, 'PATCH', `${path}/nothing`, { status: 'COMPLETED' }, /no item/],
        [404, 'DELETE', `${path}/nothing`, undefined, /no item/], [404, 'POST', '/api/public/annotation-queues/nothing/items', { objectId: 'x', objectType: 'TRACE' }, /no annotation queue/],
        [400, 'POST', own, { items: [] }, /^items/], [400, 'POST', own, { items: [{ prompt_id: '1' }] }, /^items\[0\].prompt_id/], [400, 'PATCH', `${own}/${item.id}`, { status: '' }, /^status/],
    ]) await refused(status, method, at, body, pattern);
});

test('a queue is assigned to whom the request names, once or often', async () => {
    const queue = await make('people'), path = `/api/public/annotation-queues/${queue.id}/assignments`;
    for (const userId of ['ada', 'ada', 'bob']) assert.deepEqual(await fine('POST', path, { userId }), { userId, queueId: queue.id, projectId: 'default' });
    assert.deepEqual((await fine('GET', `/api/v1/queues/${queue.id}`)).people, ['ada', 'bob']);
    for (const userId of ['ada', 'ada']) assert.deepEqual(await fine('DELETE', path, { userId }), { success: true });
    assert.deepEqual((await fine('GET', `/api/v1/queues/${queue.id}`)).people, ['bob']);
    const put = (more) => fine('PUT', `/api/v1/queues/${queue.id}`, { name: 'people', score_configs: [helpful.id], ...more });
    for (const [more, expected] of [[{}, ['bob']], [{ people: ['eve', 'ada', 'eve'] }, ['ada', 'eve']], [{ people: [] }, []]]) assert.deepEqual((await put(more)).people, expected);
    for (const people of ['ada', null, [''], ['x'.repeat(256)], [7], Array(1001).fill('ada')])
        await refused(400, 'PUT', `/api/v1/queues/${queue.id}`, { name: 'people', score_configs: [helpful.id], people }, /^people/);
    await refused(400, 'POST', path, { userId: '' }, /^userId/);
    await refused(404, 'POST', '/api/public/annotation-queues/nothing/assignments', { userId: 'a' }, /no annotation queue/);
});

test('what is said of an item are scores, held to their config and known by their queue', async () => {
    const queue = await make('judged', { scoreConfigIds: [helpful.id, tone.id] });
    const { ids: [item] } = await fine('POST', `/api/v1/queues/${queue.id}/items`, { items: [{ trace_id: hex }] });
    const score = (config, value) => call('POST', '/api/v1/scores', { id: `annotation-${item}-${config.id}`, name: config.name, value, trace_id: hex, source: 'annotation', config_id: config.id, queue_id: queue.id, author: 'Ada', comment: 'why not' });
    assert.equal((await score(helpful, 6)).status, 400);
    assert.equal((await score(tone, 'rude')).status, 400);
    for (const [config, value] of [[helpful, 2], [helpful, 4], [tone, 'kind']]) assert.equal((await score(config, value)).status, 200);
    const { scores } = await eventually(async () => {
        const seen = await fine('GET', `/api/v1/queues/${queue.id}/items/${item}`);
        assert.deepEqual(seen.scores.map((one) => [one.name, one.value, one.number]).sort(), [['helpful', 4, 4], ['tone', 'kind', 1]]);
        return seen;
    });
    assert.deepEqual([scores[0].source, scores[0].queue_id, scores[0].author, scores[0].comment], ['annotation', queue.id, 'Ada', 'why not']);
    const { scores: there } = await fine('GET', `/api/v1/scores?queue_id=${queue.id}&limit=9`), { scores: elsewhere } = await fine('GET', '/api/v1/scores?queue_id=nothing');
    assert.deepEqual([there.map((one) => one.name).sort(), elsewhere], [['helpful', 'tone'], []]);
    for (const path of ['scores', 'v2/scores', 'v3/scores']) {
        const ids = async (id) => (await fine('GET', `/api/public/${path}?queueId=${id}`)).data.map((one) => one.id).sort();
        assert.deepEqual([await ids(queue.id), await ids('nothing')], [[helpful, tone].map(({ id }) => `annotation-${item}-${id}`).sort(), []]);
    }
    const { data } = await fine('GET', `/api/public/v2/scores?traceId=${uuid}`);
    assert.deepEqual(data.map((one) => [one.queueId, one.configId, one.source, one.authorUserId]).sort(), [helpful, tone].map(({ id }) => [queue.id, id, 'ANNOTATION', 'Ada']).sort());
});

test('another project sees none of it', async () => {
    const queue = await make('mine');
    const { stdout } = await runVerb(['project', 'create', 'other', 'Other', '--data', server.data]);
    const keys = [/pk-\S+/, /sk-\S+/].map((one) => one.exec(stdout)[0]);
    const other = { authorization: `Basic ${Buffer.from(keys.join(':')).toString('base64')}` };
    const get = async (path) => { const reply = await fetch(server.url + path, { headers: other }); return { status: reply.status, body: await reply.json() }; };
    await eventually(async () => assert.deepEqual((await get('/api/v1/queues')).body.queues, []));
    assert.deepEqual((await get('/api/public/comments')).body.data, []);
    assert.equal((await get(`/api/public/annotation-queues/${queue.id}`)).status, 404);
    assert.equal((await get(`/api/v1/queues/${queue.id}/items`)).status, 404);
});
