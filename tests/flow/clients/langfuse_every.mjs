// SPDX-License-Identifier: Apache-2.0
// Every method that reads, or that we do not offer, of Langfuse's JS SDKs v3, v4 and v5 (LANGFUSE_JS), found by looking at
// the client itself, called with arguments by the names of its parameters; before them the calls of the plan, which comes as
// JSON: {values, requests, reads, calls}.
import { readFileSync } from 'node:fs';

const version = process.env.LANGFUSE_JS;
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));

async function client() {
    if (version === '3') {
        const { Langfuse } = await import('langfuse');
        return new Langfuse({ publicKey: process.env.LANGFUSE_PUBLIC_KEY, secretKey: process.env.LANGFUSE_SECRET_KEY, baseUrl: process.env.LANGFUSE_HOST }).api;
    }
    const { LangfuseClient } = await import(version === '4' ? 'langfuse-v4-client' : '@langfuse/client');
    return new LangfuseClient().api;
}

// {"trace.get": [bound function, names of parameters]}; v3 has them flat: "traceGet".
function methodsOf(api) {
    const found = {};
    // v3 takes ids out of one object, which has no name of ours.
    const names = (method) => /^[^(]*\(([^)]*)\)/.exec(method.toString())[1].replace(/\{[^}]*\.\.\.[^}]*\}|_ref\d*/, 'everything').split(',').map((one) => one.split('=')[0].trim()).filter(Boolean);
    const walk = (object, prefix) => {
        for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object)))) {
            if (get) walk(object[name], `${prefix}${name}.`);
            else if (name !== 'constructor' && !name.startsWith('_')) found[prefix + name] = [object[name].bind(object), names(object[name])];
        }
    };
    if (version !== '3') walk(api, '');
    else for (const [name, method] of Object.entries(api)) if (typeof method === 'function') found[name.replace(/^(annotationQueues|datasetRunItems|datasetItems|scoreConfigs|promptVersion|scoreV2|[a-z]+)([A-Z])/, (_, resource, letter) => `${resource}.${letter.toLowerCase()}`)] = [method, names(method)];
    return found;
}

const { requests, reads, calls } = plan;
const methods = methodsOf(await client());
async function call(name, { kind, ...request } = requests[name] ?? {}, more = {}) {
    const [method, parameters] = methods[name], resource = name.split('.').at(-2);
    const values = { ...plan.values, ...more };
    const given = (parameter) => (['id', 'name'].includes(parameter) ? values[`${resource}.${parameter}`] : values[parameter]);
    const args = parameters.filter((one) => !/^(requestOptions|params)$/.test(one)).map((one) => (one === 'everything' ? { ...values, ...request } : /^(request|query|data)$/.test(one) ? request : given(one) ?? 'unknown'));
    try {
        return { answer: (await method(...args)) ?? null };
    } catch (error) {
        const status = error.statusCode ?? error.status, text = JSON.stringify(error.error ?? error.body ?? null);
        return { status: status ?? null, refused: status ? text : String(error) };
    }
}

const done = {};
// "$projects.createApiKey id": what an earlier call answered.
const resolved = (about) => JSON.parse(JSON.stringify(about ?? {}), (_, value) => (value?.[0] === '$' ? done[value.slice(1).split(' ')[0]]?.answer?.[value.split(' ')[1]] : value));
for (const [name, request, more] of calls) if (methods[name]) done[name] = await call(name, resolved(request), resolved(more));
const read = {};
for (const name of Object.keys(methods)) if (new RegExp(reads).test(name)) read[name] = await call(name);
console.log(JSON.stringify({ done, read }));
process.exit(0);
