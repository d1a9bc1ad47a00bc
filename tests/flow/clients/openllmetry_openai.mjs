// SPDX-License-Identifier: Apache-2.0
// OpenLLMetry's (Traceloop's) instrumentation of the openai package.
import OpenAI from 'openai';
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';
import { finish, startSdk } from './setup.mjs';
import { callOpenai } from './openai_calls.mjs';

const instrumentation = new OpenAIInstrumentation({ enrichTokens: true });
const sdk = startSdk({ instrumentations: [instrumentation] });
instrumentation.manuallyInstrument(OpenAI);
await finish(sdk, await callOpenai(process.argv[2]));
