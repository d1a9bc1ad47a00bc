// SPDX-License-Identifier: Apache-2.0
// The `query` group of the bench: questions in the query language and full text over the store of a million spans, then ten
// at once, then the same while spans arrive at half of the most that can be taken in. `bench` holds what run.mjs gives.

const half_pick = (list) => list[Math.floor(list.length / 2)];

async function ask(bench, server, query, more = {}) {
    const body = JSON.stringify({ query, from: '-25h', ...more });
    const began = performance.now();
    const reply = await bench.request(server, 'POST', '/api/v1/query', { 'content-type': 'application/json' }, body);
    const ms = performance.now() - began;
    if (reply.status !== 200) throw new Error(`${query} answered ${reply.status}: ${reply.body.toString().slice(0, 300)}`);
    return { ms, reply: JSON.parse(reply.body) };
}

async function find(bench, server, q) {
    const began = performance.now();
    const reply = await bench.request(server, 'GET', `/api/v1/search?from=-25h&limit=20&q=${encodeURIComponent(q)}`);
    const ms = performance.now() - began;
    if (reply.status !== 200) throw new Error(`search ${q} answered ${reply.status}: ${reply.body.toString().slice(0, 300)}`);
    return { ms, reply: JSON.parse(reply.body) };
}

// Once to warm up, then the median of `times`; CPU of the server for each, which a busy machine does not change.
async function median(bench, server, times, one) {
    const warm = await one(), all = [], before = bench.cpu(server);
    for (let i = 0; i < times; i++) all.push((await one()).ms);
    const cpu = (bench.cpu(server) - before) / times * 1000;
    all.sort((a, b) => a - b);
    return { ms: half_pick(all), reply: warm.reply, times: `slowest ${all.at(-1).toFixed(0)}, first ${warm.ms.toFixed(0)}, CPU ${cpu.toFixed(0)} ms` };
}

const by_time = 'stats count(*), sum(cost), sum(usage.input_tokens) by bin(5m), model';
const by_time_latency = 'stats avg(duration), max(duration), count(*) by bin(5m), model';
const users = 'stats sum(cost) as spent by user | sort spent desc | limit 20';

const questions = [
    ['stats … by bin(5m), model', by_time, 100],
    ['stats of duration by bin(5m), model', by_time_latency, 100],
    ['top 20 users by cost', users, 100],
    ['three percentiles of duration by model', 'stats pct(duration, 50), pct(duration, 95), pct(duration, 99) by model'],
    ['percentile by bin(5m), model', 'stats pct(duration, 95) by bin(5m), model'],
    ['slow calls of one user, newest', 'filter user = "user-17" and duration > 1s | fields @timestamp, model, duration, cost | sort @timestamp desc | limit 50'],
    ['distinct users by model', 'stats count_distinct(user) by model'],
    ['the 100 slowest', 'fields @timestamp, model, duration | sort duration desc | limit 100'],
    ['an attribute, grouped, within an hour', 'stats count(*), avg(attributes.app.score) by attributes.app.tier', undefined, { from: '-1h' }],
    ['an attribute filtered, newest 100', 'filter attributes.app.tier = "business" | fields @timestamp, model, attributes.app.score | limit 100'],
];

const words = [['a rare word', (bench) => bench.rare], ['a word of many chunks, few times in each', (bench) => bench.rare.slice(0, -2)], ['a word nowhere', () => 'zzznowhere'], ['a frequent word', () => 'tion'], ['two words', (bench) => `${bench.rare} tion`],
    ['a phrase of two frequent words', () => '"ra ten"']];
// What no index narrows: read from transcripts, which are made once such a search was slow.
const unnarrowed = [['a regex that nothing narrows, nowhere', '/(sta|ra).{3}z\\W/'], ['alternatives and a gap, nowhere', '/(foo|ba).{2,5}q/'], ['numbers and marks, nowhere', '/[0-9]{3}-[0-9]{4}-[a-z]{2}/'],
    ['a long word near a number', '/\\b[A-Z]{7,}\\b.{0,20}\\d{4}/'], ['frequent syllables and gaps', '/ra.{3}ten.{2}gor\\W.{4}qui\\W/'], ['a phrase of five frequent words, rare', '"ra ten co ne qui"'],
    ['a phrase of six, nowhere', '"stra gor stra gor stra gor"']];
