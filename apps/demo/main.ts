import { run } from "./command/run.ts";
import { stopSignal } from "./command/stop-signals.ts";

process.exitCode = await run(process.argv.slice(2), {
	out: (line) => process.stdout.write(`${line}\n`),
	say: (line) => process.stderr.write(`${line}\n`),
	env: process.env,
	stopped: stopSignal,
});
