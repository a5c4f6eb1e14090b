/**
 * A daemon that gets killed: starts the container given in JSON as its argument, says its pid, and waits for ever.
 */
import { createRuntime } from './runtime.ts';

const [, , argument = ''] = process.argv;
const { options, request } = JSON.parse(argument);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const container = await createRuntime({ ...options, logger: silent }).launch(request);
process.stdout.write(`${container.pid}\n`);