const regexes = [['a regex with a rare literal', '/rare42[0-9]{2}7\\b/'], ['a regex without a literal', '/\\b[a-z]{17,}\\b/'], ['a regex that is in every text', '/[A-Z][a-z]+\\. [A-Z]/'], ['a regex that is nowhere', '/q{5}[0-9]+/']];

async function singles(bench, server) {
    for (const [label, query, goal, more] of questions) {
        const found = await median(bench, server, 7, () => ask(bench, server, query, more));
        bench.report(label, found.ms, 'ms', goal && ['most', goal], `${found.reply.rows.length} rows from ${found.reply.statistics.used}, ${found.times}`);
    }
}

// What a search had to do, so that a slow one explains itself.
function work(reply) {
    const { chunks, chunks_skipped, chunks_found, bytes_read, bytes_scanned, spans_checked } = reply.statistics;
    return `${chunks - chunks_skipped} of ${chunks} chunks read, ${chunks_found} hold it; ${(bytes_read / 1e6).toFixed(1)} MB decompressed, ${(bytes_scanned / 1e6).toFixed(1)} looked at; ${spans_checked} spans checked`;
}

// Text is indexed behind everything else, so what that costs is known once it has caught up.
async function textsIndexed(bench, server) {
    const before = bench.cpu(server), deadline = performance.now() + 600000;
    for (let same = 0, last = -1; same < 4;) {
        await bench.sleep(500);
        const { search } = await bench.getJson(server, '/api/v1/status');
        same = search.caught_up && search.chunks === last ? same + 1 : 0;
        last = search.chunks;
        if (performance.now() > deadline) throw new Error('the text index does not catch up');
    }
    return bench.cpu(server) - before;
}

async function searches(bench, server, list, goal) {
    for (const [label, text] of list) {
        const q = typeof text === 'function' ? text(bench) : text;
        const found = await median(bench, server, 5, () => find(bench, server, q));
        bench.report(`search: ${label}`, found.ms, 'ms', ['most', goal], `${found.reply.hits.length} found, ${found.reply.complete ? '' : 'not complete, '}${work(found.reply)}; ${found.times}`);
    }
}

async function texts(bench, server) {
    const spent = await textsIndexed(bench, server);
    const size = await bench.getJson(server, '/api/v1/status');
    bench.report('text index: bytes over journal bytes', size.search.bytes / size.journal.bytes, 'x', ['most', 0.12], `${size.search.chunks} chunks in ${size.search.parts} parts`);
    bench.report('text index: CPU a megabyte of text', spent * 1e9 / bench.prose_bytes, 'ms', undefined, 'after the last span, in the background');
    console.log(`distinct text: ${(bench.prose_bytes / 1e9).toFixed(2)} GB were sent, the journal holds ${(size.journal.bytes / 1e6).toFixed(0)} MB`);
    // The longest, which is the beginning of no other; with two digits less it is that of a hundred.
    const rare = (await find(bench, server, 'rare42')).reply.hits.map((hit) => /rare42\d*/.exec(hit.snippet)[0]);
    bench.rare = rare.sort((a, b) => b.length - a.length)[0];
    await searches(bench, server, words, 100);
    await searches(bench, server, regexes, 500);
    await fromTranscripts(bench, server);
}

async function fromTranscripts(bench, server) {
    await find(bench, server, unnarrowed[0][1]);
    const spent = await textsIndexed(bench, server);
    const { search, journal } = await bench.getJson(server, '/api/v1/status');
    bench.report('transcripts: CPU a megabyte of text', spent * 1e9 / bench.prose_bytes, 'ms', undefined, `once; ${search.transcripts} of ${search.chunks} chunks, ${(search.transcript_bytes / 1e6).toFixed(0)} MB, ${(search.transcript_bytes / journal.bytes).toFixed(2)} of the journal`);
    await searches(bench, server, unnarrowed, 500);
}

// Ten at once, `times` times over: the median and the worst of the single answers.
async function tenAtOnce(bench, server, until) {
    const all = [];
    const list = Array.from({ length: 10 }, (_, i) => [by_time, users, by_time_latency][i % 3]);
    do {
        const ten = await Promise.all(list.map((query) => ask(bench, server, query)));
        all.push(...ten.map((one) => one.ms));
        await bench.sleep(100);
    } while (!until());
    all.sort((a, b) => a - b);
    return { ms: half_pick(all), worst: all.at(-1), rounds: all.length / 10 };
}

async function alone(bench, server) {
    let rounds = 0;
    await bench.indexed(server, 0);
    await textsIndexed(bench, server);
    return { ...await tenAtOnce(bench, server, () => ++rounds >= 5), spans: await indexedRecords(bench, server) };
}

const indexedRecords = async (bench, server) => Number((await bench.getJson(server, '/api/v1/status')).index.indexed_records);

// Ten at once beside `half` as many spans a second as `what`, against their time alone over as many spans: a load of seconds doubles
// the store, so that time lies between the one before and the one after, by how much was indexed meanwhile.
async function besideLoad(bench, server, half, what, goal) {
    const seconds = 12 * Math.max(0.2, bench.scale);
    let done = false;
    const before = await alone(bench, server);
    bench.report('ten queries at once: each', before.ms, 'ms', undefined, `worst ${before.worst.toFixed(0)}, over ${before.rounds} rounds`);
    const sending = bench.load(server, { kind: 'thin', spans: half * seconds, batch: 512, seed: 42, rate: half }).then((sent) => { done = true; return sent; });
    const busy = await tenAtOnce(bench, server, () => done);
    const sent = await sending;
    if (sent.code) throw new Error('the load beside the queries failed');
    const seen = (before.spans + await indexedRecords(bench, server)) / 2;
    const after = await alone(bench, server);
    const share = (seen - before.spans) / (after.spans - before.spans);
    const same = before.ms + (after.ms - before.ms) * share;
    bench.report(`ten at once, while spans arrive at half of what is ${what}`, busy.ms / same, 'x as long', goal && ['most', goal],
        `each ${busy.ms.toFixed(0)} ms, worst ${busy.worst.toFixed(0)}, over ${busy.rounds} rounds; alone ${before.ms.toFixed(0)} before, ${after.ms.toFixed(0)} with ${sent.spans.toLocaleString('en')} spans more, of which ${(share * 200).toFixed(0)} % were indexed in time`);
    bench.report('ingestion during the ten', sent.spans / sent.seconds / half, 'of half', ['least', 0.9], `${Math.round(sent.spans / sent.seconds).toLocaleString('en')} of ${half.toLocaleString('en')} spans/s`);
}

async function beside(bench, server) {
    const began = performance.now();
    const most = await bench.load(server, { kind: 'thin', spans: 300000 * bench.scale, batch: 512, seed: 41 });
    await bench.indexed(server, 0);
    const indexed = most.spans / ((performance.now() - began) / 1000);
    // The most that can go on for long: what is acknowledged faster only waits for its index.
    await besideLoad(bench, server, Math.round(indexed / 2), 'indexed at most', 2);
    await besideLoad(bench, server, Math.round(most.spans / most.seconds / 2), 'acknowledged at most', 2);
}

// A gigabyte of text of which no two are alike, and what can be found in it.
export async function search(bench, server) {
    const prose = await bench.load(server, { kind: 'prose', spans: 112000 * bench.scale, batch: 64, seed: 7, hours: 24 });
    bench.prose_bytes = prose.bytes;
    await bench.indexed(server, 0);
    await texts(bench, server);
    bench.report('memory, peak, with search', bench.memory(server, 'VmHWM'), 'MB', ['most', 512]);
}

export async function queries(bench, server) {
    console.log('questions in the query language, over 25 hours');
    await singles(bench, server);
    bench.report('memory, peak, with queries', bench.memory(server, 'VmHWM'), 'MB', ['most', 512]);
    await search(bench, server);
    await beside(bench, server); // last: it adds millions of spans
}
